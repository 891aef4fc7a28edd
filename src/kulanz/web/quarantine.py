"""Nicht lesbar: records no parser could read, read again after the mend or dismissed with a reason."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.intake import quarantine
from kulanz.intake.models import RawState
from kulanz.web.doors import LEADS, door
from kulanz.web.export import EXPORT_ROWS, csv_response
from kulanz.web.forms import read_number
from kulanz.web.settings_menu import settings_page
from kulanz.web.sources import source_name


@require_GET
@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    account_id, source = read_number(request.GET.get("konto")), request.GET.get("quelle", "")[:40]
    rows = quarantine.rows(
        request.user,
        account_id=account_id,
        source=source,
        after=read_number(request.GET.get("ab")),
        limit=quarantine.PAGE_ROWS + 1,
    )
    shown = rows[: quarantine.PAGE_ROWS]
    given = {"konto": account_id, "quelle": source}
    context = {
        "rows": [(row, source_name(row.source)) for row in shown],
        "counts": [(count, source_name(count.source)) for count in quarantine.counts(request.user)],
        "following": shown[-1].id if len(rows) > len(shown) else None,
        "filters": urlencode({name: value for name, value in given.items() if value}),
        "account_id": account_id,
        "source": source,
    }
    return settings_page(request, "quarantine/page.html", context)


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    rows = quarantine.rows(
        request.user,
        account_id=read_number(request.GET.get("konto")),
        source=request.GET.get("quelle", "")[:40],
        limit=EXPORT_ROWS + 1,
    )
    header = [
        _("Konto"),
        _("Quelle"),
        _("Datei"),
        _("Zeile"),
        _("Schlüssel"),
        _("Grund"),
        _("Eingang"),
        _("Versuche"),
    ]
    lines = (
        (r.account, source_name(r.source), r.file, r.line, r.key, r.error, r.received_at, r.attempts)
        for r in rows
    )
    return csv_response("nicht-lesbar", header, lines)


@require_GET
@door(LEADS)
def record(request: HttpRequest, record_id: int) -> HttpResponse:
    shown = quarantine.show(record_id, user=request.user)
    if shown is None:
        raise Http404
    waits = shown.state == RawState.QUARANTINED
    context = {"shown": shown, "source": source_name(shown.row.source), "waits": waits}
    return settings_page(request, "quarantine/record.html", context)


@require_POST
@door(LEADS)
def replay(request: HttpRequest, record_id: int) -> HttpResponse:
    try:
        quarantine.replay(record_id, by=request.user, now=clock.now())
    except quarantine.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Der Satz wird gleich noch einmal gelesen."))
    return redirect("quarantine")


@require_POST
@door(LEADS)
def replay_source(request: HttpRequest) -> HttpResponse:
    account_id = read_number(request.POST.get("konto"))
    if account_id is None:
        raise Http404
    number = quarantine.replay_source(
        account_id=account_id, source=request.POST.get("quelle", ""), by=request.user, now=clock.now()
    )
    said = ngettext("%(n)s Satz wird noch einmal gelesen.", "%(n)s Sätze werden noch einmal gelesen.", number)
    messages.success(request, said % {"n": number})
    return redirect("quarantine")


@require_POST
@door(LEADS)
def dismiss(request: HttpRequest, record_id: int) -> HttpResponse:
    try:
        quarantine.dismiss(record_id, why=request.POST.get("grund", ""), by=request.user, now=clock.now())
    except quarantine.NotPossible as refused:
        messages.error(request, str(refused))
        return redirect("quarantine_record", record_id)
    messages.success(request, _("Verworfen. Der Satz bleibt aufgehoben, aber niemand liest ihn mehr."))
    return redirect("quarantine")


urlpatterns = [
    path("einstellungen/nicht-lesbar/", page, name="quarantine"),
    path("einstellungen/nicht-lesbar/csv/", export, name="quarantine_export"),
    path("einstellungen/nicht-lesbar/alle/", replay_source, name="quarantine_replay_source"),
    path("einstellungen/nicht-lesbar/<int:record_id>/", record, name="quarantine_record"),
    path("einstellungen/nicht-lesbar/<int:record_id>/lesen/", replay, name="quarantine_replay"),
    path("einstellungen/nicht-lesbar/<int:record_id>/verwerfen/", dismiss, name="quarantine_dismiss"),
]
