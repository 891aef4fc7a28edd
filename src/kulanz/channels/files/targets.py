"""What a table can be about, and how one of its rows becomes facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kulanz.base.folding import fold, fold_number
from kulanz.base.limits import NAME_CHARS
from kulanz.channels import values as read
from kulanz.channels.shipping import carrier_key
from kulanz.facts.records import Fact, Unreadable

_SURE_SEPARATOR = re.compile(r"[,;|\n]+")
_LIKELY_SEPARATOR = re.compile(r"\s*/\s*|\s+")
_SHORTEST_NUMBER = 5
"""Signs each part must have, a digit among them, for a slash or blank to separate numbers: 2026/4711 is one."""
_SHIPPED = {"versendet", "versandt", "verschickt", "ausgeliefert", "shipped", "dispatched"}
_CORRECTIONS = {"rechnungskorrektur", "gutschrift", "storno", "stornorechnung", "credit note", "correction"}
_STAGE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One row by our column names. Values are stripped; a column the file lacks reads as empty."""

    values: Mapping[str, str]
    names: Mapping[str, str]
    """Our column -> the file's, for errors."""
    zone: str

    def name(self, column: str) -> str:
        return self.names.get(column, column)

    def text(self, column: str, limit: int = NAME_CHARS) -> str:
        return self.values.get(column, "")[:limit]

    def key(self, column: str, limit: int = read.NUMBER_CHARS) -> str:
        return read.key(self.values.get(column, ""), self.name(column), limit)

    def cents(self, column: str) -> int | None:
        text = self.values.get(column, "")
        return read.cents(text, self.name(column)) if text else None

    def whole(self, column: str) -> int | None:
        text = self.values.get(column, "")
        return read.whole(text, self.name(column)) if text else None

    def when(self, column: str) -> datetime | None:
        text = self.values.get(column, "")
        return read.when(text, self.zone, self.name(column)) if text else None


Reader = Callable[[str, str], object]


def _any(value: str, column: str) -> str:
    return value


def _time(value: str, column: str) -> datetime:
    return read.when(value, "UTC", column)


def _with_digit(value: str, column: str) -> str:
    if not any(c.isdigit() for c in value):
        raise Unreadable(f"Spalte „{column}“: „{value[:40]}“ ist keine Nummer")
    return value


@dataclass(frozen=True, slots=True)
class Target:
    key: str
    columns: Mapping[str, Reader]
    """Our columns, each with what reads a sample value of it."""
    needs: tuple[tuple[str, ...], ...]
    """Of each group at least one column."""
    telling: tuple[str, ...]
    """Columns that only such a table has; they decide between targets that both fit."""
    facts: Callable[[Row], list[Fact]]
    restated: bool = False
    """See FileFormat.restated."""

    def missing(self, found: Mapping[str, object]) -> tuple[str, ...]:
        """The first column of each group of which the table has none."""
        return tuple(group[0] for group in self.needs if not any(column in found for column in group))


def split_numbers(cell: str) -> list[str]:
    """The order numbers of one cell; a merged order has several. Each once, in order."""
    found: list[str] = []
    for part in _SURE_SEPARATOR.split(cell):
        pieces = [piece for piece in _LIKELY_SEPARATOR.split(part.strip()) if piece]
        whole = all(len(p) >= _SHORTEST_NUMBER and any(c.isdigit() for c in p) for p in pieces)
        found += pieces if whole else [part.strip()]
    return list(dict.fromkeys(number for number in found if number))


def _orders(row: Row) -> list[str]:
    """The numbers by which a row names its orders: external ones, else the ERP's own. Raises Unreadable without any."""
    named = split_numbers(row.values.get("order_number", ""))
    numbers = [read.key(number, row.name("order_number")) for number in named]
    return numbers or [row.key("wawi_number" if "wawi_number" in row.names else "order_number")]


def _also_called(row: Row, orders: list[str], at: datetime | None, *more: tuple[str, str]) -> list[Fact]:
    """The further numbers of these orders that the row tells: ERP, delivery note, and `more` of (kind, column)."""
    facts = []
    for kind, column in (("wawi", "wawi_number"), ("delivery", "delivery_note"), *more):
        if not row.values.get(column):
            continue
        number = row.key(column)
        for order in orders:
            if order != number:
                said = {"order_number": order, "kind": kind, "number": number, "folded": fold_number(number)}
                facts.append(Fact("order_number", said, at))
    return facts


def _stage(row: Row) -> list[Fact]:
    orders = _orders(row)
    at = row.when("reached_at")
    shipped = row.when("shipped_at")
    name = row.text("name", _STAGE_CHARS)
    facts = _also_called(row, orders, at or shipped)
    for order in orders:
        if name:
            facts.append(Fact("stage", {"order_number": order, "name": name, "reached_at": at}, at))
        facts += _parcels(row, order, at, shipped or (at if fold(name) in _SHIPPED else None))
    return facts


