"""One order with everything the sources told of it, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from kulanz.facts.models import (
    Invoice,
    Order,
    OrderLine,
    OrderNumber,
    Parcel,
    Product,
    Refund,
    Return,
    Scan,
    Stage,
    Viewer,
)
from kulanz.facts.orders import OrderRow, rows_of

SCANS_SHOWN = 60
"""Newest scans of all parcels of one order."""
RELATED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact comes from. `source` is the format's name, `at` the source's own time (UTC)."""

    source: str
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NumberView:
    kind: str
    number: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class LineView:
    sku: str
    title: str
    picture: str
    quantity: int
    price_cents: int | None
    status: str


@dataclass(frozen=True, slots=True)
class StageView:
    name: str
    reached_at: datetime | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class ScanView:
    at: datetime
    place: str
    text: str
    state: str
    ambiguous_time: bool


@dataclass(frozen=True, slots=True)
class ParcelView:
    number: str
    carrier: str
    state: str
    state_at: datetime | None
    place: str
    shipped_at: datetime | None
    delivery_note: str
    scans: tuple[ScanView, ...]
    """Newest first."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class InvoiceView:
    number: str
    kind: str
    issued_on: date | None
    total_cents: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class RefundView:
    ref: str
    refunded_at: datetime | None
    cents: int | None
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ReturnView:
    ref: str
    sku: str
    quantity: int | None
    announced_at: datetime | None
    arrived_at: datetime | None
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class OrderView:
    """All that is known of one order. Money is cents, times are UTC."""

    id: int
    account_id: int
    account: str
    channel: str
    number: str
    version: int
    placed_at: datetime | None
    paid_at: datetime | None
    ship_by: datetime | None
    deliver_by: datetime | None
    status: str
    fulfilled_by: str
    business: bool | None
    currency: str
    total_cents: int | None
    shipping_cents: int | None
    discount_cents: int | None
    vouchers: str
    customer_id: int | None
    customer: str
    address: tuple[str, ...]
    origin: Origin
    numbers: tuple[NumberView, ...]
    lines: tuple[LineView, ...]
    stages: tuple[StageView, ...]
    parcels: tuple[ParcelView, ...]
    invoices: tuple[InvoiceView, ...]
    refunds: tuple[RefundView, ...]
    returns: tuple[ReturnView, ...]
    merged_with: tuple[OrderRow, ...]
    """Other orders that one of this order's numbers leads to as well."""

    @property
    def refunded_cents(self) -> int:
        return sum(refund.cents or 0 for refund in self.refunds)

    @property
    def lines_cents(self) -> int:
        return sum(line.price_cents or 0 for line in self.lines)

    @property
    def paid_cents(self) -> int:
        """What the customer paid: the order's total where a source names it, else lines plus shipping."""
        if self.total_cents is not None:
            return self.total_cents
        return self.lines_cents + (self.shipping_cents or 0) - (self.discount_cents or 0)

    @property
    def refundable_cents(self) -> int:
        return max(self.paid_cents - self.refunded_cents, 0)

    @property
    def is_split(self) -> bool:
        """The warehouse made several deliveries of it."""
        notes = {n.number for n in self.numbers if n.kind == "delivery"}
        return len(notes | {p.delivery_note for p in self.parcels if p.delivery_note}) > 1


def _origin(fact: Order | OrderNumber | Stage | Parcel | Invoice | Refund | Return) -> Origin:
    return Origin(fact.source, fact.account.title, fact.source_at)


def view_order(order_id: int, user: Viewer) -> OrderView | None:
    """The order with its children in 11 queries; None when it is not there or not for this user."""
    order = Order.objects.visible_to(user).filter(pk=order_id).select_related("account", "customer").first()
    if not isinstance(order, Order):
        return None
    numbers = list(
        OrderNumber.objects.filter(order=order).select_related("account").order_by("kind", "number")
    )
    return OrderView(
        id=order.pk,
        account_id=order.account_id,
        account=order.account.title,
        channel=order.account.channel,
        number=order.number,
        version=order.version,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        ship_by=order.ship_by,
        deliver_by=order.deliver_by,
        status=order.status,
        fulfilled_by=order.fulfilled_by,
        business=order.business,
        currency=order.currency or "EUR",
        total_cents=order.total_cents,
        shipping_cents=order.shipping_cents,
        discount_cents=order.discount_cents,
        vouchers=order.vouchers,
        customer_id=order.customer_id,
        customer=order.customer.name if order.customer else order.recipient,
        address=_address(order),
        origin=_origin(order),
        numbers=tuple(NumberView(n.kind, n.number, _origin(n)) for n in numbers),
        lines=_lines(order),
        stages=_stages(order),
        parcels=_parcels(order),
        invoices=_invoices(order),
        refunds=_refunds(order),
        returns=_returns(order),
        merged_with=_merged(order, numbers, user),
    )


