"""The queue: which case comes next. Groups, filters, counts and pages, in a fixed number of queries.

Order (docs/screens: Fälle): claims with money at stake; deadlines that can still be met, soonest first; missed
ones as a group of their own; the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from kulanz.base import prepared
from kulanz.cases.clocks import Reading, reading
from kulanz.cases.groups import (
    CAP,
    EXPORT_ROWS,
    GROUPS,
    NEXT_LOOKED_AT,
    NOT_CLOSED,
    OURS,
    PAGE_ROWS,
    Day,
    Filter,
    Group,
    GroupKind,
    condition,
    day_of,
    order_of,
)
from kulanz.cases.models import Case, CaseState, Presence
from kulanz.cases.presence import LOOKING_SECONDS
from kulanz.people.models import User


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case in a list, ready to show. Times are UTC."""

    id: int
    mark: str
    account: str
    customer: str
    regular: bool
    order_number: str
    title: str
    excerpt: str
    picture: str
    chip: str
    chip_tone: str
    claim_cents: int | None
    clocks: tuple[Reading, ...]
    assignee: Person | None
    viewers: tuple[Person, ...]
    due_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class GroupView:
    group: Group
    title: str
    hint: str
    tone: str
    count: int
    rows: tuple[QueueRow, ...]

    @property
    def more(self) -> int:
        return max(0, self.count - len(self.rows))


@dataclass(frozen=True, slots=True)
class Queue:
    groups: tuple[GroupView, ...]
    """Only those with cases."""
    total: int
    mine: int
    unassigned: int
    ours: int
    others: int
    later: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    view: GroupView
    after: str
    """Key of the next page; empty at the end."""


def seen_cases(user: User, wanted: Filter) -> QuerySet[Case]:
    """What the user may see, narrowed by the filter; closed cases too."""
    cases: QuerySet[Case] = Case.objects.visible_to(user)
    if wanted.mine:
        cases = cases.filter(assignee_id=user.pk)
    if wanted.unassigned:
        cases = cases.filter(assignee_id=None)
    if wanted.account_id is not None:
        cases = cases.filter(account_id=wanted.account_id)
    if wanted.channel:
        cases = cases.filter(account__channel=wanted.channel)
    return cases


@dataclass(frozen=True, slots=True)
class _Shape:
    """What changes the statements of the queue; with the same shape only values differ."""

    all_accounts: bool
    mine: bool = False
    unassigned: bool = False
    by_channel: bool = False
    by_account: bool = False

    def cases(self, values: dict[str, Any]) -> QuerySet[Case]:
        user = User(pk=values["user_id"], all_accounts=self.all_accounts)
        channel = values["channel"] if self.by_channel else ""
        account_id = values["account_id"] if self.by_account else None
        return seen_cases(user, Filter(self.mine, self.unassigned, channel, account_id))

    def group(self, kind: GroupKind) -> prepared.Build:
        def build(**values: Any) -> QuerySet[Any, Any]:
            day = Day(values["now"], values["ends_at"], values["weekend_ends_at"])
            return self.cases(values).filter(condition(kind.group, day)).order_by().values("id")[:CAP]

        return build

    def beginning(self, kind: GroupKind, rows: int) -> prepared.Build:
        def build(**values: Any) -> QuerySet[Any, Any]:
            day = Day(values["now"], values["ends_at"], values["weekend_ends_at"])
            found = self.cases(values).filter(condition(kind.group, day))
            return found.order_by(*order_of(kind.group)).values("id")[:rows]

        return build

    def waiting(self, *states: CaseState) -> prepared.Build:
        def build(**values: Any) -> QuerySet[Any, Any]:
            return self.cases(values).filter(state__in=states).order_by().values("id")[:CAP]

        return build


def _shape(user: User, wanted: Filter) -> _Shape:
    return _Shape(
        user.all_accounts,
        wanted.mine,
        wanted.unassigned,
        bool(wanted.channel),
        wanted.account_id is not None,
    )


def _values(user: User, wanted: Filter, day: Day) -> dict[str, Any]:
    return {
        "user_id": user.pk,
        "channel": wanted.channel,
        "account_id": wanted.account_id or 0,
        "now": day.now,
        "ends_at": day.ends_at,
        "weekend_ends_at": day.weekend_ends_at or day.ends_at,
    }


_COLUMNS = (
    "id", "account__title", "account__channel", "account__zone", "customer_name", "regular", "order_number", "title",
    "excerpt", "picture", "chip", "claim_cents", "platform_due_at", "platform_reason", "house_due_at", "house_reason",
    "due_at", "state", "assignee_id", "assignee__first_name", "assignee__last_name", "assignee__username",
)  # fmt: skip


