"""What follows from a case's messages: since when it is unanswered, what its clocks say, whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from kulanz.cases import clocks
from kulanz.cases.clocks import Clock
from kulanz.cases.models import Case, CaseEntry, CaseState
from kulanz.cases.notices import ASKS, NOT_DELIVERED
from kulanz.channels import rules

BUYER = "buyer_message"
CONFIRMATION = "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT"
"""Amazon's copy of an answer given in Seller Central."""
NO_ANSWER = ("auto_reply", "bounce")
"""Of our own mails these answer nobody."""

Said = tuple[str, str, str, datetime]
"""Direction, kind, notice and time of one message."""


def is_answer(direction: str, kind: str, notice: str) -> bool:
    """Whether a message counts as our answer: our own words, sent by us or given on the platform."""
    return notice == CONFIRMATION or (direction == "out" and kind not in NO_ANSWER)


def asks(direction: str, kind: str, notice: str) -> bool:
    """Whether a platform's notice wants something of us."""
    return direction == "in" and kind == "platform_notice" and notice in ASKS


def waiting_since(messages: Iterable[Said]) -> tuple[datetime | None, datetime | None, datetime | None]:
    """(unanswered since, asked since, last answer) of a set of messages, whatever their order. Pure."""
    said = list(messages)
    answers = [at for direction, kind, notice, at in said if is_answer(direction, kind, notice)]
    last = max(answers, default=None)
    open_ones = [row for row in said if last is None or row[3] > last]
    unanswered = min((row[3] for row in open_ones if row[0] == "in" and row[1] == BUYER), default=None)
    asked = min((row[3] for row in open_ones if asks(*row[:3])), default=None)
    return unanswered, asked, last


def recount(case: Case) -> None:
    """Set since when the case is unanswered, from its messages and the last answer it knows of."""
    rows: list[Said] = list(
        CaseEntry.objects.filter(case_id=case.pk, message__isnull=False).values_list(
            "message__direction", "message__kind", "message__notice", "message__sent_at"
        )
    )
    if case.last_out_at is not None:
        rows.append(("out", "other", "", case.last_out_at))
    case.unanswered_since, case.asked_since, case.last_out_at = waiting_since(rows)


def answer(case: Case, at: datetime) -> None:
    """An answer of ours at that time: clocks stop unless a newer message waits; whose turn it is follows."""
    case.last_out_at = at if case.last_out_at is None else max(case.last_out_at, at)
    case.chip = ""
    waits = [since for since in (case.unanswered_since, case.asked_since) if since is not None]
    if waits and min(waits) <= at:
        if case.last_in_at is not None and case.last_in_at > at and case.pk is not None:
            recount(case)
        else:
            case.unanswered_since = _after(case.unanswered_since, at)
            case.asked_since = _after(case.asked_since, at)
    settle(case)


def settle(case: Case) -> None:
    """An open case without anything to answer waits for its customer; one whose answer bounced waits for us."""
    idle = case.unanswered_since is None and case.asked_since is None and case.claim_due_at is None
    if case.chip == NOT_DELIVERED:
        return
    if case.state == CaseState.OPEN and idle and case.last_out_at is not None:
        case.state = CaseState.WAIT_CUSTOMER


def set_clocks(case: Case, *, channel: str, zone: str, land: str) -> None:
    """Both clocks with their reasons, from the state and what waits. The platform's never pauses but when closed."""
    platform, house = clocks.NOT_RUNNING, clocks.NOT_RUNNING
    if case.state != CaseState.CLOSED:
        if case.unanswered_since is not None:
            on = case.unanswered_since.date()
            platform = clocks.platform_clock(rules.answer_time(channel, on), case.unanswered_since, zone=zone)
        if case.claim_due_at is not None:
            claim = Clock(case.claim_due_at, f"Frist der Stellungnahme zum {case.claim_name or 'Antrag'}.")
            platform = clocks.earliest(platform, claim)
        house = _house(case, zone, land)
    case.platform_due_at, case.platform_reason = platform.due_at, platform.reason
    case.house_due_at, case.house_reason = house.due_at, house.reason


def set_clocks_of(case: Case) -> None:
    """The same, for a case read with its account."""
    set_clocks(case, channel=case.account.channel, zone=case.account.zone, land=case.account.land)


def _house(case: Case, zone: str, land: str) -> Clock:
    if case.state in (CaseState.LATER, CaseState.WAIT_CARRIER) and case.wake_at is not None:
        until = clocks.local_day(case.wake_at, zone)
        what = "Zurückgestellt" if case.state == CaseState.LATER else "Der Paketdienst hat Zeit"
        return Clock(case.wake_at, f"{what} bis {until}.")
    if case.state == CaseState.WAIT_CUSTOMER:
        return clocks.NOT_RUNNING
    waits = [since for since in (case.unanswered_since, case.asked_since) if since is not None]
    if not waits:
        return clocks.NOT_RUNNING
    since = min(waits)
    return clocks.house_clock(rules.house_answer(since.date()), since, zone=zone, land=land)


def _after(since: datetime | None, at: datetime) -> datetime | None:
    return since if since is not None and since > at else None


def as_json(value: Any) -> Any:
    """A column's value as the audit record and Undo keep it."""
    return value.isoformat() if isinstance(value, datetime) else value


def from_json(name: str, value: Any) -> Any:
    """Back from `as_json`. A value that does not fit its column becomes its empty one."""
    if name.endswith("_at"):
        return parse_datetime(value) if isinstance(value, str) else None
    if name == "assignee_id":
        return value if isinstance(value, int) else None
    if name == "state":
        return value if value in CaseState.values else CaseState.OPEN
    return str(value)[:30]
