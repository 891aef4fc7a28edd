"""Was Kulanz darf: one mode for each account and kind; and Alles anhalten."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.facts.orders import visible_accounts
from kulanz.outbox import verbs, waiting
from kulanz.outbox.models import ActionKind, Halt, Mode
from kulanz.outbox.policy import LEADS_ONLY, PERSON_ONLY
from kulanz.web.asks import ICONS, KIND_NAMES
from kulanz.web.doors import LEADS, door
from kulanz.web.export import amount, csv_response
from kulanz.web.forms import CentsField, PlainForm, visible_account
from kulanz.web.settings_menu import settings_page

MODE_NAMES = {
    Mode.OBSERVE: noop("nur beobachten"),
    Mode.PROPOSE: noop("vorschlagen"),
    Mode.ACT: noop("selbst handeln bis …"),
}


class PolicyForm(PlainForm):
    mode = forms.ChoiceField(
        choices=[(mode.value, gettext_lazy(name)) for mode, name in MODE_NAMES.items()],
        label=gettext_lazy("Kulanz darf"),
    )
    limit = CentsField(max_length=20, required=False, label=gettext_lazy("bis"))


def _rows(request: HttpRequest) -> list[waiting.PolicyRow]:
    accounts = [(account.pk, account.title) for account in visible_accounts(request.user) if account.active]
    return waiting.policies(request.user, accounts)


@require_GET
@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    by_account: dict[str, list[dict[str, object]]] = {}
    for row in _rows(request):
        kind = ActionKind(row.kind)
        by_account.setdefault(row.account, []).append(
            {
                "row": row,
                "icon": ICONS[kind],
                "kind": _(KIND_NAMES[kind]),
                "mode": _(MODE_NAMES[Mode(row.mode)]),
                "acts": row.mode == Mode.ACT,
            }
        )
    halts = list(Halt.objects.order_by("-since")[:10])
    context = {"accounts": by_account, "halts": halts}
    return settings_page(request, "settings/policy.html", context)


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    header = [_("Konto"), _("Art"), _("Kulanz darf"), _("bis Betrag"), _("wartet"), _("wartet, Betrag")]
    lines = (
        (
            row.account,
            _(KIND_NAMES[ActionKind(row.kind)]),
            _(MODE_NAMES[Mode(row.mode)]),
            amount(row.limit_cents),
            row.waiting,
            amount(row.waiting_cents),
        )
        for row in _rows(request)
    )
    return csv_response("was-kulanz-darf", header, lines)


@door(LEADS)
def edit(request: HttpRequest, account_id: int, kind: str) -> HttpResponse:
    """One rule with what it would match right now; `?pruefen=12,50` shows a limit before it is set."""
    account = visible_account(request.user, account_id)
    if account is None or kind not in ActionKind.values:
        raise Http404
    held = next(r for r in waiting.policies(request.user, [(account.pk, account.title)]) if r.kind == kind)
    form = PolicyForm(
        request.POST or None,
        initial={"mode": held.mode, "limit": amount(held.limit_cents)},
    )
    if request.method == "POST" and form.is_valid():
        if "pruefen" in request.POST:
            pass
        elif _set(request, form, account_id, kind):
            return redirect("policy")
    limit = form.cleaned_data.get("limit") if form.is_bound and form.is_valid() else held.limit_cents
    count, cents = waiting.would_match(request.user, account_id, kind, limit)
    context = {
        "form": form,
        "account": account,
        "kind": _(KIND_NAMES[ActionKind(kind)]),
        "limit": limit,
        "matching": count,
        "matching_cents": cents,
        "waiting": held,
        "person_only": kind in PERSON_ONLY,
        "leads_only": kind in LEADS_ONLY,
    }
    return settings_page(request, "settings/policy_edit.html", context)


def _set(request: HttpRequest, form: PolicyForm, account_id: int, kind: str) -> bool:
    mode, limit = form.cleaned_data["mode"], form.cleaned_data["limit"]
    try:
        verbs.set_policy(account_id, kind, mode, limit, by=request.user, now=clock.now())
    except verbs.NotPossible as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("Gespeichert. Es gilt ab sofort."))
    return True


@require_POST
@door(LEADS)
def halt(request: HttpRequest) -> HttpResponse:
    why = request.POST.get("grund", "").strip()
    if not why:
        messages.error(request, _("Bitte sagen Sie in einem Satz, warum alles anhalten soll."))
        return redirect("policy")
    verbs.halt(by=request.user, now=clock.now(), why=why)
    messages.success(request, _("Alles angehalten. Ab jetzt geht nichts hinaus."))
    return redirect("policy")


@require_POST
@door(LEADS)
def resume(request: HttpRequest) -> HttpResponse:
    try:
        verbs.resume(by=request.user, now=clock.now())
    except verbs.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Es läuft wieder. Was freigegeben ist, geht jetzt hinaus."))
    return redirect("policy")


urlpatterns = [
    path("einstellungen/was-kulanz-darf/", page, name="policy"),
    path("einstellungen/was-kulanz-darf/csv/", export, name="policy_export"),
    path("einstellungen/was-kulanz-darf/anhalten/", halt, name="halt"),
    path("einstellungen/was-kulanz-darf/weiter/", resume, name="resume"),
    path("einstellungen/was-kulanz-darf/<int:account_id>/<slug:kind>/", edit, name="policy_edit"),
]