def person(user_id: int, first: str, last: str, username: str) -> Person:
    name = f"{first} {last}".strip() or username
    return Person(user_id, name, (first[:1] + last[:1]).upper() or username[:2].upper())


def sentence_case(title: str) -> str:
    """Titles cut out of a mail may begin in the middle of its first sentence."""
    return title[:1].upper() + title[1:]


def clocks_of(
    platform_due_at: datetime | None,
    house_due_at: datetime | None,
    *,
    account: str,
    zone: str,
    now: datetime,
    reasons: tuple[str, str] = ("", ""),
) -> tuple[Reading, ...]:
    """Both clocks as words, the platform's first; none for a clock that does not run."""
    found = []
    for due_at, whose, why, house in (
        (platform_due_at, account.partition(".")[0], reasons[0], False),
        (house_due_at, gettext("wir"), reasons[1], True),
    ):
        if due_at is not None:
            read = reading(due_at, now, zone, whose, house=house)
            found.append(replace(read, title=why or read.title))
    return tuple(found)


def viewers(case_ids: Sequence[int], *, user: User, now: datetime) -> dict[int, tuple[Person, ...]]:
    """Who else has these cases open right now."""

    def build(ids: list[int], since: datetime, user_id: int) -> QuerySet[Presence, Any]:
        looking = Presence.objects.filter(case_id__in=ids, seen_at__gt=since).exclude(user_id=user_id)
        return looking.values_list(
            "case_id", "user_id", "user__first_name", "user__last_name", "user__username"
        )

    seen: dict[int, list[Person]] = defaultdict(list)
    since = now - timedelta(seconds=LOOKING_SECONDS)
    for case_id, *who in prepared.rows("viewers", build, ids=list(case_ids), since=since, user_id=user.pk):
        seen[case_id].append(person(*who))
    return {case_id: tuple(people) for case_id, people in seen.items()}


def _rows(ids: list[int]) -> QuerySet[Case, Any]:
    return Case.objects.filter(pk__in=ids).values_list(*_COLUMNS)


def rows_of(case_ids: Sequence[int], *, user: User, now: datetime) -> dict[int, QueueRow]:
    """Rows by id, in two queries."""
    if not case_ids:
        return {}
    looking = viewers(case_ids, user=user, now=now)
    found = {}
    for row in prepared.rows("rows", _rows, ids=list(case_ids)):
        (
            case_id, account, channel, zone, customer, regular, order_number, title, excerpt, picture, chip, claim,
            platform_due_at, platform_reason, house_due_at, house_reason, due_at, state, assignee_id, *assignee,
        ) = row  # fmt: skip
        found[case_id] = QueueRow(
            id=case_id,
            mark=account[:1] if channel != "ebay" else "e",
            account=account,
            customer=customer or gettext("Name unbekannt"),
            regular=regular,
            order_number=order_number,
            title=sentence_case(title),
            excerpt=excerpt,
            picture=picture,
            chip=chip,
            chip_tone="warn",
            claim_cents=claim,
            clocks=clocks_of(
                platform_due_at,
                house_due_at,
                account=account,
                zone=zone,
                now=now,
                reasons=(platform_reason, house_reason),
            ),
            assignee=person(assignee_id, *assignee) if assignee_id else None,
            viewers=looking.get(case_id, ()),
            due_at=due_at,
            state=state,
        )
    return found


def queue(user: User, wanted: Filter, *, now: datetime) -> Queue:
    """The page of all groups: four queries however many cases there are."""
    day = day_of(now)
    shape, values = _shape(user, wanted), _values(user, wanted, day)
    wide = replace(shape, mine=False, unassigned=False)
    kinds = [kind for kind in GROUPS if kind.group != Group.WEEKEND or day.weekend_ends_at]
    counted = prepared.counts(
        ("queue", shape),
        [
            *((kind.group, shape.group(kind)) for kind in kinds),
            ("mine", replace(wide, mine=True).waiting(*NOT_CLOSED)),
            ("unassigned", replace(wide, unassigned=True).waiting(CaseState.OPEN)),
            *([("all", wide.waiting(*NOT_CLOSED))] if shape != wide else []),
        ],
        **values,
    )
    count = dict(zip((kind.group for kind in kinds), counted, strict=False))
    mine, unassigned, *total = counted[len(kinds) :]
    ids = prepared.piles(
        ("queue rows", shape),
        [(kind.group, shape.beginning(kind, kind.shown)) for kind in kinds if count[kind.group]],
        **values,
    )
    rows = rows_of([case_id for group in ids.values() for case_id in group], user=user, now=now)
    groups = tuple(
        _view(kind, count[kind.group], [rows[pk] for pk in ids.get(kind.group, []) if pk in rows])
        for kind in kinds
        if count[kind.group]
    )
    return Queue(
        groups,
        total=total[0] if total else _capped(counted[: len(kinds)]),
        mine=mine,
        unassigned=unassigned,
        ours=_capped(count.get(group, 0) for group in OURS),
        others=count[Group.CARRIER] + count[Group.CUSTOMER],
        later=count[Group.LATER],
    )


