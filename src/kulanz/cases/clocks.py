"""The two clocks of a case: the platform's and the house's. Pure; times come aware and leave in UTC.

Two kinds, source: docs/rules.md, "Clocks". Absolute: hours that elapse, at night and on Sundays as well. Business:
hours inside windows of local time, without public holidays. A change from summer time moves only what is elapsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from kulanz.channels.rules import AnswerTime, HouseAnswer, Windows

NATIONWIDE = ""
"""Instead of a Land: only holidays that all of Germany has."""
DAYS_AHEAD = 400
"""A clock that finds no end within this many days has no open window at all."""
WARN_BELOW = timedelta(hours=4)
STOP_BELOW = timedelta(hours=1)
WEEK = timedelta(days=6)

CALM, WARN, STOP = "calm", "warn", "stop"


@dataclass(frozen=True, slots=True)
class Clock:
    """When it runs out (UTC), and why in one German sentence. `due_at` None: it does not run."""

    due_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a clock reads now. `level` is calm, warn or stop; `short` leaves out whose it is; `title` is the full time."""

    text: str
    level: str
    title: str
    short: str = ""


NOT_RUNNING = Clock(None)


def platform_clock(answer: AnswerTime | None, since: datetime | None, *, zone: str) -> Clock:
    """The platform's deadline for a message unanswered since then."""
    if answer is None or since is None:
        return NOT_RUNNING
    start = local_moment(since, zone)
    if not answer.workdays_only:
        due = absolute(since, answer.hours)
        return Clock(due, f"{answer.hours} h ab {start}. Läuft nachts und am Wochenende.")
    due = workday_hours(since, answer.hours, zone)
    days = answer.hours // 24
    length = f"{answer.hours} h" if not answer.in_days else f"{days} Werktag{'e' if days > 1 else ''}"
    return Clock(due, f"{length} ab {start}. Wochenenden und bundesweite Feiertage zählen nicht.")


def claim_clock(answer: AnswerTime | None, asked_at: datetime | None, *, zone: str) -> Clock:
    """Until when the platform wants a statement about a claim."""
    running = platform_clock(answer, asked_at, zone=zone)
    if running.due_at is None:
        return running
    return Clock(running.due_at, f"Stellungnahme zum Antrag: {running.reason}"[:200])


def house_clock(rule: HouseAnswer | None, since: datetime | None, *, zone: str, land: str) -> Clock:
    """The house's own deadline: until a time of the next working day of the Land after the day it came."""
    if rule is None or since is None:
        return NOT_RUNNING
    place = _zone(zone)
    day = since.astimezone(place).date() + timedelta(days=1)
    while not is_workday(day, land):
        day += timedelta(days=1)
    due = datetime.combine(day, rule.until, place).astimezone(UTC)
    return Clock(due, f"Hausregel: bis {hour(rule.until)} am nächsten Werktag.")


def earliest(first: Clock, second: Clock) -> Clock:
    """Whichever of two runs out sooner."""
    if first.due_at is None or second.due_at is None:
        return second if first.due_at is None else first
    return first if first.due_at <= second.due_at else second


def absolute(since: datetime, hours: float) -> datetime:
    """Elapsed hours, whatever the clocks on the wall do."""
    return since.astimezone(UTC) + timedelta(hours=hours)


def workday_hours(since: datetime, hours: float, zone: str) -> datetime:
    """Elapsed hours of Monday to Friday without nationwide holidays, midnight to midnight."""
    return _after(since, timedelta(hours=hours), _whole_workdays(since, zone))


def business_hours(since: datetime, hours: float, *, windows: Windows, zone: str, land: str) -> datetime:
    """Hours inside the windows of each weekday (Monday first), without the public holidays of the Land.

    Raises ValueError when no window opens within DAYS_AHEAD days.
    """
    return _after(since, timedelta(hours=hours), _windows(since, windows, zone, land))


def is_workday(day: date, land: str = NATIONWIDE) -> bool:
    """Monday to Friday, and no public holiday there."""
    return day.weekday() < 5 and not is_holiday(day, land)


def is_holiday(day: date, land: str = NATIONWIDE) -> bool:
    """A public holiday of the German Land, or of all Germany."""
    return day in _holidays(land, day.year)


