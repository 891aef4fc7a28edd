"""Deadlines and rules of the channels: dated data with a source, shipped in rules.toml, overridden by ChannelRule.

Values are written as people read them, and read back by the parsers below:
`24 Stunden` elapsed; `48 Stunden Mo–Fr` elapsed on Monday to Friday without nationwide holidays; `3 Werktage`;
`keine`; `16:00 am nächsten Werktag`; `Mo–Fr 09:00–12:00, 13:00–17:00`. Sources: docs/rules.md.
"""

from __future__ import annotations

import re
import time as real_time
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from django.db import transaction

from kulanz.audit.record import record
from kulanz.channels.models import ChannelRule

KEEP_SECONDS = 30.0
"""Other processes see an edited rule after this time at the latest."""
VALUE_CHARS = 200
MAX_HOURS = 24 * 90
"""A deadline beyond 90 days is a slip of the pen."""
_FILE = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    channel: str
    name: str
    value: str
    valid_from: date
    source: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """A platform's deadline: so many hours, elapsed or counted on Monday to Friday without nationwide holidays."""

    hours: int
    workdays_only: bool = False
    in_days: bool = False
    """Written in working days, and so shown."""


@dataclass(frozen=True, slots=True)
class HouseAnswer:
    """Until this local time on the next working day."""

    until: time


@dataclass(frozen=True, slots=True)
class Sentences:
    """What an agent must know of a channel, and the day it is known to hold."""

    lines: tuple[str, ...]
    as_of: date | None


class RuleUnreadable(ValueError):
    """The value is not of the grammar. The text is German, for people."""


Book = dict[tuple[str, str], list[Rule]]
_cache: tuple[float, Book] | None = None


def rule(channel: str, name: str, on: date) -> Rule | None:
    """The rule that holds on that day: the newest not later than it; before the first row, the first."""
    rows = _book().get((channel, name))
    if not rows:
        return None
    held = [row for row in rows if row.valid_from <= on]
    return held[-1] if held else rows[0]


def answer_time(channel: str, on: date, *, name: str = "answer") -> AnswerTime | None:
    """The platform's deadline; None when the channel sets none or an edited value cannot be read."""
    found = rule(channel, name, on)
    if found is None:
        return None
    try:
        return parse_answer_time(found.value)
    except RuleUnreadable:
        return None


def house_answer(on: date) -> HouseAnswer | None:
    """The house's own rule; None when there is none or an edited value cannot be read."""
    found = rule("house", "answer", on)
    try:
        return parse_house_answer(found.value) if found is not None else None
    except RuleUnreadable:
        return None


def sentences(channel: str, on: date) -> Sentences:
    """The short rules shown beside a case."""
    names = sorted(name for of, name in _book() if of == channel and name.startswith("sentence."))
    rows = [found for name in names if (found := rule(channel, name, on)) is not None and found.value]
    return Sentences(tuple(row.value for row in rows), max((row.valid_from for row in rows), default=None))


def all_rules(on: date) -> list[Rule]:
    """Every rule that holds on that day, for the settings page."""
    return [found for channel, name in sorted(_book()) if (found := rule(channel, name, on)) is not None]


@transaction.atomic
def edit(
    channel: str, name: str, *, value: str, valid_from: date, source: str, by: str, now: datetime
) -> ChannelRule:
    """Set a rule from that day on. Raises RuleUnreadable; writes the audit record."""
    check(channel, name, value)
    before = rule(channel, name, valid_from)
    row, _ = ChannelRule.objects.update_or_create(
        channel=channel,
        name=name,
        valid_from=valid_from,
        defaults={"value": value, "source": source[:300], "edited_by": by[:150]},
    )
    record(
        who=by,
        what="rule.edit",
        kind="rule",
        object_id=row.pk,
        now=now,
        why=source,
        before={"value": before.value} if before else None,
        after={"rule": f"{channel}.{name}", "value": value, "valid_from": valid_from.isoformat()},
    )
    transaction.on_commit(forget)
    return row


def check(channel: str, name: str, value: str) -> None:
    """Raises RuleUnreadable when the value is not of its rule's grammar."""
    if len(value) > VALUE_CHARS:
        raise RuleUnreadable(f"Eine Regel hat höchstens {VALUE_CHARS} Zeichen (VALUE_CHARS).")
    if channel == "house" and name == "answer":
        parse_house_answer(value)
    elif channel == "house" and name == "hours":
        parse_hours(value)
    elif name in ("answer", "claim_answer"):
        parse_answer_time(value)


def forget() -> None:
    """Read the rules again at the next question."""
    global _cache
    _cache = None


