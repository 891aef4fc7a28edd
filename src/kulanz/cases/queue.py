"""The queue: which case comes next. Groups, filters, counts and pages, in a fixed number of queries.

Order (docs/screens: Fälle): claims with money at stake; deadlines that can still be met, soonest first; missed
ones as a group of their own; the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kulanz.cases.clocks import Reading, reading
from kulanz.cases.models import Case, CaseState, Presence
from kulanz.cases.presence import LOOKING_SECONDS
from kulanz.people.models import User

CAP = 1000
"""Counting stops here; the page says "1.000+"."""
PAGE_ROWS = 50
FRIDAY = 4
WEEKEND_FROM_HOUR = 12
"""From Friday noon on, what runs out on Saturday and Sunday is a group of its own."""
EXPORT_ROWS = 10_000


class Group(StrEnum):
    MONEY = "geld"
    TODAY = "heute"
    WEEKEND = "wochenende"
    MISSED = "versaeumt"
    SOON = "danach"
    CLOCKLESS = "ohne-frist"
    CARRIER = "paketdienst"
    CUSTOMER = "kunden"
    LATER = "spaeter"


@dataclass(frozen=True, slots=True)
class GroupKind:
    group: Group
    title: str
    hint: str
    shown: int
    """Rows on the page of all groups."""
    tone: str = ""


GROUPS = (
    GroupKind(
        Group.MONEY, _("Geld steht auf dem Spiel"), _("Anträge, die sonst ohne uns entschieden werden"), 10
    ),
    GroupKind(Group.TODAY, _("Heute fällig"), _("was noch zu schaffen ist, das Früheste zuerst"), 10),
    GroupKind(
        Group.WEEKEND,
        _("Läuft am Wochenende ab"),
        _("Plattformuhren laufen Samstag und Sonntag weiter"),
        5,
        "warn",
    ),
    GroupKind(Group.MISSED, _("Versäumt"), _("Frist verstrichen; jede Stunde früher hilft noch"), 5, "stop"),
    GroupKind(Group.SOON, _("Ab morgen fällig"), _("noch Zeit, das Früheste zuerst"), 5),
    GroupKind(Group.CLOCKLESS, _("Ohne Frist"), _("offen, aber niemand wartet auf eine Antwort"), 3),
    GroupKind(Group.CARRIER, _("Wartet auf Paketdienst"), _("die nächste Antwort zuerst"), 3),
    GroupKind(Group.CUSTOMER, _("Wartet auf Kunden"), _("kommt mit der nächsten Nachricht zurück"), 3),
    GroupKind(Group.LATER, _("Später"), _("zurückgelegt, kommt von selbst wieder"), 3),
)
OURS = (Group.MONEY, Group.TODAY, Group.WEEKEND, Group.MISSED, Group.SOON, Group.CLOCKLESS)
"""Groups that wait on us."""


NOT_CLOSED = (CaseState.OPEN, CaseState.WAIT_CARRIER, CaseState.WAIT_CUSTOMER, CaseState.LATER)


@dataclass(frozen=True, slots=True)
class Filter:
    """As the address has it."""

    mine: bool = False
    unassigned: bool = False
    channel: str = ""
    account_id: int | None = None


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


@dataclass(frozen=True, slots=True)
class Day:
    """The edges of today and of the weekend, in UTC, for one installation's zone."""

    now: datetime
    ends_at: datetime
    weekend_ends_at: datetime | None = field(default=None)
    """Only from Friday noon until Sunday night."""


def day_of(now: datetime, zone: str = "Europe/Berlin") -> Day:
    """Pure: local midnight after `now`, and the Monday after it once the weekend is near."""
    local = now.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    near = local.weekday() > FRIDAY or (local.weekday() == FRIDAY and local.hour >= WEEKEND_FROM_HOUR)
    monday = midnight + timedelta(days=7 - local.weekday()) if near else None
    return Day(now, midnight + timedelta(days=1), monday)


