"""Heute, and the page behind *Störfall melden*."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kulanz.base import clock
from kulanz.cases import today
from kulanz.web import live
from kulanz.web.doors import EVERYBODY, SERVICE, door
from kulanz.web.shell import address_of
from kulanz.web.signin import landing


@door(EVERYBODY)
def page(request: HttpRequest) -> HttpResponse:
    if request.user.role not in SERVICE:
        return redirect(landing(request.user.role))
    now = clock.now()
    shown = today.today(request.user, now=now)
    context = {
        "today": shown,
        "words": words(shown),
        "token": live.list_token(now),
        "approvals_url": address_of("approvals") or "",
        "settings_url": address_of("settings") or "",
    }
    return render(
        request, "today/region.html" if request.headers.get("X-Kulanz-Region") else "today/page.html", context
    )


def words(shown: today.Today) -> str:
    """What waits, in one sentence."""
    parts = [
        ngettext("%(n)d Antwort", "%(n)d Antworten", shown.due) % {"n": shown.due} if shown.due else "",
        ngettext("%(n)d Freigabe", "%(n)d Freigaben", shown.proposed) % {"n": shown.proposed}
        if shown.proposed
        else "",
        ngettext("%(n)d unklare Maßnahme", "%(n)d unklare Maßnahmen", shown.unsettled_count)
        % {"n": shown.unsettled_count}
        if shown.unsettled_count
        else "",
    ]
    parts = [part for part in parts if part]
    if not parts:
        return _("Nichts wartet auf Sie.")
    listed = _(" und ").join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    many = len(parts) > 1 or shown.due + shown.proposed + shown.unsettled_count > 1
    return (_("%(what)s warten auf Sie.") if many else _("%(what)s wartet auf Sie.")) % {"what": listed}


@door(EVERYBODY)
def report_incident(request: HttpRequest) -> HttpResponse:
    """The emergency sheet, and a report to the leads. It has no effect outside and stops nothing by itself."""
    now = clock.now()
    if request.method == "POST":
        if text := request.POST.get("text", "").strip():
            today.report_incident(text=text, by=request.user, now=now)
            messages.success(
                request, _("Gemeldet. Die Leitung sieht es auf Heute. Rufen Sie zusätzlich an, wenn es eilt.")
            )
            return redirect("report_incident")
        messages.error(request, _("Bitte schreiben Sie in einem Satz, was los ist."))
    context = {
        "leads": today.leads_to_call(),
        "approvals_url": address_of("approvals"),
        "halt_url": address_of("policy"),
    }
    return render(request, "today/report.html", context)
