"""Heute: what must happen in the next two hours, deadlines by hour, what is not confirmed, who is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kulanz.audit.models import AuditEntry
from kulanz.audit.record import record
from kulanz.cases.groups import CAP, day_of
from kulanz.cases.groups import Filter as CaseFilter
from kulanz.cases.models import CaseState
from kulanz.cases.queue import Person, QueueRow, person, rows_of, seen_cases
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account
from kulanz.intake.models import RawBatch
from kulanz.outbox.models import Action, ActionState
from kulanz.people.models import Role, Shift, User
from kulanz.work.models import Schedule

AHEAD = timedelta(hours=2)
HOURS_SHOWN = 6
BLOCKS_SHOWN = 6
"""Blocks piled on one hour; above it a number says how many more."""
NEXT_ROWS = 7
DEADLINES_READ = 600
REPORTS_SHOWN = timedelta(hours=24)
REPORT_CHARS = 2_000
REPORTED = "incident.report"
SILENT = timedelta(hours=36)
"""An account that delivered nothing for this long is worth a look."""


@dataclass(frozen=True, slots=True)
class Block:
    case_id: int
    look: str
    """platform, house or stop."""
    title: str


@dataclass(frozen=True, slots=True)
class Hour:
    title: str
    is_now: bool
    is_day: bool
    blocks: tuple[Block, ...]
    count: int
    group: str
    """Where in the queue these cases stand."""

    @property
    def more(self) -> int:
        return self.count - len(self.blocks)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An action nobody knows the end of, or that failed."""

    id: int
    title: str
    sentence: str
    at: datetime
    unclear: bool


@dataclass(frozen=True, slots=True)
class Light:
    """One account, as healthy as its sources are."""

    account_id: int
    title: str
    look: str
    """ok, warn or stop."""
    sentence: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Duty:
    people: tuple[Person, ...]
    until: datetime | None
    tomorrow: str
    """Weekday of tomorrow, when nobody is planned for it; else empty."""


@dataclass(frozen=True, slots=True)
class Today:
    until: datetime
    due: int
    due_first: datetime | None
    missed: int
    proposed: int
    proposed_money: int
    unsettled_count: int
    hours: tuple[Hour, ...]
    rows: tuple[QueueRow, ...]
    open_today: int
    unsettled: tuple[Unsettled, ...]
    reports: tuple[Report, ...]
    lights: tuple[Light, ...]
    duty: Duty


@dataclass(frozen=True, slots=True)
class _Deadline:
    case_id: int
    title: str
    customer: str
    due_at: datetime
    look: str


def today(user: User, *, now: datetime) -> Today:
    """The whole page in ten queries."""
    day, until = day_of(now), now + AHEAD
    waiting = seen_cases(user, CaseFilter()).filter(state=CaseState.OPEN)
    missed = waiting.filter(must_at__lt=now).order_by()[:CAP].count()
    ahead = _deadlines(user, now)
    soon = [item for item in ahead if item.due_at < until]
    actions = Action.objects.visible_to(user)
    proposed = list(
        actions.filter(state=ActionState.PROPOSED).order_by().values_list("amount_cents", flat=True)[:CAP]
    )
    unsettled = _unsettled(user)
    rows = rows_of([item.case_id for item in soon[:NEXT_ROWS]], user=user, now=now)
    return Today(
        until=until,
        due=len(soon),
        due_first=soon[0].due_at if soon else None,
        missed=missed,
        proposed=len(proposed),
        proposed_money=sum(1 for cents in proposed if cents),
        unsettled_count=len(unsettled),
        hours=_hours(ahead, now),
        rows=tuple(rows[item.case_id] for item in soon[:NEXT_ROWS] if item.case_id in rows),
        open_today=sum(1 for item in ahead if item.due_at < day.ends_at),
        unsettled=tuple(unsettled[:6]),
        reports=_reports(now),
        lights=_lights(user, now),
        duty=_duty(now),
    )


def _deadlines(user: User, now: datetime) -> list[_Deadline]:
    rows = (
        seen_cases(user, CaseFilter())
        .filter(state=CaseState.OPEN, due_at__gte=now, due_at__lt=now + timedelta(days=3))
        .order_by("due_at", "id")
        .values_list("id", "title", "customer_name", "due_at", "platform_due_at", "claim_cents")[
            :DEADLINES_READ
        ]
    )
    return [
        _Deadline(
            case_id,
            title,
            customer or _("Name unbekannt"),
            due_at,
            "stop" if claim is not None else "platform" if platform == due_at else "house",
        )
        for case_id, title, customer, due_at, platform, claim in rows
        if due_at is not None
    ]


DAY_NAMES = (
    gettext_noop("Montag"), gettext_noop("Dienstag"), gettext_noop("Mittwoch"), gettext_noop("Donnerstag"),
    gettext_noop("Freitag"), gettext_noop("Samstag"), gettext_noop("Sonntag"),
)  # fmt: skip
WEEKDAYS = ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So.")


