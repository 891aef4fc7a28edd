"""File one message: find or open its case, add its line, set the clocks. Called inside take_in's transaction.

About eight statements a mail, written by hand where the ORM costs more than the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from kulanz.base.folding import fold_number
from kulanz.cases import joining, keys, search, state
from kulanz.cases.clocks import claim_clock
from kulanz.cases.decide import Candidate, Decision, Incoming, What, decide, own_keys
from kulanz.cases.models import Case, CaseEntry, CaseState, EntryKind
from kulanz.cases.notices import CLAIM_NAME, NOT_DELIVERED, Effect, Notice, notice_of
from kulanz.cases.orders import NO_ORDER, NamedOrder, link, order_of, words_of
from kulanz.cases.rows import bound, utc
from kulanz.cases.titles import excerpt_of, title_of
from kulanz.channels import rules
from kulanz.facts.models import Message

__all__ = ["Filed", "Incoming", "file_message"]

REGULAR_ORDERS = 2
STRAYS_AT_ONCE = 50
"""Mails that waited for their case and are filed with it."""


@dataclass(frozen=True, slots=True)
class Filed:
    case_id: int | None
    opened: bool


Line = tuple[str, int | None, str, str, datetime]
"""Kind, message, text, icon and time of one entry to be."""
NOWHERE = Filed(None, False)


def file_message(incoming: Incoming, *, now: datetime) -> Filed:
    """The case this message belongs to now; filing the same message again changes nothing."""
    if incoming.sent_at > now:
        incoming = replace(incoming, sent_at=now)
    looked_for = own_keys(incoming)
    standing, candidates, strays = _candidates(incoming, looked_for)
    if standing is not None:
        return Filed(standing, False)
    decision = decide(incoming, candidates)
    if decision.opens:
        case_id = _open(incoming, decision, looked_for, now)
    elif decision.case_id is not None:
        case_id = _continue(incoming, decision.case_id, decision, looked_for, now)
    else:
        if decision.keeps:
            _keep(incoming, looked_for)
        return NOWHERE
    strays = [pk for pk in strays if pk != incoming.message_id]
    if strays and decision.what in (What.CUSTOMER, What.ANSWER, What.NOTICE):
        _adopt(incoming, strays, now)
    return Filed(case_id, decision.opens)


def _candidates(
    incoming: Incoming, looked_for: Sequence[str]
) -> tuple[int | None, list[Candidate], list[int]]:
    """(case this message stands in already, cases its keys lead to, strays that share a key)."""
    places = ", ".join(["%s"] * len(looked_for))
    columns = "c.id, c.state, c.order_key, c.customer_id, c.touched_at"
    sql = (
        f"SELECT k.key, {columns} FROM kulanz_casekey k JOIN kulanz_case c ON c.id = k.case_id"  # noqa: S608
        f" WHERE k.account_id = %s AND k.key IN ({places})"
        f" UNION ALL SELECT '=', {columns} FROM kulanz_caseentry e JOIN kulanz_case c ON c.id = e.case_id"
        " WHERE e.message_id = %s"
        " UNION ALL SELECT 'stray', s.message_id, '', '', NULL, NULL FROM kulanz_stray s"
        f" WHERE s.account_id = %s AND s.key IN ({places})"
    )
    params: list[Any] = [
        incoming.account_id,
        *looked_for,
        incoming.message_id,
        incoming.account_id,
        *looked_for,
    ]
    mentioned = keys.mentioned_case(incoming.subject)
    if mentioned is not None and mentioned < 2**62:
        sql += f" UNION ALL SELECT 'case', {columns} FROM kulanz_case c WHERE c.id = %s AND c.account_id = %s"  # noqa: S608
        params += [mentioned, incoming.account_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    found: list[Candidate] = []
    strays: dict[int, None] = {}
    standing = None
    for key, pk, *rest in rows:
        if key == "stray":
            strays[pk] = None
        elif key == "=":
            standing = pk
        else:
            found.append(Candidate(key, pk, rest[0], rest[1], rest[2], utc(rest[3])))
    return standing, found, list(strays)


def _open(incoming: Incoming, decision: Decision, looked_for: Sequence[str], now: datetime) -> int:
    """A new case with its first line."""
    order = order_of(incoming)
    titles, numbers, picture = words_of(order)
    customer_id = incoming.customer_id or order.customer_id
    notice = notice_of(incoming.notice) if decision.what == What.NOTICE else None
    name = incoming.customer_name or order.name or incoming.sender_name or incoming.sender
    if notice is not None:
        name = incoming.customer_name or order.name
    at = incoming.sent_at
    case = Case(
        account_id=incoming.account_id,
        customer_id=customer_id,
        order_id=order.pk,
        title=title_of(incoming.subject, incoming.own_text) if notice is None else notice.title,
        customer_name=name[:200],
        order_number=order.number[:60],
        order_key=fold_number(order.number)[:60],
        regular=_is_regular(customer_id),
        picture=picture,
        state=CaseState.OPEN,
        opened_at=at,
        touched_at=at,
    )
    _take_effect(case, incoming, decision.what, notice, order)
    state.set_clocks(case, channel=incoming.channel, zone=incoming.zone, land=incoming.land)
    case.pk = _insert_case(case)
    _enter(case.pk, [_entry(incoming, decision.what, notice)])
    _leave_keys(incoming, case.pk, looked_for)
    search.add(
        case.pk,
        incoming.account_id,
        words=(incoming.own_text, incoming.sender if notice is None else ""),
        names=(incoming.subject, case.title, name, *titles),
        numbers=(order.number, *incoming.order_numbers, *incoming.tracking_numbers, *numbers),
        opened=True,
    )
    return case.pk


def _continue(
    incoming: Incoming, case_id: int, decision: Decision, looked_for: Sequence[str], now: datetime
) -> int:
    """One more line of a case that stands; younger cases of the same thread join it."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    what = decision.what
    notice = notice_of(incoming.notice) if what in (What.NOTICE, What.ANSWER) else None
    entries: list[Line] = [_entry(incoming, what, notice)]
    titles: Iterable[str] = ()
    numbers: Iterable[str] = ()
    order = NO_ORDER
    if case.order_id is None and incoming.order_numbers and what in (What.CUSTOMER, What.NOTICE):
        order = order_of(incoming)
        titles, numbers, picture = words_of(order)
        link(case, order, picture)
    if decision.also:
        for younger in decision.also:
            joining.join(case, younger, now=now)
        state.recount(case)
    if what != What.SILENT:
        came_back = _take_effect(case, incoming, what, notice, order)
        if decision.also:
            state.settle(case)
        if came_back:
            entries.append((EntryKind.EVENT, None, came_back, "refresh", incoming.sent_at))
        case.touched_at = max(case.touched_at, incoming.sent_at)
        case.version += 1
        state.set_clocks(case, channel=incoming.channel, zone=incoming.zone, land=incoming.land)
        case.save()
    _enter(case.pk, entries)
    _leave_keys(incoming, case.pk, looked_for)
    if what in (What.CUSTOMER, What.ANSWER, What.NOTICE):
        search.add(
            case.pk,
            incoming.account_id,
            words=(incoming.own_text,),
            names=(incoming.subject, *titles),
            numbers=(*incoming.order_numbers, *incoming.tracking_numbers, *numbers),
        )
    return case.pk


