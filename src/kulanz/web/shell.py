"""What every page's frame shows: navigation with counts, who is signed in, the clock."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kulanz.base import clock, prepared
from kulanz.cases.models import Case, CaseState
from kulanz.outbox.models import Halt
from kulanz.outbox.waiting import for_a_person
from kulanz.people.models import Role, Shift, User
from kulanz.web.tags import CAP

SERVICE = frozenset({Role.AGENT, Role.LEAD, Role.OWNER})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the rail. Pages without a source yet have no line."""

    url_name: str
    title: str
    icon: str
    roles: frozenset[Role]
    apart: bool = False


PLACES = (
    Place("home", _("Heute"), "today", SERVICE),
    Place("cases", _("Fälle"), "cases", SERVICE),
    Place("approvals", _("Freigaben"), "approvals", EVERYBODY),
    Place("orders", _("Bestellungen"), "orders", EVERYBODY),
    Place("settings", _("Einstellungen"), "settings", EVERYBODY, apart=True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    icon: str
    url: str
    current: bool
    apart: bool
    count: int


def address_of(name: str, *args: object) -> str | None:
    """None for a page that does not exist yet."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


_url = lru_cache(maxsize=32)(address_of)


def _waiting(user: User) -> dict[str, prepared.Build]:
    """Open cases, and actions that stand still until a person decides or does them; each up to the cap."""
    return {"approvals": _approvals(user)} | ({"cases": _open_cases(user)} if user.answers else {})


def _open_cases(user: User) -> prepared.Build:
    def build(user_id: int, now: datetime) -> QuerySet[Any, Any]:
        seen = Case.objects.visible_to(User(pk=user_id, all_accounts=user.all_accounts))
        return seen.filter(state=CaseState.OPEN).order_by().values("id")[:CAP]

    return build


def _approvals(user: User) -> prepared.Build:
    """Proposals, tasks by hand, unclear and failed ones, as far as the role sees their kind."""

    def build(user_id: int, now: datetime) -> QuerySet[Any, Any]:
        somebody = User(pk=user_id, all_accounts=user.all_accounts, role=user.role)
        return for_a_person(somebody).order_by().values("id")[:CAP]

    return build


def _navigation(user: User, path: str, frame: "_Frame") -> list[Entry]:
    counts = frame.waiting
    entries = []
    for place in PLACES:
        url = _url(place.url_name)
        if url is None or user.role not in place.roles:
            continue
        current = path == url if url == "/" else path.startswith(url)
        entries.append(
            Entry(gettext(place.title), place.icon, url, current, place.apart, counts.get(place.url_name, 0))
        )
    return entries


def _shift_end(user_id: int, now: datetime) -> QuerySet[Any, Any]:
    own = Shift.objects.filter(user_id=user_id, starts_at__lte=now, ends_at__gt=now)
    return own.order_by("-ends_at").values_list("ends_at")[:1]


def _standing_halt(user_id: int, now: datetime) -> QuerySet[Any, Any]:
    return Halt.objects.filter(ended_at=None).order_by("since").values_list("id")[:1]


class _Frame:
    """Looked up once a page, and only when its template asks."""

    def __init__(self, user: User, now: datetime) -> None:
        self._user, self._now = user, now

    @cached_property
    def _found(self) -> list[Any]:
        builds = [("shift", _shift_end), ("halt", _standing_halt)]
        key = ("frame", self._user.all_accounts, self._user.role)
        counted = list(_waiting(self._user).items())
        return prepared.scalars(key, builds, counted, user_id=self._user.pk, now=self._now)

    @property
    def waiting(self) -> dict[str, int]:
        return dict(zip(_waiting(self._user), self._found[2:], strict=True))

    @property
    def on_duty_until(self) -> datetime | None:
        ends_at: datetime | None = self._found[0]
        return ends_at

    @cached_property
    def halt(self) -> Halt | None:
        return Halt.objects.filter(pk=self._found[1]).first() if self._found[1] else None


def shell(request: HttpRequest) -> dict[str, object]:
    """For base.html; each part is looked up only when a template asks for it."""
    now = clock.now()
    context: dict[str, object] = {"now": now, "is_demo": settings.IS_DEMO}
    user = getattr(request, "user", None)
    if isinstance(user, User | SimpleLazyObject) and user.is_authenticated:
        context["frame"] = frame = _Frame(user, now)
        context["nav"] = SimpleLazyObject(partial(_navigation, user, request.path, frame))
        context["profile_url"] = _url("settings") or _url("mfa_index")
        context["search_url"] = _url("search")
    return context