def _capped(counts: Iterable[int]) -> int:
    return min(CAP, sum(counts))


def _view(kind: GroupKind, count: int, rows: Sequence[QueueRow]) -> GroupView:
    return GroupView(kind.group, gettext(kind.title), gettext(kind.hint), kind.tone, count, tuple(rows))


def group_page(user: User, wanted: Filter, group: Group, *, now: datetime, after: str = "") -> GroupPage:
    """One group by keyset. Raises ValueError for a key that is none of ours."""
    day = day_of(now)
    kind = next(kind for kind in GROUPS if kind.group == group)
    found = seen_cases(user, wanted).filter(condition(group, day))
    count = found.order_by()[:CAP].count()
    column, _tie = order_of(group)
    newest_first, name = column.startswith("-"), column.removeprefix("-")
    if after:
        at, _, last = after.partition("_")
        moment, beyond = datetime.fromisoformat(at), "lt" if newest_first else "gt"
        found = found.filter(
            Q(**{f"{name}__{beyond}": moment}) | Q(**{name: moment, f"id__{beyond}": int(last)}),
            **{f"{name}__{beyond}e": moment},
        )
    keys = list(found.order_by(*order_of(group)).values_list("pk", name)[: PAGE_ROWS + 1])
    page, more = keys[:PAGE_ROWS], len(keys) > PAGE_ROWS
    rows = rows_of([case_id for case_id, _ in page], user=user, now=now)
    view = _view(kind, count, [rows[case_id] for case_id, _ in page])
    last_id, last_at = page[-1] if page else (0, None)
    return GroupPage(view, f"{last_at.isoformat()}_{last_id}" if more and last_at else "")


def next_case(user: User, *, now: datetime, after: int | None = None, but: int | None = None) -> int | None:
    """The case to open next, in the queue's order: not a colleague's, and nobody is looking at it.

    `after` goes on behind that case and round again; `but` begins at the top and leaves that one out.
    """
    free, own = _Shape(user.all_accounts, unassigned=True), _Shape(user.all_accounts, mine=True)
    values = _values(user, Filter(), day_of(now))
    builds = [
        (f"{kind.group} {whose}", shape.beginning(kind, NEXT_LOOKED_AT))
        for kind in GROUPS
        if kind.group in OURS
        for whose, shape in (("free", free), ("own", own))
    ]
    found = prepared.piles(("next", user.all_accounts), builds, **values)
    ids = [case_id for name, _build in builds for case_id in found[name]]
    place = {name.partition(" ")[0]: n for n, (name, _build) in enumerate(builds)}
    group_of = {case_id: place[name.partition(" ")[0]] for name, pile in found.items() for case_id in pile}
    due: dict[int, datetime | None] = dict(prepared.rows("due", _due, ids=ids)) if ids else {}
    ordered = sorted(ids, key=lambda case_id: (group_of[case_id], due.get(case_id) or now, case_id))
    busy = viewers(ordered, user=user, now=now)
    start = ordered.index(after) + 1 if after in ordered else 0
    for case_id in ordered[start:] + ordered[:start]:
        if case_id not in (after, but) and case_id not in busy:
            return case_id
    return None


def _due(ids: list[int]) -> QuerySet[Case, Any]:
    return Case.objects.filter(pk__in=ids).values_list("id", "due_at")


def export(user: User, wanted: Filter, *, now: datetime) -> list[QueueRow]:
    """What waits, all groups in order, at most EXPORT_ROWS rows."""
    day = day_of(now)
    rows: list[QueueRow] = []
    for kind in GROUPS:
        room = EXPORT_ROWS - len(rows)
        if room <= 0:
            break
        found = seen_cases(user, wanted).filter(condition(kind.group, day)).order_by(*order_of(kind.group))
        ids = list(found.values_list("pk", flat=True)[:room])
        known: dict[int, QueueRow] = {}
        for start in range(0, len(ids), CAP):
            known |= rows_of(ids[start : start + CAP], user=user, now=now)
        rows += [known[case_id] for case_id in ids]
    return rows
