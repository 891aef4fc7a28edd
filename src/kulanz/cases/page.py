"""One case as its page shows it: conversation, clocks, order, customer, rules, draft. At most 14 queries."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kulanz.base import prepared
from kulanz.cases.clocks import Reading
from kulanz.cases.drafts import is_overtaken
from kulanz.cases.models import Case, CaseEntry, CaseState, Draft, EntryKind
from kulanz.cases.ordercard import OrderCard, order_card
from kulanz.cases.queue import Person, clocks_of, person, sentence_case, viewers
from kulanz.channels import rules
from kulanz.facts.models import Attachment, Customer, Order
from kulanz.outbox.models import Action, ActionKind, ActionState, Way
from kulanz.people.models import User

ENTRIES_SHOWN = 100
AWAY_SHOWN = 3
HISTORY_SHOWN = 8
TWINS_TRIED = 20
ORDERS_READ = 100
_BLANK_LINES = re.compile(r"\n\s*\n+")


@dataclass(frozen=True, slots=True)
class File:
    id: int
    name: str
    size: int
    is_picture: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the conversation. `side` is customer, ours, platform, note or event."""

    id: int
    side: str
    name: str
    at: datetime
    paragraphs: tuple[str, ...]
    quoted: str
    icon: str
    message_id: int | None
    has_html: bool
    has_remote_pictures: bool
    unproven: bool
    """SPF or DKIM failed: it may not be from whom it says."""
    warnings: tuple[str, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply that has left the composer and is not plainly done."""

    id: int
    state: str
    title: str
    by: str
    text: str
    error: str
    seconds_left: int
    """Until it leaves; 0 once it cannot be taken back."""
    by_hand: bool
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier case or order of this customer, or of one who is probably the same."""

    case_id: int | None
    order_id: int | None
    account: str
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Twin:
    """*vermutlich derselbe*, with the reason; never merged by itself."""

    customer_id: int
    account: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class History:
    known: bool
    """A customer is found; a platform's own notice has none."""
    orders: int
    orders_cents: int
    since: datetime | None
    city: str
    before: tuple[Before, ...]
    twins: tuple[Twin, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    id: int
    title: str
    account: str
    account_id: int
    channel: str
    state: str
    version: int
    customer: str
    regular: bool
    chip: str
    claim_cents: int | None
    claim_name: str
    assignee: Person | None
    wake_at: datetime | None
    closed_at: datetime | None
    order_number: str
    clocks: tuple[Reading, ...]
    lines: tuple[Line, ...]
    older: int
    newest_message: int
    order: OrderCard | None
    history: History
    rules: rules.Sentences
    draft_text: str
    draft_version: int
    draft_by: str
    draft_at: datetime | None
    draft_overtaken: bool
    """A message came, or an answer was given elsewhere, after the draft was begun."""
    outgoing: tuple[Outgoing, ...]
    elsewhere: tuple[Outgoing, ...]
    """The reader's own replies of other cases that he can still take back."""
    here: tuple[Person, ...]

    @property
    def open(self) -> bool:
        return self.state != CaseState.CLOSED


def case_view(case_id: int, *, user: User, now: datetime) -> CaseView | None:
    """None when it is not there or not for this user."""
    found = prepared.objects(
        ("case", user.all_accounts), _case(user.all_accounts), case_id=case_id, user_id=user.pk
    )
    if not found:
        return None
    case: Case = found[0]
    entries: list[CaseEntry] = prepared.objects("entries", _entries, case_id=case_id)
    older = len(entries) > ENTRIES_SHOWN
    entries = entries[:ENTRIES_SHOWN][::-1]
    messages = [entry.message_id for entry in entries if entry.message_id]
    files = _files(messages)
    drafts = prepared.objects("draft", _draft, case_id=case_id)
    draft: Draft | None = drafts[0] if drafts else None
    here, away = _outgoing(case.pk, user, now)
    return CaseView(
        id=case.pk,
        title=sentence_case(case.title),
        account=case.account.title,
        account_id=case.account_id,
        channel=case.account.channel,
        state=case.state,
        version=case.version,
        customer=case.customer_name,
        regular=case.regular,
        chip=case.chip,
        claim_cents=case.claim_cents,
        claim_name=case.claim_name,
        assignee=_person(case.assignee) if case.assignee else None,
        wake_at=case.wake_at,
        closed_at=case.closed_at,
        order_number=case.order_number,
        clocks=clocks_of(
            case.platform_due_at,
            case.house_due_at,
            account=case.account.title,
            zone=case.account.zone,
            now=now,
            reasons=(case.platform_reason, case.house_reason),
        ),
        lines=tuple(_line(entry, case, files) for entry in entries),
        older=CaseEntry.objects.filter(case=case).count() - ENTRIES_SHOWN if older else 0,
        newest_message=max(messages, default=0),
        order=order_card(case.order, account=case.account.title, now=now) if case.order else None,
        history=_history(case, user),
        rules=rules.sentences(case.account.channel, now.date()),
        draft_text=draft.text if draft else "",
        draft_version=draft.version if draft else 0,
        draft_by=draft.user.display_name if draft and draft.user_id != user.pk else "",
        draft_at=draft.saved_at if draft else None,
        draft_overtaken=draft is not None and is_overtaken(draft, case),
        outgoing=here,
        elsewhere=away,
        here=viewers([case.pk], user=user, now=now).get(case.pk, ()),
    )


def _case(all_accounts: bool) -> prepared.Build:
    def build(case_id: int, user_id: int) -> QuerySet[Any, Any]:
        seen = Case.objects.visible_to(User(pk=user_id, all_accounts=all_accounts)).filter(pk=case_id)
        return seen.select_related("account", "customer", "order", "assignee")

    return build


def _entries(case_id: int) -> QuerySet[CaseEntry]:
    found = CaseEntry.objects.filter(case_id=case_id).select_related("message", "user")
    return found.order_by("-at", "-id")[: ENTRIES_SHOWN + 1]


def _draft(case_id: int) -> QuerySet[Draft]:
    return Draft.objects.filter(case_id=case_id).select_related("user")


def _person(user: User) -> Person:
    return person(user.pk, user.first_name, user.last_name, user.username)


def _files(message_ids: Sequence[int]) -> dict[int, list[File]]:
    def build(ids: list[int]) -> QuerySet[Any, Any]:
        rows = Attachment.objects.filter(message_id__in=ids, inline=False).order_by("message_id", "place")
        return rows.values_list("message_id", "id", "name", "size", "media_type")

    found: dict[int, list[File]] = defaultdict(list)
    if message_ids:
        for message_id, file_id, name, size, media_type in prepared.rows(
            "files", build, ids=list(message_ids)
        ):
            found[message_id].append(File(file_id, name, size, media_type.startswith("image/")))
    return found


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\n") for part in _BLANK_LINES.split(text.strip()) if part.strip())


def _line(entry: CaseEntry, case: Case, files: dict[int, list[File]]) -> Line:
    message = entry.message
    if message is None:
        side = "note" if entry.kind == EntryKind.NOTE else "event"
        name = entry.user.display_name if entry.user else _("Kulanz")
        return Line(
            entry.pk, side, name, entry.at, _paragraphs(entry.text), "", entry.icon or "clock",
            None, False, False, False, (), (),
        )  # fmt: skip
    outbound = message.direction == "out"
    side = "ours" if outbound else "customer" if message.kind == "buyer_message" else "platform"
    name = (entry.user.display_name if entry.user else message.sender_name) or message.sender
    if side == "customer":
        name = message.sender_name or case.customer_name or message.sender
    return Line(
        id=entry.pk,
        side=side,
        name=name,
        at=entry.at,
        paragraphs=_paragraphs(message.own_text),
        quoted=message.quoted_text,
        icon="",
        message_id=message.pk,
        has_html=message.has_html,
        has_remote_pictures=message.has_remote_pictures,
        unproven=message.authentication == "fail",
        warnings=tuple(message.warnings),
        files=tuple(files.get(message.pk, ())),
    )


def _outgoing(case_id: int, user: User, now: datetime) -> tuple[tuple[Outgoing, ...], tuple[Outgoing, ...]]:
    """Replies of this case under way, failed or unclear, oldest first; and the user's own replies of other cases that
    he can still take back."""
    states = (ActionState.APPROVED, ActionState.SENDING, ActionState.FAILED, ActionState.UNCLEAR)

    def build(case_id: int, user_id: int, now: datetime) -> QuerySet[Any, Any]:
        here = Q(subject_kind="case", subject_id=case_id, state__in=states)
        away = Q(
            decided_by_id=user_id,
            kind=ActionKind.REPLY,
            state=ActionState.APPROVED,
            way=Way.MAIL,
            not_before__gt=now,
        )
        return Action.objects.filter(here | away).select_related("decided_by").order_by("id")

    rows: list[Action] = prepared.objects("outgoing", build, case_id=case_id, user_id=user.pk, now=now)
    here = [row for row in rows if row.subject_kind == "case" and row.subject_id == case_id]
    away = [row for row in rows if row not in here][:AWAY_SHOWN]
    return tuple(_shown(row, now) for row in here), tuple(_shown(row, now) for row in away)


def _shown(action: Action, now: datetime) -> Outgoing:
    return Outgoing(
        id=action.pk,
        state=action.state,
        title=action.title,
        by=action.decided_by.display_name if action.decided_by else action.proposed_by,
        text=str(action.payload.get("text", "")),
        error=action.error,
        seconds_left=_seconds_left(action, now),
        by_hand=action.way == Way.HAND,
        case_id=action.subject_id,
    )


def _seconds_left(action: Action, now: datetime) -> int:
    if action.state != ActionState.APPROVED or action.not_before is None:
        return 0
    return max(0, math.ceil((action.not_before - now).total_seconds()))


def _history(case: Case, user: User) -> History:
    """What this customer bought and wrote before, also on other channels."""
    customer = case.customer
    if customer is None:
        return History(False, 0, 0, None, "", (), ())
    twins = _twins(customer, user)
    people = [customer.pk, *(twin.customer_id for twin in twins)]
    key, given = user.all_accounts, {"people": people, "user_id": user.pk}
    orders = prepared.rows(("bought", key), _orders_of(key), **given)
    cases = prepared.rows(("wrote", key), _cases_of(key), **given, case_id=case.pk)
    words = dict(CaseState.choices)
    before = [Before(row[0], None, row[4], row[2], f"{row[1]}, {_(words[row[3]])}") for row in cases]
    before += [Before(None, row[0], row[4], row[2], row[1]) for row in orders if row[0] != case.order_id]
    before.sort(key=lambda item: item.at.timestamp() if item.at else 0.0, reverse=True)
    dated = [row[2] for row in orders if row[2]]
    return History(
        known=True,
        orders=len(orders),
        orders_cents=sum(row[3] or 0 for row in orders),
        since=min(dated) if dated else None,
        city=customer.city,
        before=tuple(before[:HISTORY_SHOWN]),
        twins=twins,
    )


def _twins(customer: Customer, user: User) -> tuple[Twin, ...]:
    """Customers of other accounts with the same name and postcode."""
    if not customer.folded_name or not customer.postcode:
        return ()
    rows = prepared.rows(
        ("twins", user.all_accounts),
        _same_people(user.all_accounts),
        name=customer.folded_name,
        postcode=customer.postcode,
        customer_id=customer.pk,
        user_id=user.pk,
    )
    found = []
    for twin_id, account, name, street, phone, email in rows:
        same = [_("Name und Postleitzahl")]
        if street and street == customer.street:
            same.append(_("Straße"))
        if phone and phone == customer.phone:
            same.append(_("Telefon"))
        if email and email == customer.email:
            same.append(_("E-Mail"))
        found.append(Twin(twin_id, account, name, _("gleich: %(what)s") % {"what": ", ".join(same)}))
    return tuple(found)


def _orders_of(all_accounts: bool) -> prepared.Build:
    def build(people: list[int], user_id: int) -> QuerySet[Any, Any]:
        seen = Order.objects.visible_to(User(pk=user_id, all_accounts=all_accounts))
        return (
            seen.filter(customer_id__in=people)
            .order_by("-placed_at", "-id")
            .values_list("id", "number", "placed_at", "total_cents", "account__title")[:ORDERS_READ]
        )

    return build


def _cases_of(all_accounts: bool) -> prepared.Build:
    def build(people: list[int], user_id: int, case_id: int) -> QuerySet[Any, Any]:
        seen = Case.objects.visible_to(User(pk=user_id, all_accounts=all_accounts))
        return (
            seen.filter(customer_id__in=people)
            .exclude(pk=case_id)
            .order_by("-opened_at")
            .values_list("id", "title", "opened_at", "state", "account__title")[:HISTORY_SHOWN]
        )

    return build


def _same_people(all_accounts: bool) -> prepared.Build:
    def build(name: str, postcode: str, customer_id: int, user_id: int) -> QuerySet[Any, Any]:
        seen = Customer.objects.visible_to(User(pk=user_id, all_accounts=all_accounts))
        return (
            seen.filter(folded_name=name, postcode=postcode)
            .exclude(pk=customer_id)
            .values_list("id", "account__title", "name", "street", "phone", "email")[:TWINS_TRIED]
        )

    return build