def _hours(ahead: Sequence[_Deadline], now: datetime, zone: str = "Europe/Berlin") -> tuple[Hour, ...]:
    """The next hours of today, then the two days after it."""
    local = now.astimezone(ZoneInfo(zone))
    piles: dict[str, list[_Deadline]] = {}
    hours = [local.hour + step for step in range(HOURS_SHOWN) if local.hour + step < 24]
    days = [local.date() + timedelta(days=step) for step in (1, 2)]
    for hour in hours:
        piles[f"h{hour}"] = []
    for date in days:
        piles[str(date)] = []
    for item in ahead:
        due = item.due_at.astimezone(ZoneInfo(zone))
        key = f"h{due.hour}" if due.date() == local.date() else str(due.date())
        if due.date() == local.date() and due.hour > hours[-1]:
            continue
        if key in piles:
            piles[key].append(item)
    made = [
        _hour(_("%(n)s Uhr") % {"n": hour}, piles[f"h{hour}"], is_now=hour == local.hour) for hour in hours
    ]
    return (*made, *(_hour(_(WEEKDAYS[date.weekday()]), piles[str(date)], is_day=True) for date in days))


def _hour(title: str, pile: Sequence[_Deadline], *, is_now: bool = False, is_day: bool = False) -> Hour:
    blocks = tuple(Block(i.case_id, i.look, f"{i.customer}: {i.title}") for i in pile[:BLOCKS_SHOWN])
    return Hour(title, is_now, is_day, blocks, len(pile), "danach" if is_day else "heute")


def _unsettled(user: User) -> list[Unsettled]:
    rows = (
        Action.objects.visible_to(user)
        .filter(state__in=(ActionState.UNCLEAR, ActionState.FAILED))
        .order_by("-id")
        .values_list("id", "title", "error", "state", "ended_at", "created_at")[:CAP]
    )
    return [
        Unsettled(
            action_id,
            title,
            error.split("\n")[0][:160]
            or _("Die Gegenseite hat nicht bestätigt. Nicht einfach noch einmal senden."),
            ended_at or created_at,
            state == ActionState.UNCLEAR,
        )
        for action_id, title, error, state, ended_at, created_at in rows
    ]


def _lights(user: User, now: datetime) -> tuple[Light, ...]:
    """One line an account: what its sources last delivered, or since when one fails, and why."""
    accounts = Account.objects.filter(active=True).order_by("title")
    if not user.all_accounts:
        accounts = accounts.filter(pk__in=user.accounts.values("pk"))
    newest = RawBatch.objects.filter(account_id=OuterRef("pk")).order_by("-id").values("received_at")[:1]
    boxes = dict(Mailbox.objects.filter(active=True).values_list("id", "account_id"))
    failing = {
        boxes.get(work.subject_id): work
        for work in Schedule.objects.filter(name="fetch_mail", failing_since__isnull=False)
    }
    return tuple(
        _light(account.pk, account.title, last, failing.get(account.pk), now)
        for account, last in ((account, account.last) for account in accounts.annotate(last=Subquery(newest)))
    )


def _light(pk: int, title: str, last: datetime | None, failing: Schedule | None, now: datetime) -> Light:
    if failing is not None:
        return Light(pk, title, "stop", failing.error or _("Postfach antwortet nicht"), failing.failing_since)
    if last is None:
        return Light(pk, title, "", _("noch nichts gelesen"), None)
    if now - last > SILENT:
        return Light(pk, title, "warn", _("nichts Neues seit"), last)
    return Light(pk, title, "ok", _("zuletzt gelesen"), last)


def _duty(now: datetime) -> Duty:
    rows = list(
        Shift.objects.filter(ends_at__gt=now, starts_at__lt=now + timedelta(days=2))
        .order_by("ends_at")
        .values_list(
            "starts_at", "ends_at", "user_id", "user__first_name", "user__last_name", "user__username"
        )[:60]
    )
    present = {row[2]: person(*row[2:]) for row in rows if row[0] <= now}
    until = max((row[1] for row in rows if row[0] <= now), default=None)
    tomorrow = (now.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=1)).date()
    planned = any(row[0].astimezone(ZoneInfo("Europe/Berlin")).date() == tomorrow for row in rows)
    return Duty(
        tuple(present.values()), until, "" if planned or not rows else _(DAY_NAMES[tomorrow.weekday()])
    )


def _reports(now: datetime) -> tuple[Report, ...]:
    rows = AuditEntry.objects.filter(at__gt=now - REPORTS_SHOWN, verb=REPORTED).order_by("-at")[:3]
    return tuple(Report(row.actor, row.at, row.why) for row in rows)


@transaction.atomic
def report_incident(*, text: str, by: User, now: datetime) -> None:
    """Tell the leads that something goes wrong for many customers. It shows on Heute and stops nothing."""
    record(
        who=by.username,
        what=REPORTED,
        kind="incident",
        object_id=None,
        now=now,
        why=text.strip()[:REPORT_CHARS],
    )


def leads_to_call() -> list[User]:
    return list(
        User.objects.filter(role__in=(Role.LEAD, Role.OWNER), is_active=True).order_by("role", "last_name")
    )