def reading(
    due_at: datetime | None, now: datetime, zone: str, whose: str = "", *, house: bool = False
) -> Reading:
    """How a clock reads: today relative (platform) or by the hour (house), later by its day, over by its time.

    Amber below 4 hours, red below 1 and over; the house's clock stays calm until it is over.
    """
    if due_at is None:
        return Reading("", CALM, "")
    place = _zone(zone)
    due, today = due_at.astimezone(place), now.astimezone(place)
    left = due_at - now
    if left <= timedelta(0):
        short, level = _("seit %(when)s vorbei") % {"when": _past(due, today)}, STOP
    else:
        level = CALM if house or left >= WARN_BELOW else WARN if left >= STOP_BELOW else STOP
        short = _ahead(due, today, left, house)
    title = _("%(day)s, %(date)s, %(time)s Uhr") % {
        "day": _day(due),
        "date": due.strftime("%d.%m.%Y"),
        "time": due.strftime("%H:%M"),
    }
    return Reading(f"{whose}: {short}" if whose else short, level, title, short)


def local_moment(at: datetime, zone: str) -> str:
    """`Do., 16:07` in German, as stored reasons write it."""
    local = at.astimezone(_zone(zone))
    return f"{_GERMAN_DAYS[local.weekday()]}., {local:%H:%M}"


def local_day(at: datetime, zone: str) -> str:
    """`Mo., 30.11., 08:00`; German, for stored events."""
    local = at.astimezone(_zone(zone))
    return f"{_GERMAN_DAYS[local.weekday()]}., {local:%d.%m.}, {local:%H:%M}"


def hour(at: time) -> str:
    """`16 Uhr`, or `16:30 Uhr`."""
    return f"{at.hour} Uhr" if at.minute == 0 else f"{at:%H:%M} Uhr"


_GERMAN_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")


def _day(at: datetime) -> str:
    return _("%(day)s.") % {"day": str(WEEKDAYS_ABBR[at.weekday()])}


def _ahead(due: datetime, today: datetime, left: timedelta, house: bool) -> str:
    if due.date() == today.date():
        if house:
            return _("heute %(time)s") % {"time": _clock_time(due)}
        minutes = max(1, int(left.total_seconds()) // 60)
        if minutes < 60:
            return _("noch %(count)s min") % {"count": minutes}
        return _("noch %(count)s h") % {"count": minutes // 60}
    if due.date() - today.date() <= WEEK:
        return f"{_day(due)} {_clock_time(due)}"
    return f"{_day(due)} {due:%d.%m.}"


def _past(due: datetime, today: datetime) -> str:
    if due.date() == today.date():
        return f"{due:%H:%M}"
    if today.date() - due.date() <= WEEK:
        return f"{_day(due)} {due:%H:%M}"
    return f"{due:%d.%m.}" if due.year == today.year else f"{due:%d.%m.%Y}"


def _clock_time(at: datetime) -> str:
    return _("%(hour)s Uhr") % {"hour": at.hour} if at.minute == 0 else f"{at:%H:%M}"


def _after(since: datetime, left: timedelta, windows: Iterator[tuple[datetime, datetime]]) -> datetime:
    """The end of the time that is spent inside the windows; they come in order, in UTC."""
    start = since.astimezone(UTC)
    for opens, closes in windows:
        begin = max(opens, start)
        if begin >= closes:
            continue
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    raise ValueError(f"Keine Geschäftszeit innerhalb von {DAYS_AHEAD} Tagen (DAYS_AHEAD).")


def _windows(since: datetime, windows: Windows, zone: str, land: str) -> Iterator[tuple[datetime, datetime]]:
    place = _zone(zone)
    first = since.astimezone(place).date()
    for day in (first + timedelta(days=n) for n in range(DAYS_AHEAD)):
        if is_holiday(day, land):
            continue
        for opens, closes in windows[day.weekday()]:
            yield (
                datetime.combine(day, opens, place).astimezone(UTC),
                datetime.combine(day, closes, place).astimezone(UTC),
            )


def _whole_workdays(since: datetime, zone: str) -> Iterator[tuple[datetime, datetime]]:
    place = _zone(zone)
    first = since.astimezone(place).date()
    for day in (first + timedelta(days=n) for n in range(DAYS_AHEAD)):
        if is_workday(day):
            yield (
                datetime.combine(day, time(), place).astimezone(UTC),
                datetime.combine(day + timedelta(days=1), time(), place).astimezone(UTC),
            )


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=256)
def _holidays(land: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=land or None, years=year))
