"""The order beside a case: goods with stock, money, papers, and the parcel as five dots. Five queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, DateTimeField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

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
    Stock,
)

LINES_SHOWN = 30
SILENT_AFTER = timedelta(days=3)
"""A parcel under way without a scan for this long stands still; docs/rules.md, "stale tracking"."""
SCANS_READ = 60
STOCK_OLD = timedelta(hours=24)

STEPS = (_("Label"), _("abgeholt"), _("unterwegs"), _("Zustellung"), _("zugestellt"))
_STEP_OF = {
    "PRE_ADVICE": 0, "DATA_ONLY": 0,
    "ACCEPTED": 1,
    "IN_TRANSIT": 2, "DELAYED": 2, "CUSTOMS": 2, "REDIRECTED": 2, "PICKUP_FAILED": 0,
    "OUT_FOR_DELIVERY": 3, "DELIVERY_ATTEMPTED": 3, "READY_FOR_PICKUP": 3, "ADDRESS_PROBLEM": 3,
    "DELIVERED": 4, "DELIVERED_SAFE_PLACE": 4, "DELIVERED_NEIGHBOUR": 4, "COLLECTED": 4,
    "DELIVERED_INCOMPLETE": 4, "DELIVERED_DAMAGED": 4,
}  # fmt: skip
_STOPPED = {
    "DAMAGED": _("beschädigt"), "DESTROYED": _("vernichtet"), "LOST": _("verloren"), "REFUSED": _("Annahme verweigert"),
    "UNDELIVERABLE": _("unzustellbar"), "RETURNING": _("geht zurück"), "RETURNED": _("zurück bei uns"),
    "CANCELLED": _("storniert"), "NOT_COLLECTED": _("nicht abgeholt"), "ADDRESS_PROBLEM": _("Anschrift unklar"),
    "DELIVERY_ATTEMPTED": _("niemand angetroffen"), "PICKUP_FAILED": _("Abholung gescheitert"),
    "DELIVERED_DAMAGED": _("beschädigt zugestellt"), "DELIVERED_INCOMPLETE": _("unvollständig zugestellt"),
}  # fmt: skip
_ENDED = {
    "DELIVERED": _("Zugestellt"), "DELIVERED_SAFE_PLACE": _("Am Ablageort abgelegt"),
    "DELIVERED_NEIGHBOUR": _("Beim Nachbarn abgegeben"), "COLLECTED": _("In der Filiale abgeholt"),
    "DELIVERED_INCOMPLETE": _("Unvollständig zugestellt"), "DELIVERED_DAMAGED": _("Beschädigt zugestellt"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goods:
    title: str
    sku: str
    quantity: int
    cents: int | None
    picture: str
    available: int | None
    stock_at: datetime | None
    stock_old: bool


@dataclass(frozen=True, slots=True)
class Dot:
    title: str
    at: datetime | None
    look: str
    """is-done, is-stuck or nothing."""


@dataclass(frozen=True, slots=True)
class Track:
    carrier: str
    number: str
    dots: tuple[Dot, ...]
    sentence: str
    stuck: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice, refund, return, further number or stage of the order."""

    kind: str
    text: str
    cents: int | None
    at: datetime | None
    what: str


@dataclass(frozen=True, slots=True)
class OrderCard:
    id: int
    number: str
    account: str
    placed_at: datetime | None
    currency: str
    total_cents: int | None
    shipping_cents: int | None
    discount_cents: int | None
    paid_at: datetime | None
    fulfilled_by: str
    status: str
    goods: tuple[Goods, ...]
    goods_more: int
    tracks: tuple[Track, ...]
    invoices: tuple[Paper, ...]
    refunds: tuple[Paper, ...]
    returns: tuple[Paper, ...]
    numbers: tuple[Paper, ...]
    stage: Paper | None


def order_card(order: Order, *, account: str, now: datetime) -> OrderCard:
    lines, more = _goods(order.pk, now)
    papers = _papers(order.pk)
    of: dict[str, list[Paper]] = {kind: [p for p in papers if p.kind == kind] for kind in _KINDS}
    stages = sorted((p for p in of["stage"] if p.at), key=lambda paper: paper.at or now)
    return OrderCard(
        id=order.pk,
        number=order.number,
        account=account,
        placed_at=order.placed_at,
        currency=order.currency or "EUR",
        total_cents=order.total_cents,
        shipping_cents=order.shipping_cents,
        discount_cents=order.discount_cents,
        paid_at=order.paid_at,
        fulfilled_by=order.fulfilled_by,
        status=order.status,
        goods=lines,
        goods_more=more,
        tracks=_tracks(order, now),
        invoices=tuple(of["invoice"]),
        refunds=tuple(of["refund"]),
        returns=tuple(of["return"]),
        numbers=tuple(of["number"]),
        stage=stages[-1] if stages else None,
    )


