"""The order beside a case: goods with stock, money, papers, and the parcel as five dots. Five queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, DateTimeField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext

from kulanz.base import prepared
from kulanz.carriers.states import DOTS, STATES, State
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
PARCELS_SHOWN = 5
STOCK_OLD = timedelta(hours=24)


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
class Seen:
    """A scan of a parcel."""

    at: datetime
    state: str
    place: str


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
    papers = [Paper(*row) for row in prepared.rows("papers", _papers, order_id=order.pk)]
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
    rows = prepared.rows("goods", _lines, order_id=order_id)
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
        for title, sku, quantity, cents, picture, known, available, stock_at in rows
    ]
    more = (
        OrderLine.objects.filter(order_id=order_id).count() - LINES_SHOWN if len(found) > LINES_SHOWN else 0
    )
    return tuple(found[:LINES_SHOWN]), more


def _lines(order_id: int) -> QuerySet[Any, Any]:
    product = Product.objects.filter(sku=OuterRef("sku")).exclude(sku="")
    stock = Stock.objects.filter(sku=OuterRef("sku")).exclude(sku="").order_by("-source_at")
    return (
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
        )[: LINES_SHOWN + 1]
    )


_KINDS = ("invoice", "refund", "return", "number", "stage")


def _papers(order_id: int) -> QuerySet[Any, Any]:
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
    papers: QuerySet[Any, Any] = parts[0].union(*parts[1:], all=True)
    return papers


def _tracks(order: Order, now: datetime) -> tuple[Track, ...]:
    parcels: list[Parcel] = prepared.objects("parcels", _parcels, order_id=order.pk)
    if not parcels:
        return ()
    numbers = prepared.rows("scans", _scans, order_id=order.pk)
    scans: dict[str, list[Seen]] = {}
    for number, at, state, place in numbers:
        scans.setdefault(number, []).append(Seen(at, state, place))
    return tuple(track(parcel, scans.get(parcel.number, []), order.deliver_by, now) for parcel in parcels)


def _parcels(order_id: int) -> QuerySet[Parcel]:
    return Parcel.objects.filter(order_id=order_id).order_by("-shipped_at", "-id")[:PARCELS_SHOWN]


def _scans(order_id: int) -> QuerySet[Any, Any]:
    numbers = Parcel.objects.filter(order_id=order_id).values("number")
    found = Scan.objects.filter(number__in=numbers).order_by("at", "id")
    return found.values_list("number", "at", "state", "place")[:SCANS_READ]


def track(parcel: Parcel, scans: Sequence[Seen], promised: datetime | None, now: datetime) -> Track:
    """Pure: five dots and one or two sentences."""
    known = parcel.state or (scans[-1].state if scans else "")
    state = STATES.get(known)
    reached: dict[int, datetime | None] = {1: parcel.shipped_at}
    places: dict[int, str] = {}
    for scan in scans:
        lit = STATES[scan.state].lit if scan.state in STATES else 0
        if lit and (reached.get(lit) is None or lit == _UNDER_WAY):
            reached[lit] = scan.at
        if lit and scan.place:
            places[lit] = scan.place
    at = state.lit if state else max(reached)
    newest = max([scan.at for scan in scans] + ([parcel.state_at] if parcel.state_at else []), default=None)
    over = state is not None and state.is_over
    silent = newest is not None and at in (2, _UNDER_WAY) and not over and now - newest >= SILENT_AFTER
    stuck = silent or (state is not None and state.is_trouble)
    place = parcel.place or places.get(at, "")
    dots = []
    for number, title in enumerate(DOTS, start=1):
        words = place.split(",")[0][:16] if number == at == _UNDER_WAY and place else gettext(title)
        when = reached.get(number) or (parcel.state_at if number == at and known else None)
        look = "is-stuck" if stuck and number == at else "is-done" if number <= at else ""
        dots.append(Dot(words, when if number <= at else None, look))
    return Track(
        carrier=parcel.carrier.upper() if len(parcel.carrier) < 5 else parcel.carrier.title(),
        number=parcel.number,
        dots=tuple(dots),
        sentence=_sentence(state, newest, place, promised, silent, now),
        stuck=stuck,
    )


_UNDER_WAY = 3


def _sentence(
    state: State | None,
    newest: datetime | None,
    place: str,
    promised: datetime | None,
    silent: bool,
    now: datetime,
) -> str:
    parts = []
    if silent and newest is not None:
        parts.append(gettext("Seit %(n)d Tagen kein Scan.") % {"n": (now - newest).days})
    elif state is not None:
        parts.append(gettext(state.sentence))
        if place and not state.is_delivered:
            parts.append(gettext("Zuletzt: %(place)s.") % {"place": place})
    else:
        parts.append(gettext("Noch kein Scan vom Paketdienst."))
    if promised is not None and not (state is not None and state.is_delivered):
        words = (
            gettext("Zugesagt war der %(day)s.") if promised < now else gettext("Zugesagt ist der %(day)s.")
        )
        parts.append(words % {"day": f"{promised.day}.{promised.month}"})
    return " ".join(parts)
