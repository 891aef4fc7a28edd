"""Bestellungen: the list, one order with all the sources told of it, and the export."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kulanz.base import clock
from kulanz.cases.of_order import cases_of_order
from kulanz.cases.ordercard import track
from kulanz.facts import orders
from kulanz.facts.order_view import OrderView, ParcelView, view_order
from kulanz.outbox.hand_tasks import actions_of_order, refundable_cents
from kulanz.outbox.models import ActionState
from kulanz.web.asks import STATE_NAMES
from kulanz.web.doors import EVERYBODY, door
from kulanz.web.export import EXPORT_ROWS, amount, csv_response
from kulanz.web.forms import read_number
from kulanz.web.sources import case_state, number_kind, origin_words
from kulanz.web.statuses import status_words

TEXT_CHARS = 120


def _wanted(given: QueryDict) -> orders.OrderFilter:
    return orders.OrderFilter(
        account_id=read_number(given.get("konto")),
        status=given.get("stand", "")[:40],
        text=given.get("q", "").strip()[:TEXT_CHARS],
    )


def _address(wanted: orders.OrderFilter) -> str:
    given = {"q": wanted.text, "konto": wanted.account_id, "stand": wanted.status}
    return urlencode({name: value for name, value in given.items() if value})


@require_GET
@door(EVERYBODY)
def page(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request.GET)
    if wanted.text and not wanted.account_id and not wanted.status:
        found = orders.exact_order(wanted.text, request.user)
        if found is not None:
            return redirect("order", found)
    try:
        listed = orders.list_orders(request.user, wanted, after=request.GET.get("ab", ""))
    except ValueError:
        return HttpResponseBadRequest()
    return render(
        request,
        "orders/page.html",
        {
            "listed": listed,
            "wanted": wanted,
            "filters": _address(wanted),
            "accounts": orders.visible_accounts(request.user),
            "statuses": orders.statuses(request.user),
            "later": "ab" in request.GET,
        },
    )


@require_GET
@door(EVERYBODY)
def export(request: HttpRequest) -> HttpResponse:
    rows = orders.export_rows(request.user, _wanted(request.GET), limit=EXPORT_ROWS + 1)
    header = [
        _("Konto"), _("Bestellung"), _("Bestellt am"), _("Stand"), _("Kunde"), _("Ort"), _("Betrag"), _("Währung"),
        _("Versand bis"),
    ]  # fmt: skip
    lines = (
        (
            row.account, row.number, row.placed_at, status_words(row.status), row.customer, row.city, amount(row.total_cents),
            row.currency, row.ship_by,
        )
        for row in rows
    )  # fmt: skip
    return csv_response("bestellungen", header, lines)


@require_GET
@door(EVERYBODY)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    view = view_order(order_id, request.user)
    if view is None:
        raise Http404
    cases = cases_of_order(view.id, view.number, request.user) if request.user.answers else []
    return render(
        request,
        "orders/order.html",
        {
            "order": view,
            "origin": origin_words(view.origin.source, view.origin.at),
            "numbers": _numbers(view),
            "stages": [(s, origin_words(s.origin.source, s.origin.at)) for s in view.stages],
            "parcels": [_parcel(p, view) for p in view.parcels],
            "papers": _papers(view),
            "cases": [(c, case_state(c.state)) for c in cases],
            "actions": _actions(view.id, request),
            "refundable": refundable_cents(view) if request.user.answers else 0,
        },
    )


def _numbers(view: OrderView) -> list[tuple[str, str, str]]:
    """Every number once with its kind and origin, the order's own first."""
    own = (_("Bestellnummer"), view.number, origin_words(view.origin.source, view.origin.at))
    others = [
        (number_kind(n.kind), n.number, origin_words(n.origin.source, n.origin.at))
        for n in view.numbers
        if n.number != view.number
    ]
    return list(dict.fromkeys([own, *others]))


def _parcel(parcel: ParcelView, view: OrderView) -> dict[str, object]:
    return {
        "parcel": parcel,
        "track": track(parcel, list(reversed(parcel.scans)), view.deliver_by, clock.now()),
        "origin": origin_words(parcel.origin.source, parcel.origin.at),
    }


def _papers(view: OrderView) -> dict[str, list[tuple[object, str]]]:
    return {
        name: [(paper, origin_words(paper.origin.source, paper.origin.at)) for paper in papers]
        for name, papers in (
            ("invoices", view.invoices),
            ("refunds", view.refunds),
            ("returns", view.returns),
        )
    }


def _actions(order_id: int, request: HttpRequest) -> list[tuple[dict[str, object], str]]:
    return [
        (action, _(STATE_NAMES[ActionState(action["state"])]))
        for action in actions_of_order(order_id, request.user)
    ]


urlpatterns = [
    path("bestellungen/", page, name="orders"),
    path("bestellungen/csv/", export, name="orders_export"),
    path("bestellungen/<int:order_id>/", order, name="order"),
]