def _parcels(row: Row, order: str, at: datetime | None, shipped: datetime | None) -> list[Fact]:
    facts = []
    for said in _SURE_SEPARATOR.split(row.values.get("tracking_number", "")):
        number = fold_number(said)
        if not number:
            continue
        parcel: dict[str, Any] = {
            "number": read.key(number, row.name("tracking_number")),
            "carrier": carrier_key(row.text("carrier")),
            "order_number": order,
        }
        if note := row.values.get("delivery_note"):
            parcel["delivery_note"] = note[: read.NUMBER_CHARS]
        if shipped:
            parcel["shipped_at"] = shipped
        facts.append(Fact("parcel", parcel, at or shipped))
    return facts


def _stock(row: Row) -> list[Fact]:
    available = row.whole("available")
    if available is None:
        physical, reserved = row.whole("physical"), row.whole("reserved")
        if physical is None:
            raise Unreadable(f"Spalte „{row.name('available')}“ ist leer")
        available = physical - (reserved or 0)
    return [Fact("stock", {"sku": row.key("sku", read.SKU_CHARS), "available": available}, row.when("at"))]


def _product(row: Row) -> list[Fact]:
    product: dict[str, Any] = {"sku": row.key("sku", read.SKU_CHARS)}
    for column, limit in (
        ("asin", read.ASIN_CHARS),
        ("ean", read.ASIN_CHARS),
        ("title", read.TITLE_CHARS),
        ("picture", NAME_CHARS),
    ):
        if column in row.names:
            product[column] = row.text(column, limit)
    if (cost := row.cents("cost_cents")) is not None:
        product["cost_cents"] = cost
    facts = [Fact("product", product)]
    if (available := row.whole("available")) is not None:
        facts.append(Fact("stock", {"sku": product["sku"], "available": available}))
    return facts


def _currency(row: Row) -> dict[str, str]:
    """Only as the table tells it; words tell no code."""
    code = row.text("currency", 4).upper()
    return {"currency": "EUR"} if code == "€" else {"currency": code} if len(code) == 3 else {}


def _invoice(row: Row) -> list[Fact]:
    orders = _orders(row)
    issued = row.when("issued_on")
    facts = _also_called(row, orders, issued, ("invoice", "number"))
    said: dict[str, Any] = {"number": row.key("number")}
    said["kind"] = "correction" if fold(row.text("kind")) in _CORRECTIONS else "invoice"
    if issued:
        said["issued_on"] = issued.astimezone(ZoneInfo(row.zone)).date()
    if (total := row.cents("total_cents")) is not None:
        said["total_cents"] = total
        said |= _currency(row)
    if name := row.text("file_name"):
        said["file_name"] = name
    return facts + [Fact("invoice", {"order_number": order} | said, issued) for order in orders]


def _refund(row: Row) -> list[Fact]:
    orders = _orders(row)
    at = row.when("refunded_at")
    said: dict[str, Any] = {"ref": row.key("ref" if row.values.get("ref") else "ref_plain")}
    if at:
        said["refunded_at"] = at
    cents = row.cents("cents")
    if cents is None:
        raise Unreadable(f"Spalte „{row.name('cents')}“ ist leer")
    said |= {"cents": abs(cents)} | _currency(row)
    if reason := row.text("reason", read.REASON_CHARS):
        said["reason"] = reason
    return _also_called(row, orders, at) + [
        Fact("refund", {"order_number": order} | said, at) for order in orders
    ]


def _return(row: Row) -> list[Fact]:
    orders = _orders(row)
    arrived, announced = row.when("arrived_at"), row.when("announced_at")
    condition = row.text("condition", 60)
    reason = row.text("reason") + (f" (Zustand: {condition})" if condition else "")
    said: dict[str, Any] = {"ref": row.key("ref"), "sku": row.text("sku", read.SKU_CHARS)}
    if (quantity := row.whole("quantity")) is not None:
        said["quantity"] = quantity
    if arrived:
        said["arrived_at"] = arrived
    if announced:
        said["announced_at"] = announced
    if reason:
        said["reason"] = reason[: read.REASON_CHARS].strip()
    if tracking := fold_number(row.values.get("tracking_number", "")):
        said["tracking_number"] = tracking[: read.NUMBER_CHARS]
    at = arrived or announced
    return _also_called(row, orders, at) + [
        Fact("return", {"order_number": order} | said, at) for order in orders
    ]


_ORDER_TEXTS = (
    ("status", read.STATUS_CHARS),
    ("recipient", NAME_CHARS),
    ("street", NAME_CHARS),
    ("postcode", read.POSTCODE_CHARS),
    ("city", read.CITY_CHARS),
)


