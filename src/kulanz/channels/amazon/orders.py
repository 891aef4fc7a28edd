"""Amazon's order reports: all orders (by order date and by last update) and unshipped orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kulanz.base.folding import fold
from kulanz.base.limits import NAME_CHARS
from kulanz.channels.amazon.columns import ALL_ORDERS, UNSHIPPED, Layout, layout, recognised
from kulanz.channels.amazon.cut import REST, orders_of
from kulanz.channels.contract import Opened, Record
from kulanz.channels.textfile import charset_of, first_line, shape_of
from kulanz.channels.values import (
    ASIN_CHARS,
    CITY_CHARS,
    MAIL_CHARS,
    PHONE_CHARS,
    POSTCODE_CHARS,
    SKU_CHARS,
    STATUS_CHARS,
    TITLE_CHARS,
    VOUCHER_CHARS,
    cents,
    decode,
    key,
    truth,
    when,
    whole,
)
from kulanz.facts.records import Fact, Unreadable

_FULFILLED_BY = {"merchant": "own", "mfn": "own", "amazon": "platform", "afn": "platform"}
_SHIPPED = {"shipped", "shipped - delivered to buyer", "shipped - picked up", "shipped - out for delivery"}
_CANCELLED = {"cancelled", "canceled"}
RECEIVED_STAGE, SHIPPED_STAGE, CANCELLED_STAGE = "eingegangen", "versendet", "storniert"
Row = list[str]


@dataclass(frozen=True, slots=True)
class OrderReport:
    """One of the two kinds of report."""

    source: str
    restated: bool = False

    def recognises(self, name: str, start: bytes) -> bool:
        header = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0]
        if header.count(b"\t") < 3:
            return False
        return recognised(header, "cp1252" if charset_of(header) == "cp1252" else "utf-8", self.source)

    def open(self, path: Path) -> Opened:
        shape = shape_of(path)
        header = first_line(path, shape)
        found = layout(header, shape.charset, self.source)
        parts = orders_of(
            path,
            shape,
            header=header,
            number_at=found.number,
            needed=found.needed,
            width=len(found.names),
        )
        return Opened(self.source, header, shape.charset, parts)

    def parse(self, record: Record) -> list[Fact]:
        """The order, its lines, the stage it reached, and its buyer where the report names his address.

        Prices are gross, as Amazon reports them for European marketplaces. A line is known by its sku, not by
        Amazon's item id: only so do both reports speak of the same line.
        """
        columns = layout(record.head, record.charset, self.source)
        width = len(columns.names)
        rows = []
        for line in decode(record.body, record.charset).split("\n"):
            row = line.rstrip("\r").split("\t")
            if len(row) >= columns.needed:
                if len(row) < width:
                    row += [""] * (width - len(row))
                rows.append(row)
        if not rows:
            raise Unreadable(f"Kein Feld „{columns.names[columns.number]}“ in diesem Datensatz")
        return _facts(rows, columns, record, self.source)


def _facts(rows: list[Row], at: Layout, record: Record, source: str) -> list[Fact]:
    first = rows[0]
    zone = record.zone
    number = key(first[at.number], at.names[at.number])
    placed = when(first[at.placed], zone, "purchase-date")
    changed = placed
    if at.updated >= 0:
        # Mostly the same text in every line, and ISO texts of one report sort as their times do.
        latest = max([row[at.updated] for row in rows])
        if latest:
            changed = when(latest, zone, at.names[at.updated])
    status = _status(rows, at)[:STATUS_CHARS]
    order: dict[str, Any] = {"number": number, "placed_at": placed, "status": status}
    if source == UNSHIPPED:
        order["fulfilled_by"] = "own"
    elif at.fulfilment >= 0:
        order["fulfilled_by"] = _FULFILLED_BY.get(first[at.fulfilment].strip().lower(), "")
    if record.note != REST:
        _add_sums(order, rows, at)
    _add_address(order, first, at)
    if at.business >= 0 and (business := truth(first[at.business])) is not None:
        order["business"] = business
    if at.promise >= 0 and first[at.promise]:
        order["ship_by"] = when(first[at.promise], zone, "promise-date")
    facts = []
    if at.email >= 0 and (mail := first[at.email].strip().lower()):
        facts.append(
            Fact("customer", _customer(key(mail, "buyer-email", MAIL_CHARS), first, at, order), changed)
        )
        order["customer_key"] = mail
    facts.append(Fact("order", order, changed))
    _add_lines(facts, rows, at, number, changed)
    facts.append(_stage(number, status, placed, changed))
    return facts


def _status(rows: list[Row], at: Layout) -> str:
    """As the report writes it; the report of unshipped orders has no such column but tells the pieces."""
    if at.status >= 0:
        return rows[0][at.status].strip()
    if at.shipped >= 0 and any(row[at.shipped] not in ("", "0") for row in rows):
        return "PartiallyShipped"
    return "Unshipped"


def _add_sums(order: dict[str, Any], rows: list[Row], at: Layout) -> None:
    """Totals only where the report gives prices: those of pending orders are not known yet."""
    if at.price < 0 or not any(row[at.price] for row in rows):
        return
    total = shipping = discount = 0
    codes: list[str] = []
    names = at.names
    for row in rows:
        for place in at.charges:
            if text := row[place]:
                amount = cents(text, names[place])
                total += amount
                if place == at.shipping:
                    shipping += amount
        for place in at.discounts:
            if text := row[place]:
                discount += abs(cents(text, names[place]))
        if at.promotions >= 0 and (text := row[at.promotions]):
            codes += text.split(",")
    if at.currency >= 0:
        order["currency"] = rows[0][at.currency].strip()[:3].upper()
    order["total_cents"] = total - discount
    if at.shipping >= 0:
        order["shipping_cents"] = shipping
    if at.discounts:
        order["discount_cents"] = discount
    if at.promotions >= 0:
        distinct = dict.fromkeys(code.strip() for code in codes) if codes else ()
        order["vouchers"] = ", ".join(code for code in distinct if code)[:VOUCHER_CHARS]


def _add_address(order: dict[str, Any], row: Row, at: Layout) -> None:
    """Amazon blanks addresses after a while; a blank one is not delivered, so it wipes nothing out."""
    if at.recipient >= 0 and row[at.recipient]:
        order["recipient"] = row[at.recipient].strip()[:NAME_CHARS]
    if at.street and any(row[place] for place in at.street):
        order["street"] = ", ".join(row[place].strip() for place in at.street if row[place].strip())[
            :NAME_CHARS
        ]
    if at.postcode >= 0 and row[at.postcode]:
        order["postcode"] = row[at.postcode].strip()[:POSTCODE_CHARS]
        if at.city >= 0:
            order["city"] = row[at.city].strip()[:CITY_CHARS]
        if at.country >= 0:
            order["country"] = row[at.country].strip()[:2].upper()


def _customer(mail: str, row: Row, at: Layout, order: dict[str, Any]) -> dict[str, Any]:
    customer = {"key": mail, "email": mail}
    name = row[at.buyer].strip()[:NAME_CHARS] if at.buyer >= 0 else ""
    if name := name or order.get("recipient", ""):
        customer |= {"name": name, "folded_name": fold(name)[:NAME_CHARS]}
    if at.phone >= 0 and row[at.phone]:
        customer["phone"] = row[at.phone].strip()[:PHONE_CHARS]
    return customer | {c: order[c] for c in ("street", "postcode", "city", "country") if c in order}


def _add_lines(facts: list[Fact], rows: list[Row], at: Layout, number: str, changed: datetime) -> None:
    names = at.names
    taken: dict[str, int] = {}
    for row in rows:
        sku = row[at.sku].strip()[:SKU_CHARS]
        ref = (sku or (row[at.item_id].strip() if at.item_id >= 0 else ""))[:_REF_CHARS]
        if not ref:
            raise Unreadable("Spalte „sku“ ist leer")
        taken[ref] = times = taken.get(ref, 0) + 1
        line: dict[str, Any] = {
            "order_number": number,
            "ref": ref if times == 1 else f"{ref}#{times}",
            "sku": sku,
            "quantity": whole(row[at.quantity], names[at.quantity]),
        }
        if at.asin >= 0:
            line["asin"] = row[at.asin].strip()[:ASIN_CHARS]
        if at.title >= 0:
            line["title"] = row[at.title].strip()[:TITLE_CHARS]
        if at.price >= 0 and (price := row[at.price]):
            line["price_cents"] = cents(price, names[at.price])
            if at.tax >= 0:
                tax = row[at.tax]
                line["tax_cents"] = cents(tax, names[at.tax]) if tax else 0
        if at.item_status >= 0:
            line["status"] = row[at.item_status].strip()[:STATUS_CHARS]
        facts.append(Fact("order_line", line, changed))


_REF_CHARS = 56
"""Leaves room for the number of a further line of the same sku."""


def _stage(number: str, status: str, placed: datetime, changed: datetime) -> Fact:
    """Amazon names no time of dispatch: the report's change that shows it is the latest it can have been."""
    folded = status.lower()
    if folded in _SHIPPED:
        name, reached = SHIPPED_STAGE, changed
    elif folded in _CANCELLED:
        name, reached = CANCELLED_STAGE, changed
    else:
        name, reached = RECEIVED_STAGE, placed
    return Fact("stage", {"order_number": number, "name": name, "reached_at": reached}, changed)


ALL_ORDERS_REPORT = OrderReport(ALL_ORDERS)
UNSHIPPED_REPORT = OrderReport(UNSHIPPED)
