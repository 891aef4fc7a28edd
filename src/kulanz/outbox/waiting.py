"""What waits for a person: proposals, tasks by hand, unclear and failed ones; and what has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from kulanz.outbox.models import Action, ActionKind, ActionState, Policy, Way
from kulanz.outbox.policy import default_mode, may_decide
from kulanz.people.models import Role, User

GROUP_ROWS = 25
"""Rows of one group on the overview; the rest is on the group's own page."""
PAGE_ROWS = 50
_WAREHOUSE = frozenset({ActionKind.REPLACEMENT, ActionKind.HOLD, ActionKind.CANCEL})
_ACCOUNTING = frozenset({ActionKind.REFUND, ActionKind.DOCUMENT})
ENDED = (ActionState.DONE, ActionState.REJECTED, ActionState.WITHDRAWN)


class Group(StrEnum):
    UNCLEAR = "unklar"
    HAND = "hand"
    PROPOSED = "vorschlag"
    LEAVING = "unterwegs"


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action in a list. Money is cents, times are UTC."""

    id: int
    kind: str
    way: str
    state: str
    title: str
    reason: str
    account: str
    channel: str
    amount_cents: int | None
    due_at: datetime | None
    created_at: datetime
    not_before: datetime | None
    ended_at: datetime | None
    error: str
    proof: str
    proposed_by: str
    decided_by: str
    assignee: str
    decidable: bool
    """Whether the role of who looks may approve or reject it."""


@dataclass(frozen=True, slots=True)
class ActionFilter:
    account_id: int | None = None
    kind: str = ""
    with_money: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A group: its first rows, and how many there are in all."""

    group: Group
    rows: tuple[ActionRow, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all that waits for a word or a hand, without regard to the filter."""

    all: int
    with_money: int
    by_hand: int
    proposed: int
    unclear: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a task by hand. `do` is copy, open or do; `done_*` are empty until it is ticked."""

    number: int
    do: str
    title: str
    hint: str
    done_by: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One action with all a person needs to decide it or to do it by hand."""

    row: ActionRow
    account_id: int
    subject_kind: str
    subject_id: int | None
    text: str
    values: tuple[tuple[str, str], ...]
    link: str
    link_title: str
    steps: tuple[Step, ...]
    external_id: str
    attempts: int
    assignee_id: int | None


def kinds_for(user: User) -> frozenset[ActionKind]:
    """Which kinds a role sees: Lager what moves goods, Buchhaltung what moves money; neither any mail."""
    match user.role:
        case Role.WAREHOUSE:
            return _WAREHOUSE
        case Role.ACCOUNTING:
            return _ACCOUNTING
        case _:
            return frozenset(ActionKind)


def seen_by(user: User) -> QuerySet[Action]:
    """Actions of the user's accounts and of the kinds of the role; every query of a page starts here."""
    found = Action.objects.visible_to(user)
    kinds = kinds_for(user)
    return found if len(kinds) == len(ActionKind) else found.filter(kind__in=kinds)


_IN_GROUP = {
    Group.UNCLEAR: Q(state__in=(ActionState.UNCLEAR, ActionState.FAILED)),
    Group.HAND: Q(state=ActionState.APPROVED, way=Way.HAND),
    Group.PROPOSED: Q(state=ActionState.PROPOSED),
    Group.LEAVING: Q(state=ActionState.SENDING) | (Q(state=ActionState.APPROVED) & ~Q(way=Way.HAND)),
}
_WAITS = Q(
    state__in=(
        ActionState.PROPOSED,
        ActionState.APPROVED,
        ActionState.SENDING,
        ActionState.UNCLEAR,
        ActionState.FAILED,
    )
)
_FOR_A_PERSON = _IN_GROUP[Group.UNCLEAR] | _IN_GROUP[Group.HAND] | _IN_GROUP[Group.PROPOSED]


def for_a_person(user: User) -> QuerySet[Action]:
    """What waits for this user's word or hand."""
    return seen_by(user).filter(_FOR_A_PERSON)


def _narrowed(found: QuerySet[Action], wanted: ActionFilter) -> QuerySet[Action]:
    if wanted.account_id is not None:
        found = found.filter(account_id=wanted.account_id)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.with_money:
        found = found.filter(amount_cents__gt=0)
    if wanted.by_hand:
        found = found.filter(way=Way.HAND)
    return found


def totals(user: User) -> Totals:
    """One query."""
    counted = (
        seen_by(user)
        .filter(_WAITS)
        .aggregate(
            all=Count("pk", filter=_FOR_A_PERSON),
            with_money=Count("pk", filter=_FOR_A_PERSON & Q(amount_cents__gt=0)),
            by_hand=Count("pk", filter=_IN_GROUP[Group.HAND]),
            proposed=Count("pk", filter=_IN_GROUP[Group.PROPOSED]),
            unclear=Count("pk", filter=_IN_GROUP[Group.UNCLEAR]),
        )
    )
    return Totals(**counted)


def overview(user: User, wanted: ActionFilter) -> list[Waiting]:
    """The groups that hold something, in the order a person looks at them. One query a group and one for counts."""
    found = _narrowed(seen_by(user), wanted)
    counts = found.filter(_WAITS).aggregate(
        **{group.value: Count("pk", filter=_IN_GROUP[group]) for group in Group}
    )
    return [
        Waiting(
            group,
            tuple(_rows(found.filter(_IN_GROUP[group]).order_by(*_SOONEST)[:GROUP_ROWS], user)),
            counts[group.value],
        )
        for group in Group
        if counts[group.value]
    ]


_SOONEST = (F("due_at").asc(nulls_last=True), "id")


def one_group(
    user: User, wanted: ActionFilter, group: Group, *, after: int = 0, limit: int = PAGE_ROWS
) -> list[ActionRow]:
    """A whole group by number; `after` is the last id of the page before."""
    found = _narrowed(seen_by(user), wanted).filter(_IN_GROUP[group], pk__gt=after)
    return _rows(found.order_by("pk")[:limit], user)


def history(
    user: User, wanted: ActionFilter, *, before: int | None = None, limit: int = PAGE_ROWS
) -> list[ActionRow]:
    """What has ended, newest first by number; `before` is the last id of the page before."""
    found = _narrowed(seen_by(user), wanted).filter(state__in=ENDED)
    if before is not None:
        found = found.filter(pk__lt=before)
    return _rows(found.order_by("-pk")[:limit], user)


def waiting_rows(user: User, wanted: ActionFilter, *, limit: int) -> list[ActionRow]:
    """All that waits, for the export."""
    found = _narrowed(seen_by(user), wanted).filter(_WAITS)
    return _rows(found.order_by(*_SOONEST)[:limit], user)


def _rows(found: QuerySet[Action], user: User) -> list[ActionRow]:
    actions = found.select_related("account", "decided_by", "assignee").defer("payload", "basis")
    return [_row(action, user) for action in actions]


def _row(action: Action, user: User) -> ActionRow:
    return ActionRow(
        id=action.pk,
        kind=action.kind,
        way=action.way,
        state=action.state,
        title=action.title,
        reason=action.reason,
        account=action.account.title,
        channel=action.account.channel,
        amount_cents=action.amount_cents,
        due_at=action.due_at,
        created_at=action.created_at,
        not_before=action.not_before,
        ended_at=action.ended_at,
        error=action.error,
        proof=action.proof,
        proposed_by=action.proposed_by,
        decided_by=action.decided_by.display_name if action.decided_by else "",
        assignee=action.assignee.display_name if action.assignee else "",
        decidable=may_decide(user, action.kind, action.amount_cents),
    )


def choose(action_id: int, user: User) -> Chosen | None:
    """One action of any state; None when it is not there or not for this user."""
    action = seen_by(user).filter(pk=action_id).select_related("account", "decided_by", "assignee").first()
    if action is None:
        return None
    payload = action.payload
    link = payload.get("link") or {}
    return Chosen(
        row=_row(action, user),
        account_id=action.account_id,
        subject_kind=action.subject_kind,
        subject_id=action.subject_id,
        text=str(payload.get("text", "")),
        values=tuple((str(name), str(value)) for name, value in payload.get("values", ())),
        link=_web_address(link.get("url", "") if isinstance(link, dict) else str(link)),
        link_title=str(link.get("title", "")) if isinstance(link, dict) else "",
        steps=_steps(payload, action.steps_done),
        external_id=action.external_id,
        attempts=action.attempts,
        assignee_id=action.assignee_id,
    )


def _web_address(url: str) -> str:
    return url if url.startswith("https://") else ""


def _steps(payload: Mapping[str, Any], ticks: list[dict[str, Any]]) -> tuple[Step, ...]:
    done = {tick["step"]: tick for tick in ticks}
    steps = []
    for number, step in enumerate(payload.get("steps", ())):
        said = step if isinstance(step, dict) else {"title": str(step)}
        tick = done.get(number)
        steps.append(
            Step(
                number=number,
                do=str(said.get("do", "do")),
                title=str(said.get("title", "")),
                hint=str(said.get("hint", "")),
                done_by=str(tick["name"]) if tick else "",
                done_at=datetime.fromisoformat(tick["at"]) if tick else None,
            )
        )
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What Kulanz may do for one account and kind, and what that would mean right now."""

    account_id: int
    account: str
    kind: str
    kind_title: str
    mode: str
    limit_cents: int | None
    waiting: int
    """Proposals of this account and kind that wait right now."""
    waiting_cents: int


def policies(user: User, accounts: list[tuple[int, str]]) -> list[PolicyRow]:
    """Every account with every kind, in 2 queries whatever their number."""
    ids = [account_id for account_id, _title in accounts]
    rows = {
        (p.account_id, p.kind): (p.mode, p.limit_cents) for p in Policy.objects.filter(account_id__in=ids)
    }
    waiting = {
        (w["account_id"], w["kind"]): (w["n"], w["cents"] or 0)
        for w in seen_by(user)
        .filter(state=ActionState.PROPOSED, account_id__in=ids)
        .values("account_id", "kind")
        .annotate(n=Count("pk"), cents=Sum("amount_cents"))
    }
    return [
        PolicyRow(
            account_id=account_id,
            account=title,
            kind=kind.value,
            kind_title=str(kind.label),
            mode=rows.get((account_id, kind), (default_mode(kind), None))[0],
            limit_cents=rows.get((account_id, kind), ("", None))[1],
            waiting=waiting.get((account_id, kind), (0, 0))[0],
            waiting_cents=waiting.get((account_id, kind), (0, 0))[1],
        )
        for account_id, title in accounts
        for kind in ActionKind
    ]


def would_match(user: User, account_id: int, kind: str, limit_cents: int | None) -> tuple[int, int]:
    """How many waiting proposals a limit would let go by itself, and their cents."""
    found = seen_by(user).filter(state=ActionState.PROPOSED, account_id=account_id, kind=kind)
    if limit_cents is not None:
        found = found.filter(Q(amount_cents__lte=limit_cents) | Q(amount_cents=None))
    counted = found.aggregate(n=Count("pk"), cents=Sum("amount_cents"))
    return counted["n"], counted["cents"] or 0
