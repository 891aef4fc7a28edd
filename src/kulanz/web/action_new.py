"""A new task by hand, from an order or a case."""

import secrets
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kulanz.base import clock
from kulanz.base.money import AmountUnreadable, parse_cents
from kulanz.cases.models import Case
from kulanz.facts.order_view import OrderView, view_order
from kulanz.outbox import hand_tasks
from kulanz.outbox.models import ActionKind, ActionState
from kulanz.outbox.moves import NotPossible
from kulanz.outbox.policy import may_decide
from kulanz.people.models import User
from kulanz.web.asks import KIND_NAMES
from kulanz.web.doors import SERVICE, door
from kulanz.web.forms import read_number


class TaskForm(forms.Form):
    token = forms.CharField(max_length=32, widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20, required=False, label=gettext_lazy("Betrag"))
    reason = forms.CharField(max_length=hand_tasks.REASON_CHARS, label=gettext_lazy("Grund"))
    text = forms.CharField(max_length=hand_tasks.TEXT_CHARS, required=False, label=gettext_lazy("Text"))

    def clean_amount(self) -> int | None:
        typed = self.cleaned_data["amount"].strip()
        if not typed:
            return None
        try:
            return parse_cents(typed)
        except AmountUnreadable as wrong:
            raise forms.ValidationError(str(wrong)) from None


@dataclass(frozen=True, slots=True)
class About:
    """What the task is about, as the user may see it."""

    kind: ActionKind
    order: OrderView | None
    case: Case | None

    @property
    def customer(self) -> str:
        """Order reports often name nobody; who wrote then does."""
        return (self.order.customer if self.order else "") or (self.case.customer_name if self.case else "")

    @property
    def back(self) -> str:
        if self.case:
            return reverse("case", args=[self.case.pk])
        return reverse("order", args=[self.order.id]) if self.order else reverse("approvals")


def _about(request: HttpRequest) -> About:
    """Raises Http404 where the user sees neither order nor case, or the kind is no task by hand."""
    kind = request.GET.get("kind", ActionKind.REFUND)
    if kind not in hand_tasks.KINDS:
        raise Http404
    case_id, order_id = read_number(request.GET.get("case")), read_number(request.GET.get("order"))
    case = None
    if case_id is not None:
        case = Case.objects.visible_to(request.user).filter(pk=case_id).select_related("account").first()
        if case is None:
            raise Http404
        order_id = order_id or case.order_id
    order = view_order(order_id, request.user) if order_id else None
    if order is None and case is None:
        raise Http404
    return About(ActionKind(kind), order, case)


def _task(about: About, form: TaskForm) -> hand_tasks.Task:
    order, case = about.order, about.case
    wants_amount = about.kind == ActionKind.REFUND
    return hand_tasks.Task(
        kind=about.kind,
        account_id=order.account_id if order else case.account_id,
        channel=order.channel if order else case.account.channel,
        customer=about.customer,
        reason=form.cleaned_data["reason"],
        text=form.cleaned_data["text"],
        amount_cents=form.cleaned_data["amount"] if wants_amount else None,
        order=order,
        case_id=case.pk if case else None,
    )


@door(SERVICE)
def page(request: HttpRequest) -> HttpResponse:
    about = _about(request)
    form = TaskForm(request.POST or None, initial={"token": secrets.token_hex(8)})
    if request.method == "POST" and form.is_valid():
        try:
            action = hand_tasks.start(
                _task(about, form), token=form.cleaned_data["token"], by=request.user, now=clock.now()
            )
        except NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _said(action.state))
            return redirect(reverse("approvals") + f"?wahl={action.pk}#gewaehlt")
    return render(request, "approvals/new.html", _context(about, form, request.user))


def _said(state: str) -> str:
    if state == ActionState.PROPOSED:
        return _("Angelegt. Die Leitung gibt frei, dann steht die Aufgabe unter „Von Hand“.")
    return _("Angelegt: Die Aufgabe steht jetzt unter „Von Hand“.")


def _context(about: About, form: TaskForm, user: User) -> dict[str, object]:
    most = hand_tasks.refundable_cents(about.order) if about.order else 0
    amount = most if about.kind == ActionKind.REFUND else None
    return {
        "form": form,
        "about": about,
        "kind": about.kind.value,
        "kind_name": _(KIND_NAMES[about.kind]),
        "kinds": [(kind.value, _(KIND_NAMES[kind])) for kind in _possible(about)],
        "most": most,
        "approves_itself": may_decide(user, about.kind, amount),
    }


def _possible(about: About) -> list[ActionKind]:
    return [kind for kind in hand_tasks.KINDS if about.order or kind == ActionKind.PORTAL_REPLY]


urlpatterns = [path("freigaben/neu/", page, name="action_new")]