def _goods(order_id: int, now: datetime) -> tuple[tuple[Goods, ...], int]:
    """Lines with picture and stock of the same article number in any account, in one query."""
    product = Product.objects.filter(sku=OuterRef("sku")).exclude(sku="")
    stock = Stock.objects.filter(sku=OuterRef("sku")).exclude(sku="").order_by("-source_at")
    rows = (
        OrderLine.objects.filter(order_id=order_id)
        .order_by("id")
        .values_list(
            "title",
            "sku",
            "quantity",
            "price_cents",
            Subquery(product.exclude(picture="").values("picture")[:1]),
            Subquery(product.exclude(title="").values("title")[:1]),
            Subquery(stock.values("available")[:1]),
            Subquery(stock.values("source_at")[:1]),
        )
    )
    found = [
        Goods(
            title=title or known or sku,
            sku=sku,
            quantity=quantity,
            cents=cents,
            picture=picture or "",
            available=available,
            stock_at=stock_at,
            stock_old=stock_at is not None and now - stock_at > STOCK_OLD,
        )
        for title, sku, quantity, cents, picture, known, available, stock_at in rows[: LINES_SHOWN + 1]
    ]
    more = (
        OrderLine.objects.filter(order_id=order_id).count() - LINES_SHOWN if len(found) > LINES_SHOWN else 0
    )
    return tuple(found[:LINES_SHOWN]), more


_KINDS = ("invoice", "refund", "return", "number", "stage")


def _papers(order_id: int) -> list[Paper]:
    """Everything small that hangs on an order, as one UNION of the same five columns."""

    def part(rows: QuerySet[Any], kind: str, text: str, what: str = "", cents: str = "", at: str = "") -> Any:
        nothing = Value("", output_field=CharField())
        return rows.filter(order_id=order_id).values_list(
            Value(kind, output_field=CharField()),
            F(text),
            Cast(F(cents) if cents else Value(None), BigIntegerField()),
            Cast(F(at) if at else Value(None), DateTimeField()),
            F(what) if what else nothing,
        )

    parts = [
        part(Invoice.objects.all(), "invoice", "number", "kind", "total_cents", "issued_on"),
        part(Refund.objects.all(), "refund", "ref", "reason", "cents", "refunded_at"),
        part(Return.objects.all(), "return", "ref", "reason", "", "arrived_at"),
        part(OrderNumber.objects.all(), "number", "number", "kind"),
        part(Stage.objects.all(), "stage", "name", "", "", "reached_at"),
    ]
    return [Paper(*row) for row in parts[0].union(*parts[1:], all=True)]


def _tracks(order: Order, now: datetime) -> tuple[Track, ...]:
    parcels = list(
        Parcel.objects.filter(order_id=order.pk)
        .order_by("-shipped_at", "-id")
        .only("number", "carrier", "shipped_at", "state", "state_at", "place", "source_at")[:5]
    )
    if not parcels:
        return ()
    scans: dict[str, list[Scan]] = {}
    for scan in Scan.objects.filter(number__in=[p.number for p in parcels]).order_by("at", "id")[:SCANS_READ]:
        scans.setdefault(scan.number, []).append(scan)
    return tuple(track(parcel, scans.get(parcel.number, []), order.deliver_by, now) for parcel in parcels)


def track(parcel: Parcel, scans: Sequence[Scan], promised: datetime | None, now: datetime) -> Track:
    """Pure: five dots and one sentence."""
    reached: dict[int, datetime | None] = {0: parcel.shipped_at}
    places: dict[int, str] = {}
    for scan in scans:
        step = _STEP_OF.get(scan.state)
        if step is not None:
            if step not in reached or (step == 0 and reached[0] is None) or step == 2:
                reached[step] = scan.at
            places[step] = scan.place
    state = parcel.state or (scans[-1].state if scans else "")
    at = max(_STEP_OF.get(state, 0), *reached)
    if state in _ENDED:
        at = 4
    newest = max([scan.at for scan in scans] + ([parcel.state_at] if parcel.state_at else []), default=None)
    silent = newest is not None and at in (1, 2) and now - newest >= SILENT_AFTER
    stuck = silent or state in _STOPPED
    place = parcel.place or places.get(at, "")
    dots = []
    for number, title in enumerate(STEPS):
        words = place.split(",")[0][:16] if number == at == 2 and place else gettext(title)
        look = "is-stuck" if stuck and number == at else "is-done" if number <= at else ""
        when = reached.get(number) if number <= at else None
        dots.append(Dot(words, when or (parcel.state_at if number == at and state else None), look))
    return Track(
        carrier=parcel.carrier.upper() if len(parcel.carrier) < 5 else parcel.carrier.title(),
        number=parcel.number,
        dots=tuple(dots),
        sentence=_sentence(state, newest, place, promised, silent, now),
        stuck=stuck,
    )


def _sentence(
    state: str, newest: datetime | None, place: str, promised: datetime | None, silent: bool, now: datetime
) -> str:
    parts = []
    if state in _ENDED:
        parts.append(gettext(_ENDED[state]) + (f": {place}" if place else "") + ".")
    elif state in _STOPPED:
        words = gettext(_STOPPED[state])
        parts.append(words[:1].upper() + words[1:] + (f", {place}" if place else "") + ".")
    elif newest is None:
        parts.append(gettext("Noch kein Scan vom Paketdienst."))
    elif silent:
        parts.append(gettext("Seit %(n)d Tagen kein Scan.") % {"n": (now - newest).days})
    elif place:
        parts.append(gettext("Zuletzt in %(place)s gesehen.") % {"place": place})
    if promised is not None and state not in _ENDED:
        words = (
            gettext("Zugesagt war der %(day)s.") if promised < now else gettext("Zugesagt ist der %(day)s.")
        )
        parts.append(words % {"day": f"{promised.day}.{promised.month}."})
    return " ".join(parts)
