"""To which case a message belongs. Pure: a table of keys and cases in, a decision out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from kulanz.base.folding import fold_number
from kulanz.cases import keys
from kulanz.cases.models import CaseState
from kulanz.cases.notices import Effect, notice_of

NEAR = timedelta(days=30)
"""An alias or an order number alone leads to a case only while it is open or was touched within these days."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the case room needs it. Times are aware UTC; ids are those of the fact rows."""

    message_id: int
    account_id: int
    channel: str
    zone: str
    land: str
    direction: str
    kind: str
    notice: str
    sent_at: datetime
    sender: str
    sender_name: str
    subject: str
    own_text: str
    thread_keys: tuple[str, ...]
    order_numbers: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    customer_id: int | None
    customer_name: str
    bounce_of: str
    authentication: str
    message_key: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that one of the message's keys leads to; `key` is `case` for one that its subject names."""

    key: str
    case_id: int
    state: str
    order_key: str
    customer_id: int | None
    touched_at: datetime


class What(Enum):
    """What a message is for a case."""

    CUSTOMER = "customer"
    ANSWER = "answer"
    NOTICE = "notice"
    BOUNCE = "bounce"
    SILENT = "silent"
    """An automatic answer: a line in its case, nothing else."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decision:
    """`case_id` None and not `opens`: no case. `also` are younger cases of the same thread, to be joined."""

    what: What
    case_id: int | None = None
    opens: bool = False
    also: tuple[int, ...] = ()
    keeps: bool = False
    """Without a case now, it waits for one that comes later."""


def what_is(incoming: Incoming) -> What:
    """What a message is for a case. Newsletters, copies to oneself and unknown or forged notices are nothing."""
    outward = incoming.direction == "out"
    match incoming.kind:
        case "bounce":
            return What.SILENT if outward or incoming.notice == "bounce_temporary" else What.BOUNCE
        case "auto_reply":
            return What.SILENT
        case _ if outward:
            return What.ANSWER
        case "buyer_message":
            return What.CUSTOMER
        case "platform_notice":
            found = notice_of(incoming.notice)
            if found is None or incoming.authentication == "fail":
                return What.NOTHING
            return What.ANSWER if found.effect == Effect.ANSWERED else What.NOTICE
        case _:
            return What.NOTHING


def decide(incoming: Incoming, candidates: Sequence[Candidate]) -> Decision:
    """Strongest key first; a buyer's message that nothing leads anywhere opens a case, as some notices do."""
    what = what_is(incoming)
    if what == What.NOTHING:
        return Decision(what)
    threads = {found.case_id for found in candidates if found.key.startswith("mid:")}
    if threads:
        oldest = min(threads)
        joins = what in (What.CUSTOMER, What.ANSWER)
        return Decision(what, oldest, also=tuple(sorted(threads - {oldest})) if joins else ())
    if what == What.BOUNCE:
        return Decision(what, keeps=bool(incoming.bounce_of))
    by_key: dict[str, list[Candidate]] = {}
    for found in candidates:
        by_key.setdefault(found.key, []).append(found)
    for key in (*own_keys(incoming), "case"):
        fitting = [found for found in by_key.get(key, ()) if _fits(incoming, what, key, found)]
        if fitting:
            return Decision(what, max(fitting, key=lambda found: found.case_id).case_id)
    if what == What.CUSTOMER:
        return Decision(what, opens=True)
    if what == What.NOTICE:
        found_notice = notice_of(incoming.notice)
        opens = found_notice is not None and bool(found_notice.title)
        return Decision(what, opens=opens, keeps=not opens)
    return Decision(what, keeps=True)


def own_keys(incoming: Incoming) -> tuple[str, ...]:
    """All keys of a message, strongest first. Only a customer or the platform speaks for an order."""
    person = ""
    if incoming.direction == "in" and incoming.kind in ("buyer_message", "auto_reply"):
        person = keys.who(incoming.thread_keys, incoming.customer_id, incoming.sender)
    return keys.lasting(incoming.message_key, incoming.thread_keys, person)


def _fits(incoming: Incoming, what: What, key: str, found: Candidate) -> bool:
    """Whether a key that is not a Message-ID may lead this message to that case."""
    if key.startswith(keys.STRONG):
        return True
    if key == "case":
        return found.customer_id is None or incoming.customer_id in (None, found.customer_id)
    near = found.state != CaseState.CLOSED or abs(incoming.sent_at - found.touched_at) <= NEAR
    orders = {fold_number(number) for number in incoming.order_numbers}
    other_order = bool(orders) and found.order_key != "" and found.order_key not in orders
    if key.startswith("order:"):
        if "|" in key:
            return near
        # The number alone: the platform itself, our own mail, or the same customer.
        same = incoming.customer_id is not None and incoming.customer_id == found.customer_id
        return near and (same or what in (What.NOTICE, What.ANSWER))
    return near and not other_order and abs(incoming.sent_at - found.touched_at) <= NEAR
