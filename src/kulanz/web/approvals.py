"""Freigaben: what waits for a word or a hand, what is unclear or failed, and what has ended."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.facts.orders import visible_accounts
from kulanz.outbox import handing, verbs, waiting
from kulanz.outbox.models import ActionKind, Way
from kulanz.people.models import User
from kulanz.replies.send import take_back
from kulanz.web.asks import GROUP_NAMES, KIND_NAMES, ask
from kulanz.web.doors import EVERYBODY, door
from kulanz.web.export import EXPORT_ROWS, amount, csv_response
from kulanz.web.forms import read_number

TOGETHER_ROWS = 100
"""Approved by one click; each is its own transaction, so that one refusal holds up no other."""


def read_filter(given: QueryDict) -> waiting.ActionFilter:
    """The filter in the address; what is no valid value is no filter."""
    account = given.get("konto", "")
    kind = given.get("art", "")
    show = given.get("zeige", "")
    return waiting.ActionFilter(
        account_id=int(account) if account.isdecimal() and len(account) < 19 else None,
        kind=kind if kind in ActionKind.values else "",
        with_money=show == "geld",
        by_hand=show == "hand",
    )


def address_with(given: QueryDict, *names: str) -> str:
    """The named parameters of the present address, as the beginning of another one."""
    kept = [(name, value) for name in names for value in given.getlist(name)[:1] if value]
    return urlencode(kept)


@require_GET
@door(EVERYBODY)
def page(request: HttpRequest) -> HttpResponse:
    now, wanted = clock.now(), read_filter(request.GET)
    groups = waiting.overview(request.user, wanted)
    chosen_id = read_number(request.GET.get("wahl"))
    if chosen_id is None:
        chosen_id = next((row.id for group in groups for row in group.rows), None)
    chosen = waiting.choose(chosen_id, request.user) if chosen_id is not None else None
    return render(
        request,
        "approvals/page.html",
        {
            "groups": [_group(group.group, group.rows, group.count, now) for group in groups],
            "totals": waiting.totals(request.user),
            "filters": address_with(request.GET, "zeige", "konto", "art"),
            "show": request.GET.get("zeige", ""),
            "wanted": wanted,
            "accounts": visible_accounts(request.user),
            "kinds": _kinds(request.user),
            **_of_chosen(chosen, request.user, now),
        },
    )


def _group(group: waiting.Group, rows: tuple[waiting.ActionRow, ...], count: int, now: datetime) -> dict:
    title, hint = GROUP_NAMES[group]
    asks = [ask(row, now) for row in rows]
    return {
        "key": group.value,
        "title": _(title),
        "hint": _(hint),
        "asks": asks,
        "count": count,
        "more": count - len(rows),
        "approvable": any(a.approvable for a in asks),
    }


def _kinds(user: User) -> list[tuple[str, str]]:
    seen = waiting.kinds_for(user)
    return [(kind.value, _(name)) for kind, name in KIND_NAMES.items() if kind in seen]


def _of_chosen(chosen: waiting.Chosen | None, user: User, now: datetime) -> dict[str, object]:
    if chosen is None:
        return {"chosen": None}
    colleagues: list[User] = []
    if chosen.row.way == Way.HAND:
        colleagues = list(
            User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("first_name", "username")
        )
    return {
        "chosen": chosen,
        "chosen_ask": ask(chosen.row, now),
        "subject": _subject(chosen, user),
        "colleagues": colleagues,
    }


def _subject(chosen: waiting.Chosen, user: User) -> tuple[str, str] | None:
    """Title and address of what the action is about."""
    if chosen.subject_id is None:
        return None
    if chosen.subject_kind == "order":
        return _("Bestellung ansehen"), reverse("order", args=[chosen.subject_id])
    if chosen.subject_kind == "case" and user.answers:
        return _("Fall %(n)s ansehen") % {"n": chosen.subject_id}, reverse("case", args=[chosen.subject_id])
    return None


@require_GET
@door(EVERYBODY)
def group(request: HttpRequest, name: str) -> HttpResponse:
    """A whole group, page by page."""
    try:
        wanted_group = waiting.Group(name)
    except ValueError:
        raise Http404 from None
    wanted, after = read_filter(request.GET), read_number(request.GET.get("ab")) or 0
    rows = waiting.one_group(request.user, wanted, wanted_group, after=after, limit=waiting.PAGE_ROWS + 1)
    shown = rows[: waiting.PAGE_ROWS]
    shaped = _group(wanted_group, tuple(shown), len(shown), clock.now())
    filters = address_with(request.GET, "zeige", "konto", "art")
    following = shown[-1].id if len(rows) > len(shown) else None
    return render(
        request, "approvals/group.html", {"group": shaped, "filters": filters, "following": following}
    )


@require_GET
@door(EVERYBODY)
def history(request: HttpRequest) -> HttpResponse:
    wanted, before = read_filter(request.GET), read_number(request.GET.get("vor"))
    rows = waiting.history(request.user, wanted, before=before, limit=waiting.PAGE_ROWS + 1)
    shown, now = rows[: waiting.PAGE_ROWS], clock.now()
    return render(
        request,
        "approvals/history.html",
        {
            "asks": [ask(row, now) for row in shown],
            "following": shown[-1].id if len(rows) > len(shown) else None,
            "filters": address_with(request.GET, "konto", "art"),
            "wanted": wanted,
            "accounts": visible_accounts(request.user),
            "kinds": _kinds(request.user),
        },
    )


@require_GET
@door(EVERYBODY)
def export(request: HttpRequest) -> HttpResponse:
    """What waits, or with `verlauf=1` what has ended, as the filter says."""
    wanted, now = read_filter(request.GET), clock.now()
    ended = request.GET.get("verlauf") == "1"
    read = waiting.history if ended else waiting.waiting_rows
    rows = read(request.user, wanted, limit=EXPORT_ROWS + 1)
    header = [
        _("Nummer"), _("Was"), _("Warum"), _("Art"), _("Weg"), _("Stand"), _("Konto"), _("Betrag"), _("Fällig"),
        _("Vorgeschlagen"), _("von"), _("Entschieden von"), _("Beendet"), _("Nachweis"),
    ]  # fmt: skip
    lines = (
        (
            row.id, row.title, shaped.second, shaped.kind, shaped.way, shaped.state, row.account,
            amount(row.amount_cents), row.due_at, row.created_at, row.proposed_by, row.decided_by, row.ended_at,
            row.proof,
        )
        for row in rows
        for shaped in (ask(row, now),)
    )  # fmt: skip
    return csv_response("freigaben-verlauf" if ended else "freigaben", header, lines)


def _back(request: HttpRequest, chosen: int | None = None) -> HttpResponseRedirect:
    """To the page the form stood on, if it is one of ours."""
    target = request.POST.get("zurueck", "")
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    if not ours or not target.startswith("/"):
        target = reverse("approvals") + (f"?wahl={chosen}" if chosen else "")
    return HttpResponseRedirect(target)


def _approve(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    chosen = waiting.choose(action_id, by)
    delay = settings.UNDO_SECONDS if chosen and chosen.row.way == Way.MAIL else 0
    action = verbs.approve(action_id, by=by, now=now, delay_seconds=delay)
    if action.way == Way.HAND:
        return _("Freigegeben: „%(title)s“ liegt jetzt unter „Von Hand“.") % {"title": action.title}
    return _("Freigegeben: „%(title)s“.") % {"title": action.title}


def _reject(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = verbs.reject(action_id, by=by, now=now, why=given.get("grund", ""))
    return _("Abgelehnt: „%(title)s“. Kulanz schlägt es nicht noch einmal vor.") % {"title": action.title}


def _withdraw(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = take_back(action_id, by=by, now=now)
    return _("Zurückgeholt: „%(title)s“. Es ist nichts hinausgegangen.") % {"title": action.title}


def _again(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = verbs.approve_again(action_id, by=by, now=now)
    return _("„%(title)s“ geht noch einmal hinaus.") % {"title": action.title}


def _arrived(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = verbs.confirm_sent(action_id, by=by, now=now, proof=given.get("nachweis", ""))
    return _("„%(title)s“ ist angekommen und erledigt.") % {"title": action.title}


def _tick(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    step = read_number(given.get("schritt"))
    verbs.tick_step(action_id, step=-1 if step is None else step, by=by, now=now)
    return ""


def _done(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = verbs.done_by_hand(action_id, by=by, now=now, proof=given.get("nachweis", ""))
    return _("Erledigt: „%(title)s“, vermerkt mit Ihrem Namen und der Uhrzeit.") % {"title": action.title}


def _cannot(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = verbs.cannot(action_id, by=by, now=now, why=given.get("grund", ""))
    return _("Vermerkt, dass es nicht geht: „%(title)s“.") % {"title": action.title}


def _hand_over(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = handing.hand_over(action_id, to_id=read_number(given.get("an")), by=by, now=now)
    if action.assignee is None:
        return _("„%(title)s“ ist wieder für alle da.") % {"title": action.title}
    return _("„%(title)s“ liegt jetzt bei %(name)s.") % {
        "title": action.title,
        "name": action.assignee.display_name,
    }


def _give_up(action_id: int, by: User, now: datetime, given: QueryDict) -> str:
    action = handing.give_up(action_id, by=by, now=now, why=given.get("grund", ""))
    return _("„%(title)s“ geht nicht noch einmal hinaus.") % {"title": action.title}


DEEDS: dict[str, Callable[[int, User, datetime, QueryDict], str]] = {
    "freigeben": _approve,
    "ablehnen": _reject,
    "zurueckholen": _withdraw,
    "noch-einmal": _again,
    "angekommen": _arrived,
    "schritt": _tick,
    "erledigt": _done,
    "geht-nicht": _cannot,
    "uebergeben": _hand_over,
    "aufgeben": _give_up,
}


@require_POST
@door(EVERYBODY)
def deed(request: HttpRequest, action_id: int, name: str) -> HttpResponse:
    """One verb for one action; the role decides first which kinds a user may touch at all."""
    if name not in DEEDS or not waiting.seen_by(request.user).filter(pk=action_id).exists():
        raise Http404
    try:
        said = DEEDS[name](action_id, request.user, clock.now(), request.POST)
    except verbs.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        if said:
            messages.success(request, said)
    return _back(request, action_id)


@require_POST
@door(EVERYBODY)
def together(request: HttpRequest) -> HttpResponse:
    """Approve all that are marked; whatever cannot be approved is named, the rest goes."""
    now, approved, refused = clock.now(), 0, []
    ids = [number for text in request.POST.getlist("marke") if (number := read_number(text)) is not None]
    for action_id in ids[:TOGETHER_ROWS]:
        if not waiting.seen_by(request.user).filter(pk=action_id).exists():
            continue
        try:
            _approve(action_id, request.user, now, request.POST)
            approved += 1
        except verbs.NotPossible as why:
            refused.append(str(why))
    if approved:
        said = ngettext("%(n)s Vorschlag freigegeben.", "%(n)s Vorschläge freigegeben.", approved)
        messages.success(request, said % {"n": approved})
    for why in dict.fromkeys(refused):
        messages.error(request, why)
    if len(ids) > TOGETHER_ROWS:
        messages.warning(
            request, _("Es lassen sich höchstens %(n)s auf einmal freigeben.") % {"n": TOGETHER_ROWS}
        )
    if not ids:
        messages.warning(request, _("Sie haben nichts angekreuzt."))
    return _back(request)


urlpatterns = [
    path("freigaben/", page, name="approvals"),
    path("freigaben/gemeinsam/", together, name="approvals_together"),
    path("freigaben/verlauf/", history, name="approvals_history"),
    path("freigaben/csv/", export, name="approvals_export"),
    path("freigaben/gruppe/<slug:name>/", group, name="approvals_group"),
    path("freigaben/<int:action_id>/<slug:name>/", deed, name="approval_deed"),
]
