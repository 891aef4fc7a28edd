"""Protokoll: who did what and when, with the place in the chain."""

import json
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kulanz.audit import reading
from kulanz.people.models import User
from kulanz.web.doors import LEADS, door
from kulanz.web.export import EXPORT_ROWS, csv_response
from kulanz.web.forms import read_number
from kulanz.web.settings_menu import settings_page
from kulanz.web.verb_names import field_name, object_name, state_name, verb_name

HIDDEN = frozenset({"key"})
"""Names that tell a person nothing; the export has them."""
VALUE_CHARS = 200
"""Of one value in the list; the export has 2,000."""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _wanted(given: QueryDict) -> reading.Wanted:
    since, until = _day(given.get("von", "")), _day(given.get("bis", ""))
    return reading.Wanted(
        actor=given.get("wer", "").strip()[:150],
        verb=given.get("was", "")[:60],
        object_kind=given.get("woran", "")[:40],
        object_id=read_number(given.get("nummer")),
        since=_midnight(since),
        until=_midnight(until + timedelta(days=1)) if until else None,
    )


def _guard(request: HttpRequest) -> None:
    if not request.user.all_accounts:
        raise PermissionDenied(_("Das Protokoll nennt alle Konten; es sieht nur, wer alle Konten sieht."))


@require_GET
@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    _guard(request)
    rows = reading.lines(
        _wanted(request.GET), after=read_number(request.GET.get("ab")), limit=reading.PAGE_ROWS + 1
    )
    shown, people = rows[: reading.PAGE_ROWS], _people()
    given = {name: request.GET.get(name, "") for name in ("wer", "was", "woran", "nummer", "von", "bis")}
    context = {
        "rows": [_shown(line, people) for line in shown],
        "following": shown[-1].id if len(rows) > len(shown) else None,
        "filters": urlencode({name: value for name, value in given.items() if value}),
        "given": given,
        "verbs": [(verb, verb_name(verb)) for verb in reading.verbs()],
        "chain": reading.chain(),
    }
    return settings_page(request, "audit/page.html", context)


def _people() -> dict[int, str]:
    return {user.pk: user.display_name for user in User.objects.all()}


def _shown(line: reading.Line, people: dict[int, str]) -> dict[str, object]:
    return {
        "line": line,
        "verb": verb_name(line.verb),
        "object": object_name(line.object_kind, line.object_id),
        "differences": [
            (field_name(d.name), _value(d.name, d.before, people), _value(d.name, d.after, people))
            for d in line.differences
            if d.name not in HIDDEN
        ],
    }


def _value(name: str, value: object, people: dict[int, str]) -> str:
    """A state in its German words, a person by name, a moment as a clock shows it, everything else as it reads."""
    if name == "state" and isinstance(value, str):
        return state_name(value)
    if name == "assignee_id" and isinstance(value, int):
        return people.get(value, str(value))
    if name.endswith("_at") and isinstance(value, str) and (at := parse_datetime(value)):
        return timezone.localtime(at).strftime("%d.%m.%Y %H:%M")
    return readable(value)[:VALUE_CHARS]


def readable(value: object) -> str:
    """A JSON value as people read it."""
    match value:
        case None:
            return "–"
        case bool():
            return _("ja") if value else _("nein")
        case list():
            return ", ".join(readable(part) for part in value) or "–"
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            return str(value) or "–"


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    _guard(request)
    header = [_("Siegel"), _("Wann"), _("Wer"), _("Was"), _("Woran"), _("Warum"), _("Vorher und nachher")]
    lines = (
        (
            line.seal,
            line.at,
            line.actor,
            verb_name(line.verb),
            object_name(line.object_kind, line.object_id),
            line.why,
            "; ".join(f"{d.name}: {readable(d.before)} → {readable(d.after)}" for d in line.differences)[
                :2000
            ],
        )
        for line in reading.lines(_wanted(request.GET), limit=EXPORT_ROWS + 1)
    )
    return csv_response("protokoll", header, lines)


urlpatterns = [
    path("einstellungen/protokoll/", page, name="audit"),
    path("einstellungen/protokoll/csv/", export, name="audit_export"),
]
