"""Orders of a WooCommerce shop: answers of its REST API (v2, v3) and bodies of its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from kulanz.base.folding import fold, fold_number
from kulanz.base.limits import NAME_CHARS
from kulanz.channels import values
from kulanz.channels.contract import Opened, Record
from kulanz.channels.woocommerce.cut import load, objects_of, text_of
from kulanz.channels.woocommerce.fields import mapping, money, objects, pieces, sum_of, text, time
from kulanz.channels.woocommerce.parcels import tracked
from kulanz.facts.records import Fact, Unreadable

SOURCE = "woocommerce.orders"
SHOP_ID = "shop"
"""Kind of order number: the shop's own id, where a plugin gives orders other numbers."""
_REQUIRED = ("id", "status", "currency", "date_created", "total", "line_items", "billing")
_STAGES = {"completed": ("versendet", "date_completed"), "cancelled": ("storniert", "date_modified")}


class WooCommerceOrders:
    source = SOURCE
    restated = False

    def recognises(self, name: str, start: bytes) -> bool:
        """Any JSON: there is no other format of that kind, and an error that names what is missing helps most."""
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text.startswith(b"["):
            return text[1:].lstrip()[:1] in (b"{", b"]", b"") or name.lower().endswith(".json")
        return text.startswith(b"{") and (
            text[1:].lstrip()[:1] in (b'"', b"}", b"") or name.lower().endswith(".json")
        )

    def open(self, path: Path) -> Opened:
        """Raises Unreadable when the first object is no order: a file of another system is one mistake, not many."""
        parts = objects_of(text_of(path))
        first = next(parts, None)
        if first is None:
            return Opened(SOURCE, b"", "utf-8", iter(()))
        if not first.error:
            _order_of(first.body)
        return Opened(SOURCE, b"", "utf-8", chain([first], parts))

    def parse(self, record: Record) -> list[Fact]:
        """The order, its lines, refunds, parcels, stage and buyer. Raises Unreadable naming field and value."""
        return _facts(_order_of(record.body), record.zone)


def _order_of(body: bytes) -> Mapping[str, Any]:
    order = load(values.decode(body, "utf-8"))
    if not isinstance(order, dict):
        raise Unreadable("Das ist keine Bestellung von WooCommerce, sondern ein einzelner Wert.")
    missing = [name for name in _REQUIRED if name not in order]
    if missing:
        listed = ", ".join(f"„{name}“" for name in missing)
        raise Unreadable(f"Das ist keine Bestellung von WooCommerce: Es fehlen die Felder {listed}.")
    return order


def _facts(order: Mapping[str, Any], zone: str) -> list[Fact]:
    number = _key(order, "number" if text(order, "number", 1) else "id")
    placed = time(order, "date_created", zone)
    at = time(order, "date_modified", zone) or placed
    billing, shipping = mapping(order.get("billing")), mapping(order.get("shipping"))
    said = _order(order, number, placed, zone) | _address(
        shipping if text(shipping, "address_1", 1) else billing
    )
    facts = []
    if customer := _customer(billing):
        facts.append(Fact("customer", customer, at))
        said["customer_key"] = customer["key"]
    facts.append(Fact("order", said, at))
    shop_id = _key(order, "id")
    if shop_id != number:
        also = {"order_number": number, "kind": SHOP_ID, "number": shop_id, "folded": fold_number(shop_id)}
        facts.append(Fact("order_number", also, at))
    facts += [Fact("order_line", _line(line, number), at) for line in objects(order.get("line_items"))]
    facts.append(_stage(order, number, said["status"], placed, at, zone))
    facts += [Fact("refund", _refund(refund, order, number), at) for refund in objects(order.get("refunds"))]
    for parcel in tracked(order, zone):
        known: dict[str, Any] = {"number": parcel.number, "carrier": parcel.carrier, "order_number": number}
        if parcel.shipped_at:
            known["shipped_at"] = parcel.shipped_at
        facts.append(Fact("parcel", known, at))
    return facts