def _book() -> Book:
    global _cache
    if _cache is None or real_time.monotonic() - _cache[0] > KEEP_SECONDS:
        _cache = (real_time.monotonic(), _read())
    return _cache[1]


def _read() -> Book:
    rows = {(row.channel, row.name, row.valid_from): row for row in _SHIPPED}
    for own in ChannelRule.objects.values_list("channel", "name", "value", "valid_from", "source"):
        edited = Rule(*own, edited=True)
        rows[edited.channel, edited.name, edited.valid_from] = edited
    book: Book = defaultdict(list)
    for key in sorted(rows):
        book[key[:2]].append(rows[key])
    return dict(book)


def _shipped() -> tuple[Rule, ...]:
    with _FILE.open("rb") as file:
        return tuple(Rule(**row) for row in tomllib.load(file)["rule"])


_SHIPPED = _shipped()

_HOURS = re.compile(r"(\d{1,4}) ?(?:h|Std\.?|Stunden?)(?: (Mo[–-]Fr))?", re.IGNORECASE)
_DAYS = re.compile(r"(\d{1,3}) (?:Werk|Arbeits)tage?", re.IGNORECASE)
_UNTIL = re.compile(r"(\d{1,2})(?::(\d\d))? (?:Uhr )?am nächsten Werktag", re.IGNORECASE)
_NONE = ("", "-", "keine")


def parse_answer_time(value: str) -> AnswerTime | None:
    """`24 Stunden`, `48 Stunden Mo–Fr`, `3 Werktage`; None for `keine`. Raises RuleUnreadable."""
    text = value.strip()
    if text.lower() in _NONE:
        return None
    found = None
    if hours := _HOURS.fullmatch(text):
        found = AnswerTime(int(hours[1]), bool(hours[2]))
    elif days := _DAYS.fullmatch(text):
        found = AnswerTime(24 * int(days[1]), True, True)
    if found is None or not 0 < found.hours <= MAX_HOURS:
        raise RuleUnreadable(
            f"„{text}“ ist keine Frist. Möglich sind „24 Stunden“, „48 Stunden Mo–Fr“, „3 Werktage“ oder „keine“,"
            f" höchstens {MAX_HOURS} Stunden (MAX_HOURS)."
        )
    return found


def parse_house_answer(value: str) -> HouseAnswer | None:
    """`16:00 am nächsten Werktag`; None for `keine`. Raises RuleUnreadable."""
    text = value.strip()
    if text.lower() in _NONE:
        return None
    found = _UNTIL.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise RuleUnreadable(
            f"„{text}“ ist keine Hausregel. Möglich ist „16:00 am nächsten Werktag“ oder „keine“."
        )
    return HouseAnswer(time(int(found[1]), int(found[2] or 0)))


_DAY_NAMES = ("mo", "di", "mi", "do", "fr", "sa", "so")
_HOURS_OF_DAYS = re.compile(
    r"(Mo|Di|Mi|Do|Fr|Sa|So)(?:[–-](Mo|Di|Mi|Do|Fr|Sa|So))? ((?:\d{1,2}(?::\d\d)?[–-]\d{1,2}(?::\d\d)?(?:, ?)?)+)",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"(\d{1,2})(?::(\d\d))?[–-](\d{1,2})(?::(\d\d))?")
Windows = tuple[tuple[tuple[time, time], ...], ...]


def parse_hours(value: str) -> Windows:
    """Windows of each weekday, Monday first: `Mo–Fr 09:00–12:00, 13:00–17:00; Sa 9–12`. Raises RuleUnreadable."""
    days: list[tuple[tuple[time, time], ...]] = [()] * 7
    for part in value.split(";"):
        found = _HOURS_OF_DAYS.fullmatch(part.strip())
        if found is None:
            raise _no_hours(value)
        first = _DAY_NAMES.index(found[1].lower())
        last = _DAY_NAMES.index(found[2].lower()) if found[2] else first
        windows: list[tuple[time, time]] = []
        for start_hour, start_minute, end_hour, end_minute in _WINDOW.findall(found[3]):
            try:
                start = time(int(start_hour), int(start_minute or 0))
                end = time(int(end_hour), int(end_minute or 0))
            except ValueError:
                raise _no_hours(value) from None
            if start >= end or (windows and start < windows[-1][1]):
                raise _no_hours(value)
            windows.append((start, end))
        if last < first:
            raise _no_hours(value)
        days[first : last + 1] = [tuple(windows)] * (last - first + 1)
    return tuple(days)


def _no_hours(value: str) -> RuleUnreadable:
    return RuleUnreadable(
        f"„{value}“ ist keine Geschäftszeit. Möglich ist „Mo–Fr 09:00–12:00, 13:00–17:00; Sa 09:00–12:00“."
    )
