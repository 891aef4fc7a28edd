"""The kinds of facts: which model each becomes, by which key it is known, and how it finds its parent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from kulanz.base.folding import fold, fold_number
from kulanz.facts.models import (
    Attachment,
    Customer,
    Invoice,
    Message,
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


@dataclass(frozen=True, slots=True)
class Parent:
    """`said` is what the fact calls its parent, `column` the foreign key it becomes."""

    said: str
    column: str
    kind: str
    required: bool = False
    any_account: bool = False
    """The parent may belong to another account: an ERP speaks of the marketplaces' orders."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    """Key columns of the table, after the parent is found."""
    parent: Parent | None = None
    touches_order: bool = False
    """A change is a change of its order for whoever must look again."""
    derived: tuple[tuple[str, str, Callable[[str], str]], ...] = ()
    """(said column, column made from it, how)."""


_OF_ORDER = Parent("order_number", "order_id", "order", any_account=True)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        # In the order they are written: parents before children.
        Kind("customer", Customer, ("account_id", "key"), derived=(("name", "folded_name", fold),)),
        Kind("product", Product, ("account_id", "sku")),
        Kind("stock", Stock, ("account_id", "sku")),
        Kind(
            "order", Order, ("account_id", "number"), Parent("customer_key", "customer_id", "customer"), True
        ),
        Kind(
            "order_number",
            OrderNumber,
            ("account_id", "order_number", "kind", "number"),
            _OF_ORDER,
            True,
            derived=(("number", "folded", fold_number),),
        ),
        Kind(
            "order_line",
            OrderLine,
            ("order_id", "ref"),
            Parent("order_number", "order_id", "order", True),
            True,
        ),
        Kind("stage", Stage, ("account_id", "order_number", "name"), _OF_ORDER, True),
        Kind("parcel", Parcel, ("number", "carrier", "order_number"), _OF_ORDER, True),
        Kind("scan", Scan, ("number", "carrier", "at", "code", "place")),
        Kind("invoice", Invoice, ("account_id", "number", "order_number"), _OF_ORDER, True),
        Kind("refund", Refund, ("account_id", "order_number", "ref"), _OF_ORDER, True),
        Kind("return", Return, ("account_id", "order_number", "ref", "sku"), _OF_ORDER, True),
        Kind("message", Message, ("account_id", "key"), Parent("customer_key", "customer_id", "customer")),
        Kind(
            "attachment",
            Attachment,
            ("message_id", "place"),
            Parent("message_key", "message_id", "message", True),
        ),
    )
}
PARCEL_STATE = "parcel_state"
"""Not a table: a carrier's news of a parcel, for every order that waits for this number."""
