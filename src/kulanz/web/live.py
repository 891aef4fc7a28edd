"""The one cheap address an open page asks every few seconds: is there anything new since what I show?"""

from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest, HttpResponse

from kulanz.audit.models import AuditEntry
from kulanz.base import clock
from kulanz.cases import presence
from kulanz.cases.models import CaseEntry, Presence
from kulanz.people.models import Role, User

_LIST = (
    f'SELECT (SELECT MAX(id) FROM "{CaseEntry._meta.db_table}"), (SELECT MAX(id) FROM "{AuditEntry._meta.db_table}"),'  # noqa: S608
    f' (SELECT COUNT(*) FROM "{Presence._meta.db_table}" WHERE seen_at > %s)'
)
_OF_HIS_ACCOUNTS = (
    'AND c."account_id" IN (SELECT "account_id" FROM "kulanz_user_accounts" WHERE "user_id" = %s)'
)
_CASE = """
SELECT 'v', c."version", COALESCE((SELECT d."version" FROM "kulanz_draft" d WHERE d."case_id" = c."id"), 0), ''
FROM "kulanz_case" c WHERE c."id" = %s {visible}
UNION ALL SELECT 'a', "id", 0, "state" FROM "kulanz_action" WHERE "subject_kind" = 'case' AND "subject_id" = %s
UNION ALL SELECT 'p', "user_id", CASE WHEN "typed_at" > %s THEN 1 ELSE 0 END, ''
FROM "kulanz_presence" WHERE "case_id" = %s AND "seen_at" > %s AND "user_id" <> %s
"""
LARGEST_ID = 2**63 - 1
"""SQLite refuses to compare with more."""
_SERVICE = frozenset({Role.AGENT, Role.LEAD, Role.OWNER})


def list_token(now: datetime) -> str:
    """What changes with every message, note, decision and visitor: three numbers, no content."""
    with connection.cursor() as cursor:
        since = connection.ops.adapt_datetimefield_value(now - timedelta(seconds=presence.LOOKING_SECONDS))
        cursor.execute(_LIST, [since])
        return "-".join(str(number or 0) for number in cursor.fetchone())


def case_token(case_id: int, *, user: User, now: datetime) -> str | None:
    """The same for one case: its version, its draft, what becomes of its replies, who is here. None for strangers."""
    adapt = connection.ops.adapt_datetimefield_value
    since = adapt(now - timedelta(seconds=presence.LOOKING_SECONDS))
    typed_since = adapt(now - timedelta(seconds=presence.TYPING_SECONDS))
    seen = [case_id] if user.all_accounts else [case_id, user.pk]
    with connection.cursor() as cursor:
        cursor.execute(
            _CASE.format(visible="" if user.all_accounts else _OF_HIS_ACCOUNTS),
            [*seen, case_id, typed_since, case_id, since, user.pk],
        )
        rows = cursor.fetchall()
    version = next((f"{number}-{draft}" for what, number, draft, _ in rows if what == "v"), None)
    if version is None:
        return None
    states = "".join(f"{pk}{state[0]}" for what, pk, _, state in sorted(rows) if what == "a")
    people = ".".join(f"{pk}{'t' if typing else ''}" for what, pk, typing, _ in sorted(rows) if what == "p")
    return f"{version}-{states}-{people}"


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
    if case_id > LARGEST_ID:
        return HttpResponse(status=404)
    now = clock.now()
    if "hier" in request.GET:
        presence.here(case_id, user=request.user, now=now, typing="tippt" in request.GET)
    token = case_token(case_id, user=request.user, now=now)
    if token is None:
        return HttpResponse(status=404)
    return HttpResponse(status=204) if token == request.GET.get("seit") else HttpResponse(token, "text/plain")