def _order(row: Row) -> list[Fact]:
    """One row is one line of an order, or a whole order without lines; sums are those of the whole order."""
    placed = row.when("placed_at")
    order: dict[str, Any] = {"number": row.key("number")}
    if placed:
        order["placed_at"] = placed
    for column in ("total_cents", "shipping_cents"):
        if (cents := row.cents(column)) is not None:
            order[column] = cents
    if "total_cents" in order:
        order |= _currency(row)
    for column, limit in _ORDER_TEXTS:
        if text := row.text(column, limit):
            order[column] = text
    if len(country := row.text("country")) == 2:
        order["country"] = country.upper()
    facts = []
    if customer := _customer(row, order):
        facts.append(Fact("customer", customer, placed))
        order["customer_key"] = customer["key"]
    facts.append(Fact("order", order, placed))
    if sku := row.text("sku", read.SKU_CHARS):
        facts.append(Fact("order_line", _order_line(row, order["number"], sku), placed))
    return facts


def _customer(row: Row, order: dict[str, Any]) -> dict[str, Any] | None:
    mail = row.values.get("email", "").lower()
    name = order.get("recipient", "")
    if "@" in mail:
        known_by = read.key(mail, row.name("email"), read.MAIL_CHARS)
    elif name and order.get("postcode"):
        known_by = read.customer_key(name, order["postcode"])
    else:
        return None
    customer = {"key": known_by}
    if "@" in mail:
        customer["email"] = mail
    if name:
        customer |= {"name": name, "folded_name": fold(name)[:NAME_CHARS]}
    return customer | {c: order[c] for c in ("street", "postcode", "city", "country") if c in order}


def _order_line(row: Row, number: str, sku: str) -> dict[str, Any]:
    line: dict[str, Any] = {
        "order_number": number,
        "ref": row.text("line_ref", read.NUMBER_CHARS) or sku[: read.NUMBER_CHARS],
        "sku": sku,
    }
    if title := row.text("title", read.TITLE_CHARS):
        line["title"] = title
    quantity = row.whole("quantity")
    line["quantity"] = 1 if quantity is None else quantity
    if (price := row.cents("price_cents")) is not None:
        line["price_cents"] = price
    return line


_ORDER_NUMBERS: dict[str, Reader] = {"order_number": _with_digit, "wawi_number": _with_digit}
_NAMED_ORDER = ("order_number", "wawi_number")

TARGETS: Mapping[str, Target] = {
    target.key: target
    for target in (
        Target(
            "stages",
            _ORDER_NUMBERS
            | {
                "delivery_note": _with_digit,
                "name": _any,
                "reached_at": _time,
                "shipped_at": _time,
                "carrier": _any,
                "tracking_number": _with_digit,
            },
            (_NAMED_ORDER, ("name", "tracking_number")),
            ("name", "delivery_note", "tracking_number"),
            _stage,
        ),
        Target(
            "products",
            {
                "sku": _any,
                "asin": _any,
                "ean": _any,
                "title": _any,
                "picture": _any,
                "cost_cents": read.cents,
                "available": read.whole,
            },
            (("sku",), ("cost_cents", "ean", "asin")),
            ("cost_cents", "ean", "asin", "picture"),
            _product,
            restated=True,
        ),
        Target(
            "stock",
            {
                "sku": _any,
                "available": read.whole,
                "physical": read.whole,
                "reserved": read.whole,
                "at": _time,
            },
            (("sku",), ("available", "physical"), ("available", "reserved")),
            ("available", "reserved"),
            _stock,
            restated=True,
        ),
        Target(
            "invoices",
            _ORDER_NUMBERS
            | {
                "number": _with_digit,
                "issued_on": _time,
                "total_cents": read.cents,
                "currency": _any,
                "file_name": _any,
                "kind": _any,
            },
            (("number",), _NAMED_ORDER),
            ("number", "file_name"),
            _invoice,
        ),
        Target(
            "returns",
            _ORDER_NUMBERS
            | {
                "ref": _with_digit,
                "sku": _any,
                "quantity": read.whole,
                "arrived_at": _time,
                "announced_at": _time,
                "reason": _any,
                "condition": _any,
                "tracking_number": _with_digit,
            },
            (("ref",), _NAMED_ORDER),
            ("ref", "arrived_at", "condition"),
            _return,
        ),
        Target(
            "refunds",
            _ORDER_NUMBERS
            | {
                "ref": _with_digit,
                "ref_plain": _with_digit,
                "refunded_at": _time,
                "cents": read.cents,
                "currency": _any,
                "reason": _any,
            },
            (("ref", "ref_plain"), ("ref", "reason"), ("cents",), _NAMED_ORDER),
            ("ref", "reason"),
            _refund,
        ),
        Target(
            "orders",
            {
                "number": _with_digit,
                "placed_at": _time,
                "status": _any,
                "total_cents": read.cents,
                "shipping_cents": read.cents,
                "currency": _any,
                "email": _any,
                "recipient": _any,
                "street": _any,
                "postcode": _any,
                "city": _any,
                "country": _any,
                "line_ref": _any,
                "sku": _any,
                "title": _any,
                "quantity": read.whole,
                "price_cents": read.cents,
            },
            (("number",), ("placed_at", "sku", "total_cents")),
            ("email", "recipient", "street", "postcode"),
            _order,
        ),
    )
}
"""In the order of ColumnMapping.target."""