def condition(group: Group, day: Day) -> Q:
    """Which cases stand in a group now. The groups of open cases do not overlap and leave none out."""
    answer = Q(state=CaseState.OPEN, claim_cents__isnull=True)
    live = answer & Q(must_at__gte=day.now)
    match group:
        case Group.MONEY:
            return Q(state=CaseState.OPEN, claim_cents__isnull=False)
        case Group.TODAY:
            return live & Q(due_at__lt=day.ends_at)
        case Group.MISSED:
            return answer & Q(must_at__lt=day.now)
        case Group.WEEKEND:
            return live & Q(due_at__gte=day.ends_at, platform_due_at__lt=day.weekend_ends_at or day.ends_at)
        case Group.SOON:
            later = live & Q(due_at__gte=day.ends_at)
            if day.weekend_ends_at is None:
                return later
            return later & (Q(platform_due_at__isnull=True) | Q(platform_due_at__gte=day.weekend_ends_at))
        case Group.CLOCKLESS:
            return answer & Q(due_at__isnull=True)
        case Group.CARRIER:
            return Q(state=CaseState.WAIT_CARRIER)
        case Group.CUSTOMER:
            return Q(state=CaseState.WAIT_CUSTOMER)
        case Group.LATER:
            return Q(state=CaseState.LATER)


def order_of(group: Group) -> tuple[str, str]:
    """Column and tie-breaker; a leading minus is newest first."""
    match group:
        case Group.CARRIER | Group.LATER:
            return "wake_at", "id"
        case Group.CUSTOMER | Group.CLOCKLESS:
            return "-touched_at", "-id"
        case _:
            return "due_at", "id"


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


def _sql(cases: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    return cases.query.sql_with_params()


def _counts(parts: Sequence[QuerySet[Case]]) -> list[int]:
    """Each query's rows up to the cap, all in one statement."""
    selects: list[str] = []
    params: list[Any] = []
    for number, part in enumerate(parts):
        sql, values = _sql(part.order_by().values("id")[:CAP])
        selects.append(f"(SELECT COUNT(*) FROM ({sql}) c{number})")  # noqa: S608  only the ORM's own SQL
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(selects)}", params)
        return [int(count) for count in cursor.fetchone()]


def _ids(parts: Sequence[tuple[Group, QuerySet[Case]]]) -> dict[Group, list[int]]:
    """The first ids of each group in its order, all in one statement."""
    found: dict[Group, list[int]] = defaultdict(list)
    selects: list[str] = []
    params: list[Any] = []
    for number, (group, part) in enumerate(parts):
        sql, values = _sql(part.values_list("id"))
        place = f"SELECT '{group.value}' AS place, ROW_NUMBER() OVER () AS n, g{number}.id FROM"
        selects.append(f"{place} ({sql}) g{number}")
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), params)
        for place, _n, case_id in sorted(cursor.fetchall()):
            found[Group(place)].append(case_id)
    return found


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


def _told_before(title: str, excerpt: str) -> bool:
    """The excerpt only says again what the title was cut from."""
    words = excerpt.strip("„“\"' ").removesuffix("…").strip().casefold()
    start = title.removesuffix("…").strip().casefold()
    return words.startswith(start) or start.startswith(words)


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


def viewers(case_ids: Iterable[int], *, user: User, now: datetime) -> dict[int, tuple[Person, ...]]:
    """Who else has these cases open right now."""
    seen: dict[int, list[Person]] = defaultdict(list)
    rows = (
        Presence.objects.filter(
            case_id__in=list(case_ids), seen_at__gt=now - timedelta(seconds=LOOKING_SECONDS)
        )
        .exclude(user_id=user.pk)
        .values_list("case_id", "user_id", "user__first_name", "user__last_name", "user__username")
    )
    for case_id, user_id, first, last, username in rows:
        seen[case_id].append(person(user_id, first, last, username))
    return {case_id: tuple(people) for case_id, people in seen.items()}


