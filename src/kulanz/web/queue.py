"""Fälle: the queue, one group's pages, the next case, many cases at once."""

import math
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from kulanz.base import clock
from kulanz.base.money import euro
from kulanz.cases import queue, verbs
from kulanz.facts.models import Account
from kulanz.people.models import Role, User
from kulanz.web import live
from kulanz.web.doors import SERVICE, door
from kulanz.web.export import csv_response

MARKED = 500
"""Cases changed with one press."""


def wanted(query: QueryDict) -> queue.Filter:
    """The filter as the address has it; what it cannot read it leaves out."""
    return queue.Filter(
        mine="meine" in query,
        unassigned="ohne" in query,
        channel=query.get("kanal", "")[:20],
        account_id=number(query.get("konto")),
    )


def number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def address(chosen: queue.Filter) -> str:
    """The filter as an address has it, with its question mark."""
    parts: dict[str, object] = {}
    if chosen.mine:
        parts["meine"] = 1
    if chosen.unassigned:
        parts["ohne"] = 1
    if chosen.channel:
        parts["kanal"] = chosen.channel
    if chosen.account_id:
        parts["konto"] = chosen.account_id
    return f"?{urlencode(parts)}" if parts else ""


def accounts_of(user: User) -> list[tuple[int, str]]:
    """Accounts the user may see, for the filter."""
    found = Account.objects.filter(active=True)
    if not user.all_accounts:
        found = found.filter(pk__in=user.accounts.values("pk"))
    return list(found.exclude(channel="wawi").order_by("title").values_list("pk", "title"))


@door(SERVICE)
def page(request: HttpRequest) -> HttpResponse:
    chosen, now = wanted(request.GET), clock.now()
    accounts = accounts_of(request.user)
    context = {
        "queue": queue.queue(request.user, chosen, now=now),
        "chosen": chosen,
        "query": address(chosen),
        "accounts": accounts,
        "account_title": dict(accounts).get(chosen.account_id or 0, ""),
        "token": live.list_token(now),
        "colleagues": colleagues,
        "undo": undoable(request, now),
    }
    return render(
        request,
        "cases/region.html" if request.headers.get("X-Kulanz-Region") else "cases/queue.html",
        context,
    )


@door(SERVICE)
def group(request: HttpRequest, name: str) -> HttpResponse:
    chosen, now = wanted(request.GET), clock.now()
    try:
        found = queue.group_page(
            request.user, chosen, queue.Group(name), now=now, after=request.GET.get("nach", "")
        )
    except ValueError as error:
        raise Http404 from error
    context = {
        "found": found,
        "chosen": chosen,
        "query": address(chosen),
        "join": "&" if address(chosen) else "?",
        "token": live.list_token(now),
        "colleagues": colleagues,
        "undo": undoable(request, now),
    }
    return render(request, "cases/group.html", context)


@door(SERVICE)
def following(request: HttpRequest) -> HttpResponse:
    """The next case to answer; the queue when none is left."""
    now, user = clock.now(), request.user
    after, but = (number(request.GET.get(name)) for name in ("nach", "ausser"))
    case_id = queue.next_case(user, now=now, after=after, but=but)
    if case_id is None:
        messages.success(request, _("Nichts mehr offen, das auf Sie wartet."))
        return redirect("cases")
    return redirect("case", case_id)


@door(SERVICE)
def export(request: HttpRequest) -> HttpResponseBase:
    rows = queue.export(request.user, wanted(request.GET), now=clock.now())
    header = (
        _("Fall"), _("Konto"), _("Kunde"), _("Bestellung"), _("Betreff"), _("Zustand"), _("Frist"), _("Uhren"),
        _("Betrag"), _("Bearbeiter"),
    )  # fmt: skip
    return csv_response("faelle", header, (_cells(row) for row in rows))


def _cells(row: queue.QueueRow) -> tuple[object, ...]:
    return (
        row.id,
        row.account,
        row.customer,
        row.order_number,
        row.title,
        row.state,
        row.due_at,
        " · ".join(reading.text for reading in row.clocks),
        euro(row.claim_cents) if row.claim_cents is not None else "",
        row.assignee.name if row.assignee else "",
    )


def colleagues() -> Iterable[User]:
    """Whom a case can be given to; asked only when a template shows the list."""
    return User.objects.filter(is_active=True, role__in=(Role.AGENT, Role.LEAD, Role.OWNER)).order_by(
        "last_name", "first_name", "username"
    )


@door(SERVICE)
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Assign or close the marked cases; the bar after it takes that back."""
    ids = [pk for text in request.POST.getlist("fall")[:MARKED] if (pk := number(text)) is not None]
    now, back = clock.now(), request.POST.get("zurueck", "")
    try:
        _change(request, ids, now)
    except verbs.NotPossible as error:
        messages.error(request, str(error))
    return redirect(back if back.startswith("/faelle/") else "/faelle/")


def _change(request: HttpRequest, ids: list[int], now: datetime) -> None:
    if not ids:
        raise verbs.NotPossible(_("Es ist kein Fall gewählt."))
    match request.POST.get("was"):
        case "schliessen":
            done = verbs.close_many(ids, by=request.user, now=now)
            said = ngettext("%(n)d Fall geschlossen", "%(n)d Fälle geschlossen", len(ids))
        case "zuweisen":
            to = colleagues().filter(pk=number(request.POST.get("an"))).first()
            done = verbs.assign_many(ids, to=to, by=request.user, now=now)
            said = ngettext("%(n)d Fall zugewiesen", "%(n)d Fälle zugewiesen", len(ids))
        case _:
            raise verbs.NotPossible(_("Das gibt es nicht."))
    back = [one.as_text() for one in done]
    request.session["undo"] = {"said": said % {"n": len(ids)}, "at": now.timestamp(), "back": back}


def undoable(request: HttpRequest, now: datetime) -> dict[str, object] | None:
    """What can still be taken back, with the seconds that are left."""
    kept = request.session.get("undo")
    left = settings.UNDO_SECONDS - (now.timestamp() - kept["at"]) if kept else 0
    return {"said": kept["said"], "left": math.ceil(left)} if left > 0 else None


@door(SERVICE)
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """The last change of many cases, all or none."""
    kept = request.session.pop("undo", None)
    try:
        if kept is None:
            raise verbs.NotPossible(_("Es gibt nichts zurückzuholen."))
        done = [verbs.Undo.from_text(text) for text in kept["back"]]
        verbs.undo_many(done, by=request.user, now=clock.now())
        said = ngettext("%(n)d Fall ist wieder wie vorher.", "%(n)d Fälle sind wieder wie vorher.", len(done))
        messages.success(request, said % {"n": len(done)})
    except verbs.NotPossible as error:
        messages.error(request, str(error))
    return redirect("cases")
