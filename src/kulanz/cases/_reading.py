"""Stand-in until clocks.py is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So.")


@dataclass(frozen=True, slots=True)
class Reading:
    text: str
    level: str
    title: str = ""


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def reading(due_at: datetime, now: datetime, zone: str, whose: str) -> Reading:
    left = due_at - now
    local, today = due_at.astimezone(_zone(zone)), now.astimezone(_zone(zone)).date()
    clock = f"{local:%H} Uhr" if local.minute == 0 else f"{local:%H:%M}"
    days = (local.date() - today).days
    if left < timedelta(0):
        when = (
            f"{local:%H:%M}"
            if days == 0
            else f"{DAYS[local.weekday()]} {local:%H:%M}"
            if days > -7
            else f"{local:%d.%m.}"
        )
        return Reading(f"{whose}: seit {when} vorbei", "over")
    level = "over" if left < timedelta(hours=1) else "soon" if left < timedelta(hours=4) else ""
    if whose == "wir":
        when = (
            f"heute {clock}"
            if days == 0
            else f"{DAYS[local.weekday()]} {clock}"
            if days < 7
            else f"{local:%d.%m.}"
        )
    elif left < timedelta(hours=1):
        when = f"noch {int(left.total_seconds() // 60)} min"
    elif left < timedelta(hours=24):
        when = f"noch {int(left.total_seconds() // 3600)} h"
    else:
        when = f"{DAYS[local.weekday()]} {clock}" if days < 7 else f"{local:%d.%m.}"
    return Reading(f"{whose}: {when}", level)
