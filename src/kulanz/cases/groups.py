"""The groups of the queue: which case stands where now, and in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from kulanz.cases.models import CaseState

CAP = 1000
"""Counting stops here; the page says "1.000+"."""
PAGE_ROWS = 50
NEXT_LOOKED_AT = 30
"""Cases of each group that are tried for the next one."""
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
            monday = day.weekend_ends_at or day.ends_at
            return live & Q(due_at__gte=day.ends_at, platform_due_at__lt=monday, due_at__lt=monday)
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
