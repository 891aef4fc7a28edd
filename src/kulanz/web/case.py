"""Fall: one case, its composer, and what people do to it."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kulanz.base import clock
from kulanz.cases import drafts, presence, verbs
from kulanz.cases.models import CaseState
from kulanz.cases.page import CaseView, case_view
from kulanz.outbox import verbs as outbox
from kulanz.outbox.models import Action
from kulanz.replies import send
from kulanz.web import live
from kulanz.web.doors import SERVICE, door
from kulanz.web.queue import colleagues, number, undoable
from kulanz.web.shell import address_of
from kulanz.web.sources import number_kind

WAKE_AT = time(8, 0)
MONDAY = 7
Refused = (verbs.NotPossible, outbox.NotPossible)


@door(SERVICE)
def page(request: HttpRequest, case_id: int) -> HttpResponse:
    now = clock.now()
    case = case_view(case_id, user=request.user, now=now)
    if case is None:
        raise Http404
    if request.headers.get("X-Kulanz-Region"):
        return render(request, "cases/parts.html", _context(request, case, now))
    presence.here(case_id, user=request.user, now=now)
    return render(request, "cases/case.html", _context(request, case, now))


def _context(request: HttpRequest, case: CaseView, now: datetime) -> dict[str, Any]:
    order_page = address_of("order", case.order.id) if case.order else None
    return {
        "case": case,
        "state_words": _(dict(CaseState.choices)[case.state]),
        "colleagues": colleagues,
        "undo_seconds": int(settings.UNDO_SECONDS),
        "undo": undoable(request, now),
        "token": live.case_token(case.id, user=request.user, now=now),
        "tomorrow": (timezone.localtime(now) + timedelta(days=1)).date().isoformat(),
        "order_url": order_page,
        "numbers": [
            (number_kind(paper.what), paper.text) for paper in case.order.numbers if paper.what != "invoice"
        ]
        if case.order
        else [],
        "approvals_url": address_of("approvals") or "",
        "greeting": _("Guten Tag %(name)s,") % {"name": case.customer}
        if case.history.known
        else _("Antwort schreiben"),
    }


def _ran(request: HttpRequest, act: Any) -> bool:
    """Do it; a refusal becomes a sentence on the next page."""
    try:
        act()
    except Refused as error:
        messages.error(request, str(error))
        return False
    return True


def wake_at(chosen: str, day: str, now: datetime) -> datetime:
    """*Morgen*, *Montag* or a day, at eight in the morning here. Raises NotPossible."""
    local = timezone.localtime(now)
    match chosen:
        case "morgen":
            date = local.date() + timedelta(days=1)
        case "montag":
            date = local.date() + timedelta(days=MONDAY - local.weekday())
        case _:
            try:
                date = datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007  a day, no moment
            except ValueError:
                raise verbs.NotPossible(_("Bitte wählen Sie einen Tag.")) from None
    return timezone.make_aware(datetime.combine(date, WAKE_AT))


@door(SERVICE)
@require_POST
def do(request: HttpRequest, case_id: int, what: str) -> HttpResponse:
    """One verb of one case, then the case again."""
    now, by, given = clock.now(), request.user, request.POST

    def assign() -> verbs.Undo:
        to = colleagues().filter(pk=number(given.get("an"))).first()
        return verbs.assign(case_id, to=to, by=by, now=now)

    def snooze() -> verbs.Undo:
        return verbs.snooze(
            case_id, until=wake_at(given.get("bis", ""), given.get("tag", ""), now), by=by, now=now
        )

    acts = {
        "zuweisen": (assign, ""),
        "spaeter": (snooze, _("Fall zurückgelegt")),
        "schliessen": (lambda: verbs.close(case_id, by=by, now=now), _("Fall geschlossen")),
        "oeffnen": (lambda: verbs.reopen(case_id, by=by, now=now), ""),
        "gelesen": (lambda: drafts.seen(case_id, by=by, version=number(given.get("version")) or 0), ""),
        "notiz": (lambda: verbs.note(case_id, text=given.get("notiz", ""), by=by, now=now), ""),
    }
    if what not in acts:
        raise Http404
    act, said = acts[what]
    try:
        done = act()
    except verbs.NotPossible as error:
        messages.error(request, str(error))
        return redirect("case", case_id)
    if said and isinstance(done, verbs.Undo):
        request.session["undo"] = {"said": said, "at": now.timestamp(), "back": [done.as_text()]}
    return redirect("case", case_id)


@door(SERVICE)
@require_POST
def draft(request: HttpRequest, case_id: int) -> JsonResponse:
    """The composer saves itself; 409 when somebody else has saved meanwhile."""
    now = clock.now()
    try:
        saved = drafts.save(
            case_id,
            text=request.POST.get("text", ""),
            by=request.user,
            now=now,
            known_version=number(request.POST.get("version")) or 0,
        )
    except drafts.DraftConflict as error:
        standing = error.standing
        return JsonResponse(
            {
                "said": str(error),
                "version": standing.version if standing else 0,
                "text": standing.text if standing else "",
            },
            status=409,
        )
    except verbs.NotPossible as error:
        return JsonResponse({"said": str(error)}, status=400)
    hour = timezone.localtime(saved.saved_at).strftime("%H:%M")
    return JsonResponse({"said": _("gespeichert %(hour)s") % {"hour": hour}, "version": saved.version})


@door(SERVICE)
@require_POST
def reply(request: HttpRequest, case_id: int) -> HttpResponse:
    """Send: the answer waits its seconds in the outbox. "Senden und nächster" moves on at once."""
    given, now, text = request.POST, clock.now(), request.POST.get("text", "")
    try:
        send.send_reply(
            case_id,
            text=text,
            by=request.user,
            now=now,
            known_message=number(given.get("kennt")) or None,
        )
    except Refused as error:
        messages.error(request, str(error))
        _keep_words(request, case_id, text, now)
        return redirect("case", case_id)
    if given.get("weiter"):
        response = redirect("next_case")
        response["Location"] += f"?ausser={case_id}"
        return response
    return redirect("case", case_id)


def _keep_words(request: HttpRequest, case_id: int, text: str, now: datetime) -> None:
    """A refused reply loses no word."""
    known = number(request.POST.get("version")) or 0
    try:
        drafts.save(case_id, text=text, by=request.user, now=now, known_version=known)
    except verbs.NotPossible:
        return


def _case_of(request: HttpRequest, action_id: int) -> int:
    found = (
        Action.objects.visible_to(request.user)
        .filter(pk=action_id, subject_kind="case")
        .values_list("subject_id", flat=True)
        .first()
    )
    if found is None:
        raise Http404
    return int(found)


@door(SERVICE)
@require_POST
def reply_back(request: HttpRequest, action_id: int) -> HttpResponse:
    """Within the seconds: the words are the draft again."""
    case_id = _case_of(request, action_id)
    _ran(request, lambda: send.take_back(action_id, by=request.user, now=clock.now()))
    return redirect("case", case_id)


@door(SERVICE)
@require_POST
def reply_again(request: HttpRequest, action_id: int) -> HttpResponse:
    case_id, now = _case_of(request, action_id), clock.now()
    _ran(
        request,
        lambda: outbox.approve_again(
            action_id, by=request.user, now=now, delay_seconds=settings.UNDO_SECONDS
        ),
    )
    return redirect("case", case_id)


@door(SERVICE)
@require_POST
def reply_sent(request: HttpRequest, action_id: int) -> HttpResponse:
    """An unclear one did go out: a person found it there."""
    case_id = _case_of(request, action_id)
    proof = _("%(name)s hat im Postausgang nachgesehen.") % {"name": request.user.display_name}
    _ran(request, lambda: outbox.confirm_sent(action_id, by=request.user, now=clock.now(), proof=proof))
    return redirect("case", case_id)
