"""The one cheap address an open page asks every few seconds: is there anything new since what I show?"""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse

from kulanz.audit.models import AuditEntry
from kulanz.base import clock
from kulanz.cases import presence
from kulanz.cases.models import Case, CaseEntry, Draft, Presence
from kulanz.outbox.models import Action
from kulanz.people.models import Role, User

_LIST = (
    f'SELECT (SELECT MAX(id) FROM "{CaseEntry._meta.db_table}"), (SELECT MAX(id) FROM "{AuditEntry._meta.db_table}"),'  # noqa: S608
    f' (SELECT COUNT(*) FROM "{Presence._meta.db_table}" WHERE seen_at > %s)'
)
_SERVICE = frozenset({Role.AGENT, Role.LEAD, Role.OWNER})


def list_token(now: datetime) -> str:
    """What changes with every message, note, decision and visitor: three numbers, no content."""
    with connection.cursor() as cursor:
        since = connection.ops.adapt_datetimefield_value(now - timedelta(seconds=presence.LOOKING_SECONDS))
        cursor.execute(_LIST, [since])
        return "-".join(str(number or 0) for number in cursor.fetchone())


def case_token(case_id: int, *, user: User, now: datetime) -> str | None:
    """The same for one case: its version, its draft, what becomes of its replies, who is here. None for strangers."""
    draft = Draft.objects.filter(case_id=OuterRef("pk")).values("version")
    row = Case.objects.visible_to(user).filter(pk=case_id).values_list("version", Subquery(draft)).first()
    if row is None:
        return None
    actions = Action.objects.filter(subject_kind="case", subject_id=case_id).order_by("id")
    states = "".join(f"{pk}{state[0]}" for pk, state in actions.values_list("id", "state"))
    people = ".".join(
        f"{p.user_id}{'t' if p.typing else ''}" for p in presence.others(case_id, user=user, now=now)
    )
    return f"{row[0]}-{row[1] or 0}-{states}-{people}"


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Plain answers, so that an open page says it is signed out instead of showing the sign-in inside itself."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    if request.user.role not in _SERVICE:
        return HttpResponse(status=403)
    return None


def lists(request: HttpRequest) -> HttpResponse:
    """204 when Heute and Fälle show the newest, else the new token."""
    if refused := _refused(request):
        return refused
    token = list_token(clock.now())
    return HttpResponse(status=204) if token == request.GET.get("seit") else HttpResponse(token, "text/plain")


def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The same for one case; every third asking says that its reader is still here."""
    if refused := _refused(request):
        return refused
    now = clock.now()
    if "hier" in request.GET:
        presence.here(case_id, user=request.user, now=now, typing="tippt" in request.GET)
    token = case_token(case_id, user=request.user, now=now)
    if token is None:
        return HttpResponse(status=404)
    return HttpResponse(status=204) if token == request.GET.get("seit") else HttpResponse(token, "text/plain")