def _take_effect(case: Case, incoming: Incoming, what: What, notice: Notice | None, order: NamedOrder) -> str:
    """What the message changes on its case. The line to add when the case comes back to the queue by it."""
    at = incoming.sent_at
    match what:
        case What.CUSTOMER:
            return _customer_wrote(case, incoming)
        case What.ANSWER:
            state.answer(case, at)
        case What.BOUNCE:
            case.chip = NOT_DELIVERED
            return _back(case)
        case What.NOTICE if notice is not None:
            return _noticed(case, incoming, notice, order)
    return ""


def _customer_wrote(case: Case, incoming: Incoming) -> str:
    at = incoming.sent_at
    if case.last_in_at is None or at >= case.last_in_at:
        case.excerpt = excerpt_of(incoming.own_text, case.title)[:200] or case.excerpt
        case.last_in_at = at
    if case.customer_id is None and incoming.customer_id is not None:
        case.customer_id = incoming.customer_id
    if not case.customer_name:
        case.customer_name = (incoming.customer_name or incoming.sender_name or incoming.sender)[:200]
    if case.last_out_at is not None and at <= case.last_out_at:
        return ""
    case.unanswered_since = at if case.unanswered_since is None else min(case.unanswered_since, at)
    return _back(case)


def _noticed(case: Case, incoming: Incoming, notice: Notice, order: NamedOrder) -> str:
    at = incoming.sent_at
    match notice.effect:
        case Effect.CLAIM_OVER:
            case.claim_name, case.claim_cents, case.claim_due_at = "", None, None
            state.settle(case)
            return ""
        case Effect.CLAIM:
            if case.pk is not None and _decided_since(case.pk, at):
                return ""
            case.claim_name = CLAIM_NAME
            case.claim_cents = order.total_cents if order.pk else _total_of(case)
            rule = rules.answer_time(incoming.channel, at.date(), name="claim_answer")
            case.claim_due_at = claim_clock(rule, at, zone=incoming.zone).due_at
        case Effect.UNDELIVERED:
            case.chip = NOT_DELIVERED
        case Effect.ASKS:
            pass
        case _:
            return ""
    if case.last_out_at is None or at > case.last_out_at:
        case.asked_since = at if case.asked_since is None else min(case.asked_since, at)
    return _back(case)


def _back(case: Case) -> str:
    """To the queue again. Where a customer was waited for, his word needs no line of its own."""
    before = case.state
    case.state, case.wake_at, case.closed_at = CaseState.OPEN, None, None
    return "" if before in (CaseState.OPEN, CaseState.WAIT_CUSTOMER) else "wieder geöffnet"


def _decided_since(case_id: int, at: datetime) -> bool:
    return CaseEntry.objects.filter(
        case_id=case_id, message__notice__startswith="A_Z_CLAIM_RESPONDENT_CLOSE", message__sent_at__gte=at
    ).exists()


