"""The columns of Amazon's order reports, found by name.

Source: Amazon's pages "Order reports attributes" and "Order tracking reports attributes" (SP-API documentation). Reports in the
wild carry further columns; they are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kulanz.channels.values import decode
from kulanz.facts.records import Unreadable

ALL_ORDERS = "amazon.orders_all"
UNSHIPPED = "amazon.orders_unshipped"

_NUMBER = ("amazon-order-id", "order-id")
_REQUIRED = {
    ALL_ORDERS: ("amazon-order-id", "purchase-date", "order-status", "sku", "quantity"),
    UNSHIPPED: ("order-id", "order-item-id", "purchase-date", "sku", "quantity-purchased"),
}
_MARKS = {
    ALL_ORDERS: ({"amazon-order-id"}, {"order-status", "purchase-date", "item-status"}),
    UNSHIPPED: ({"order-id"}, {"order-item-id", "quantity-purchased", "promise-date"}),
}
"""All of the first and two of the second set: this report, even if another column is missing."""
_DISCOUNTS = ("item-promotion-discount", "ship-promotion-discount")
_CHARGES = ("item-price", "shipping-price", "gift-wrap-price")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one report stand; -1 is not delivered."""

    names: tuple[str, ...]
    needed: int
    """Fields a row must have to hold every required column."""
    number: int
    item_id: int
    placed: int
    updated: int
    status: int
    fulfilment: int
    promise: int
    item_status: int
    sku: int
    asin: int
    title: int
    quantity: int
    shipped: int
    currency: int
    price: int
    tax: int
    shipping: int
    charges: tuple[int, ...]
    discounts: tuple[int, ...]
    promotions: int
    business: int
    email: int
    buyer: int
    phone: int
    recipient: int
    street: tuple[int, ...]
    postcode: int
    city: int
    country: int


def column_names(header: bytes, charset: str) -> tuple[str, ...]:
    return tuple(name.strip().strip('"').lower() for name in decode(header, charset).split("\t"))


def recognised(header: bytes, charset: str, source: str) -> bool:
    names = set(column_names(header, charset))
    must, two_of = _MARKS[source]
    return must <= names and len(two_of & names) >= 2


@lru_cache(maxsize=64)
def layout(header: bytes, charset: str, source: str) -> Layout:
    """Raises Unreadable naming the columns that are missing."""
    names = column_names(header, charset)
    place = {name: at for at, name in reversed(list(enumerate(names)))}
    missing = [name for name in _REQUIRED[source] if name not in place]
    if missing:
        listed = ", ".join(f"„{name}“" for name in missing)
        raise Unreadable(f"Dem Amazon-Bericht fehlen Spalten: {listed}.")

    def at(*candidates: str) -> int:
        return next((place[name] for name in candidates if name in place), -1)

    def all_of(*candidates: str) -> tuple[int, ...]:
        return tuple(place[name] for name in candidates if name in place)

    return Layout(
        names=names,
        needed=max(place[name] for name in _REQUIRED[source]) + 1,
        number=at(*_NUMBER),
        item_id=at("order-item-id"),
        placed=at("purchase-date"),
        updated=at("last-updated-date", "reporting-date"),
        status=at("order-status"),
        fulfilment=at("fulfillment-channel"),
        promise=at("promise-date"),
        item_status=at("item-status"),
        sku=at("sku"),
        asin=at("asin"),
        title=at("product-name"),
        quantity=at("quantity", "quantity-purchased"),
        shipped=at("quantity-shipped"),
        currency=at("currency"),
        price=at("item-price"),
        tax=at("item-tax"),
        shipping=at("shipping-price"),
        charges=all_of(*_CHARGES),
        discounts=all_of(*_DISCOUNTS),
        promotions=at("promotion-ids"),
        business=at("is-business-order"),
        email=at("buyer-email"),
        buyer=at("buyer-name"),
        phone=at("buyer-phone-number"),
        recipient=at("recipient-name"),
        street=all_of("ship-address-1", "ship-address-2", "ship-address-3"),
        postcode=at("ship-postal-code"),
        city=at("ship-city"),
        country=at("ship-country"),
    )
