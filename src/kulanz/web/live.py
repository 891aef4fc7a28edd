"""The one cheap address an open page asks every few seconds: is there anything new since what I show?"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse

from kulanz.audit.models import AuditEntry
from kulanz.base import clock, prepared
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
    shape = user.all_accounts
    row = prepared.rows(("live", shape), _version(shape), case_id=case_id, user_id=user.pk)
    if not row:
        return None
    states = "".join(
        f"{pk}{state[0]}" for pk, state in prepared.rows("live actions", _actions, case_id=case_id)
    )
    since = now - timedelta(seconds=presence.LOOKING_SECONDS)
    typed_since = now - timedelta(seconds=presence.TYPING_SECONDS)
    others = prepared.rows("live people", _others, case_id=case_id, user_id=user.pk, since=since)
    people = ".".join(f"{pk}{'t' if typed and typed > typed_since else ''}" for pk, typed in others)
    return f"{row[0][0]}-{row[0][1] or 0}-{states}-{people}"


def _version(all_accounts: bool) -> prepared.Build:
    def build(case_id: int, user_id: int) -> QuerySet[Any, Any]:
        draft = Draft.objects.filter(case_id=OuterRef("pk")).values("version")
        seen = Case.objects.visible_to(User(pk=user_id, all_accounts=all_accounts))
        return seen.filter(pk=case_id).values_list("version", Subquery(draft))

    return build


def _actions(case_id: int) -> QuerySet[Any, Any]:
    found = Action.objects.filter(subject_kind="case", subject_id=case_id)
    return found.order_by("id").values_list("id", "state")


def _others(case_id: int, user_id: int, since: datetime) -> QuerySet[Any, Any]:
    here = Presence.objects.filter(case_id=case_id, seen_at__gt=since).exclude(user_id=user_id)
    return here.order_by("user_id").values_list("user_id", "typed_at")


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