def _address(order: Order) -> tuple[str, ...]:
    town = f"{order.postcode} {order.city}".strip()
    country = "" if order.country in ("", "DE") else order.country
    return tuple(part for part in (order.recipient, order.street, town, country) if part)


def _lines(order: Order) -> tuple[LineView, ...]:
    lines = list(OrderLine.objects.filter(order=order).order_by("id"))
    skus = {line.sku for line in lines if line.sku}
    known: dict[str, tuple[str, str]] = {}
    for sku, title, picture in Product.objects.filter(sku__in=skus).values_list("sku", "title", "picture"):
        old = known.get(sku, ("", ""))
        known[sku] = (old[0] or title, old[1] or picture)
    return tuple(
        LineView(
            sku=line.sku,
            title=line.title or known.get(line.sku, ("", ""))[0] or line.sku,
            picture=known.get(line.sku, ("", ""))[1],
            quantity=line.quantity,
            price_cents=line.price_cents,
            status=line.status,
        )
        for line in lines
    )


def _stages(order: Order) -> tuple[StageView, ...]:
    found = Stage.objects.filter(order=order).select_related("account").order_by("reached_at", "id")
    return tuple(StageView(s.name, s.reached_at, _origin(s)) for s in found)


def _parcels(order: Order) -> tuple[ParcelView, ...]:
    parcels = list(Parcel.objects.filter(order=order).select_related("account").order_by("shipped_at", "id"))
    scans: dict[str, list[ScanView]] = {}
    for scan in _scans({p.number for p in parcels}):
        scans.setdefault(scan.number, []).append(
            ScanView(scan.at, scan.place, scan.text, scan.state, scan.ambiguous_time)
        )
    return tuple(
        ParcelView(
            number=p.number,
            carrier=p.carrier,
            state=p.state,
            state_at=p.state_at,
            place=p.place,
            shipped_at=p.shipped_at,
            delivery_note=p.delivery_note,
            scans=tuple(scans.get(p.number, ())),
            origin=_origin(p),
        )
        for p in parcels
    )


def _scans(numbers: Iterable[str]) -> list[Scan]:
    return list(Scan.objects.filter(number__in=list(numbers)).order_by("-at", "-id")[:SCANS_SHOWN])


def _invoices(order: Order) -> tuple[InvoiceView, ...]:
    found = Invoice.objects.filter(order=order).select_related("account").order_by("issued_on", "id")
    return tuple(InvoiceView(i.number, i.kind, i.issued_on, i.total_cents, _origin(i)) for i in found)


def _refunds(order: Order) -> tuple[RefundView, ...]:
    found = Refund.objects.filter(order=order).select_related("account").order_by("refunded_at", "id")
    return tuple(RefundView(r.ref, r.refunded_at, r.cents, r.reason, _origin(r)) for r in found)


def _returns(order: Order) -> tuple[ReturnView, ...]:
    found = Return.objects.filter(order=order).select_related("account").order_by("announced_at", "id")
    return tuple(
        ReturnView(r.ref, r.sku, r.quantity, r.announced_at, r.arrived_at, r.reason, _origin(r))
        for r in found
    )


def _merged(order: Order, numbers: Iterable[OrderNumber], user: Viewer) -> tuple[OrderRow, ...]:
    folded = {n.folded for n in numbers if n.folded}
    if not folded:
        return ()
    others = OrderNumber.objects.filter(folded__in=folded, order__isnull=False).exclude(order=order)
    seen = Order.objects.visible_to(user).filter(Q(pk__in=others.values("order_id"))).order_by("-placed_at")
    return tuple(rows_of(seen[:RELATED_SHOWN]))