def _key(said: Mapping[str, Any], field: str) -> str:
    return values.key(text(said, field, values.NUMBER_CHARS + 1), field)


def _order(order: Mapping[str, Any], number: str, placed: datetime | None, zone: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "number": number,
        "placed_at": placed,
        "status": text(order, "status", values.STATUS_CHARS),
        "fulfilled_by": "own",
        "currency": text(order, "currency", 3).upper(),
    }
    for column, amount in (
        ("total_cents", money(order, "total")),
        ("shipping_cents", sum_of(order, "shipping_total", "shipping_tax")),
        ("discount_cents", sum_of(order, "discount_total", "discount_tax")),
    ):
        if amount is not None:
            said[column] = amount
    codes = [text(coupon, "code", values.VOUCHER_CHARS) for coupon in objects(order.get("coupon_lines"))]
    said["vouchers"] = ", ".join(code for code in codes if code)[: values.VOUCHER_CHARS]
    if paid := time(order, "date_paid", zone):
        said["paid_at"] = paid
    return said


def _name(address: Mapping[str, Any]) -> str:
    names = (text(address, field, NAME_CHARS) for field in ("first_name", "last_name"))
    return " ".join(name for name in names if name)[:NAME_CHARS] or text(address, "company", NAME_CHARS)


def _place(address: Mapping[str, Any]) -> dict[str, Any]:
    street = ", ".join(
        filter(None, (text(address, field, NAME_CHARS) for field in ("address_1", "address_2")))
    )
    return {
        "street": street[:NAME_CHARS],
        "postcode": text(address, "postcode", values.POSTCODE_CHARS),
        "city": text(address, "city", values.CITY_CHARS),
        "country": text(address, "country", 2).upper(),
    }


def _address(address: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing where the order has no address: it wipes nothing out."""
    said = {"recipient": _name(address)} | _place(address)
    return said if any(said.values()) else {}


def _customer(billing: Mapping[str, Any]) -> dict[str, Any] | None:
    mail = text(billing, "email", values.MAIL_CHARS + 1).lower()
    name = _name(billing)
    postcode = text(billing, "postcode", values.POSTCODE_CHARS)
    if mail:
        known_by = values.key(mail, "email", values.MAIL_CHARS)
    elif name and postcode:
        known_by = values.customer_key(name, postcode)
    else:
        return None
    customer = {"key": known_by, "name": name, "folded_name": fold(name)[:NAME_CHARS], "email": mail}
    return customer | {"phone": text(billing, "phone", values.PHONE_CHARS)} | _place(billing)


def _line(line: Mapping[str, Any], number: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "order_number": number,
        "ref": _key(line, "id"),
        "sku": text(line, "sku", values.SKU_CHARS),
        "title": text(line, "name", values.TITLE_CHARS),
        "quantity": pieces(line, "quantity"),
    }
    if (gross := sum_of(line, "total", "total_tax")) is not None:
        said["price_cents"] = gross
        said["tax_cents"] = money(line, "total_tax") or 0
    return said


def _stage(
    order: Mapping[str, Any],
    number: str,
    status: str,
    placed: datetime | None,
    at: datetime | None,
    zone: str,
) -> Fact:
    name, field = _STAGES.get(status, ("eingegangen", "date_created"))
    reached = time(order, field, zone) or (placed if field == "date_created" else at)
    return Fact("stage", {"order_number": number, "name": name, "reached_at": reached}, at)


def _refund(refund: Mapping[str, Any], order: Mapping[str, Any], number: str) -> dict[str, Any]:
    said: dict[str, Any] = {"order_number": number, "ref": _key(refund, "id")}
    amount = money(refund, "total")
    if amount is not None:
        said |= {"cents": abs(amount), "currency": text(order, "currency", 3).upper()}
    if reason := text(refund, "reason", values.REASON_CHARS):
        said["reason"] = reason
    return said


ORDERS = WooCommerceOrders()
