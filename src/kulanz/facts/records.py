"""What a parser hands over: facts by kind, each with just the columns its source delivers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Fact(NamedTuple):
    """One row to be.

    `kind` is a key of facts.kinds.KINDS ("order", "order_line", "stage", "parcel", "scan", "product", "stock",
    "customer", "order_number", "invoice", "refund", "return", "message", "attachment"). `values` maps column
    names of that model to values: key columns always, other columns only when the source delivers them. Money is
    integer cents, times are aware UTC. A child names its parent by number: "order_number" for lines, stages,
    parcels, invoices, refunds, returns; "customer_key" for an order's or message's customer; "message_key" for an
    attachment. `at` is the source's own time of this fact; None takes the time of the file.
    """

    kind: str
    values: Mapping[str, Any]
    at: datetime | None = None


class Unreadable(ValueError):
    """A parser cannot read this record. The text is German, for people, and names column and value."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The facts of one raw record. Times are aware."""

    facts: Sequence[Fact]
    source_at: datetime
    received_at: datetime
    raw_id: int | None = None


@dataclass(slots=True)
class Ingested:
    """Ids by kind and by what facts call a row: an order's number, a customer's or message's key."""

    ids: dict[str, dict[Any, int]] = field(default_factory=lambda: defaultdict(dict))
    new: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: set[int] = field(default_factory=set)
    """Orders that something new is known of."""