def rows_of(case_ids: Sequence[int], *, user: User, now: datetime) -> dict[int, QueueRow]:
    """Rows by id, in two queries."""
    if not case_ids:
        return {}
    looking = viewers(case_ids, user=user, now=now)
    found = {}
    for row in Case.objects.filter(pk__in=list(case_ids)).values_list(*_COLUMNS):
        (
            case_id, account, channel, zone, customer, regular, order_number, title, excerpt, picture, chip, claim,
            platform_due_at, platform_reason, house_due_at, house_reason, due_at, state, assignee_id, *assignee,
        ) = row  # fmt: skip
        found[case_id] = QueueRow(
            id=case_id,
            mark=account[:1] if channel != "ebay" else "e",
            account=account,
            customer=customer,
            regular=regular,
            order_number=order_number,
            title=sentence_case(title),
            excerpt="" if _told_before(title, excerpt) else excerpt,
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
    cases = seen_cases(user, wanted)
    everything = seen_cases(user, Filter(channel=wanted.channel, account_id=wanted.account_id))
    ours, waiting = Q(state=CaseState.OPEN), Q(state__in=NOT_CLOSED)
    counts = _counts(
        [
            *(cases.filter(condition(kind.group, day)) for kind in GROUPS),
            everything.filter(waiting),
            everything.filter(waiting).filter(assignee_id=user.pk),
            everything.filter(ours, assignee_id=None),
            cases.filter(ours),
            cases.filter(state__in=(CaseState.WAIT_CARRIER, CaseState.WAIT_CUSTOMER)),
            cases.filter(state=CaseState.LATER),
        ]
    )
    ids = (
        _ids(
            [
                (
                    kind.group,
                    cases.filter(condition(kind.group, day)).order_by(*order_of(kind.group))[: kind.shown],
                )
                for kind, count in zip(GROUPS, counts, strict=False)
                if count
            ]
        )
        if any(counts[: len(GROUPS)])
        else {}
    )
    rows = rows_of([case_id for group in ids.values() for case_id in group], user=user, now=now)
    groups = tuple(
        _view(kind, count, [rows[case_id] for case_id in ids.get(kind.group, []) if case_id in rows])
        for kind, count in zip(GROUPS, counts, strict=False)
        if count
    )
    total, mine, unassigned, for_us, others, later = counts[len(GROUPS) :]
    return Queue(groups, total, mine, unassigned, for_us, others, later)


def _view(kind: GroupKind, count: int, rows: Sequence[QueueRow]) -> GroupView:
    return GroupView(kind.group, gettext(kind.title), gettext(kind.hint), kind.tone, count, tuple(rows))


def group_page(user: User, wanted: Filter, group: Group, *, now: datetime, after: str = "") -> GroupPage:
    """One group by keyset. Raises ValueError for a key that is none of ours."""
    day = day_of(now)
    kind = next(kind for kind in GROUPS if kind.group == group)
    found = seen_cases(user, wanted).filter(condition(group, day))
    count = _counts([found])[0]
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


def next_case(user: User, *, now: datetime, after: int | None = None) -> int | None:
    """The case to open next: in the queue's order, behind `after`, not a colleague's and nobody looking at it."""
    day = day_of(now)
    free = Case.objects.visible_to(user).filter(Q(assignee_id=None) | Q(assignee_id=user.pk))
    ids = _ids(
        [(group, free.filter(condition(group, day)).order_by(*order_of(group))[:PAGE_ROWS]) for group in OURS]
    )
    ordered = [case_id for group in OURS for case_id in ids.get(group, [])]
    busy = viewers(ordered, user=user, now=now)
    start = ordered.index(after) + 1 if after in ordered else 0
    for case_id in ordered[start:] + ordered[:start]:
        if case_id != after and case_id not in busy:
            return case_id
    return None


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
