"""Times as files write them become aware UTC. A time without zone takes the zone it is read with.

An hour that the end of summer time has twice is taken as the earlier one, and said to be ambiguous.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1990, 2100
_GERMAN = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?:(?:,\s*|\s+|T)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*Uhr)?)?"
)


class TimeUnreadable(ValueError):
    """The text is no time; the message names the text."""


def to_utc(naive: datetime, zone: str) -> tuple[datetime, bool]:
    """The instant of a wall clock in `zone`, and whether the clock showed it twice (the earlier is taken)."""
    local = naive.replace(tzinfo=ZoneInfo(zone))
    later = local.replace(fold=1)
    ambiguous = (
        local.utcoffset() != later.utcoffset()
        and local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == naive
    )
    return local.astimezone(UTC), ambiguous


def parse_time(text: str, zone: str) -> tuple[datetime, bool]:
    """UTC of `2026-11-26T10:52:28+01:00`, `2026-11-26 10:52`, `26.11.2026 10:52[:28]` or a day (its midnight).

    Returns whether a time without zone was ambiguous. Raises TimeUnreadable, also for years that no
    order has (before FIRST_YEAR, after LAST_YEAR).
    """
    cleaned = text.strip()
    if cleaned[-3:].upper() in ("UTC", "GMT"):
        cleaned = cleaned[:-3].rstrip() + "+00:00"
    try:
        found = datetime.fromisoformat(cleaned) if cleaned[4:5] == "-" else _german(cleaned)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise TimeUnreadable(f"Zeit „{text[:40]}“ liegt nicht zwischen {FIRST_YEAR} und {LAST_YEAR}")
        if found.tzinfo is UTC:
            return found, False
        if found.tzinfo is None:
            return to_utc(found, zone)
        return found.astimezone(UTC), False
    except TimeUnreadable:
        raise
    except (ValueError, OverflowError):
        raise TimeUnreadable(f"Zeit „{text[:40]}“ ist nicht lesbar") from None


def _german(text: str) -> datetime:
    match = _GERMAN.fullmatch(text)
    if match is None:
        return datetime.fromisoformat(text)
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year if year > 99 else 2000 + year, month, day, hour, minute, second)  # noqa: DTZ001