def _total_of(case: Case) -> int | None:
    return case.order.total_cents if case.order is not None else None


def _is_regular(customer_id: int | None) -> bool:
    """At least two orders, or an earlier case, in the same account."""
    if customer_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM kulanz_case WHERE customer_id = %s)"
            " OR (SELECT COUNT(*) FROM (SELECT 1 FROM kulanz_order WHERE customer_id = %s LIMIT %s) AS o) >= %s",
            [customer_id, customer_id, REGULAR_ORDERS, REGULAR_ORDERS],
        )
        return bool(cursor.fetchone()[0])


def _entry(incoming: Incoming, what: What, notice: Notice | None) -> Line:
    """The message's own line."""
    pk, at = incoming.message_id, incoming.sent_at
    if what == What.BOUNCE or (what == What.SILENT and incoming.kind == "bounce"):
        words = incoming.subject.strip()[:150]
        return EntryKind.EVENT, pk, f"Nicht zugestellt: {words}" if words else "Nicht zugestellt", "alert", at
    if what == What.SILENT:
        name = incoming.sender_name or incoming.sender or "unbekannt"
        return EntryKind.EVENT, pk, f"Automatische Antwort von {name[:100]}", "robot", at
    if notice is not None and incoming.direction == "in":
        kind = EntryKind.MESSAGE if notice.effect == Effect.ANSWERED else EntryKind.EVENT
        return kind, pk, notice.text, notice.icon, at
    return EntryKind.MESSAGE, pk, "", "", at


def _adopt(incoming: Incoming, strays: Sequence[int], now: datetime) -> None:
    """File what came before its case and shares a key with it."""
    waiting = list(Message.objects.filter(pk__in=strays[:STRAYS_AT_ONCE]).order_by("sent_at", "pk"))
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM kulanz_stray WHERE message_id = %s", [(row.pk,) for row in waiting])
    for row in waiting:
        file_message(_again(row, incoming), now=now)


def _again(row: Message, like: Incoming) -> Incoming:
    """A message that was read before, as it was filed the first time."""
    return replace(
        like,
        message_id=row.pk,
        direction=row.direction,
        kind=row.kind,
        notice=row.notice,
        sent_at=row.sent_at,
        sender=row.sender,
        sender_name=row.sender_name,
        subject=row.subject,
        own_text=row.own_text,
        thread_keys=tuple(row.thread_keys),
        order_numbers=tuple(row.order_numbers),
        tracking_numbers=tuple(row.tracking_numbers),
        customer_id=row.customer_id,
        customer_name="",
        bounce_of=row.bounce_of,
        authentication=row.authentication,
        message_key=row.key,
    )


def _keep(incoming: Incoming, looked_for: Sequence[str]) -> None:
    """Remember a message that never opens a case, until its case comes."""
    kept = [key for key in looked_for if not key.startswith("alias:") and "|" not in key]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kulanz_stray (account_id, key, message_id) VALUES "  # noqa: S608
            + ", ".join(["(%s, %s, %s)"] * len(kept))
            + " ON CONFLICT DO NOTHING",
            [value for key in kept for value in (incoming.account_id, key, incoming.message_id)],
        )


def _leave_keys(incoming: Incoming, case_id: int, left: Sequence[str]) -> None:
    """Threads keep the case they have; who writes again about no order in particular means the newest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kulanz_casekey (account_id, key, case_id) VALUES "  # noqa: S608
            + ", ".join(["(%s, %s, %s)"] * len(left))
            + " ON CONFLICT (account_id, key) DO UPDATE SET case_id = excluded.case_id"
            " WHERE kulanz_casekey.key LIKE 'alias:%%' OR kulanz_casekey.key LIKE 'order:%%'",
            [value for key in left for value in (incoming.account_id, key, case_id)],
        )


_CASE_FIELDS = [field for field in Case._meta.concrete_fields if not (field.primary_key or field.generated)]
_CASE_COLUMNS = ", ".join(str(field.column) for field in _CASE_FIELDS)
_CASE_PLACES = ", ".join(["%s"] * len(_CASE_FIELDS))
_ENTRY_COLUMNS = "case_id, kind, message_id, text, icon, at"


def _insert_case(case: Case) -> int:
    values = [getattr(case, field.attname) for field in _CASE_FIELDS]
    return _insert(
        f"INSERT INTO kulanz_case ({_CASE_COLUMNS}) VALUES ({_CASE_PLACES})",  # noqa: S608
        [bound(value) if isinstance(value, datetime) else value for value in values],
    )


def _enter(case_id: int, entries: Sequence[Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO kulanz_caseentry ({_ENTRY_COLUMNS}) VALUES "  # noqa: S608
            + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(entries)),
            [
                value
                for kind, message, text, icon, at in entries
                for value in (case_id, str(kind), message, text, icon, bound(at))
            ],
        )


def _insert(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(sql, params)
            return int(cursor.lastrowid)
        cursor.execute(sql + " RETURNING id", params)
        return int(cursor.fetchone()[0])
