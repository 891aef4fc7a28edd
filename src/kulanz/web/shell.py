"""What every page's frame shows: navigation with counts, who is signed in, the clock."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kulanz.base import clock
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


def waiting_cases(user: User) -> int:
    """Open cases this user may see, counted up to the cap."""
    if not user.answers:
        return 0
    return Case.objects.visible_to(user).filter(state=CaseState.OPEN).order_by()[:CAP].count()


def waiting_approvals(user: User) -> int:
    """Proposals, tasks by hand, unclear and failed ones, as far as the role sees their kind."""
    return for_a_person(user).order_by()[:CAP].count()


def _navigation(user: User, path: str) -> list[Entry]:
    counts = {"cases": waiting_cases, "approvals": waiting_approvals}
    entries = []
    for place in PLACES:
        url = _url(place.url_name)
        if url is None or user.role not in place.roles:
            continue
        current = path == url if url == "/" else path.startswith(url)
        count = counts[place.url_name](user) if place.url_name in counts else 0
        entries.append(Entry(gettext(place.title), place.icon, url, current, place.apart, count))
    return entries


def _on_duty_until(user: User, now: datetime) -> datetime | None:
    shift = Shift.objects.filter(user=user, starts_at__lte=now, ends_at__gt=now).order_by("-ends_at").first()
    return shift.ends_at if shift else None


def _halt() -> Halt | None:
    return Halt.objects.filter(ended_at=None).order_by("since").first()


def shell(request: HttpRequest) -> dict[str, object]:
    """For base.html; each part is looked up only when a template asks for it."""
    now = clock.now()
    context: dict[str, object] = {"now": now, "is_demo": settings.IS_DEMO}
    user = getattr(request, "user", None)
    if isinstance(user, User | SimpleLazyObject) and user.is_authenticated:
        context["nav"] = SimpleLazyObject(partial(_navigation, user, request.path))
        context["on_duty_until"] = partial(_on_duty_until, user, now)
        context["profile_url"] = _url("settings") or _url("mfa_index")
        context["search_url"] = _url("search")
        context["halt"] = SimpleLazyObject(_halt)
    return context
