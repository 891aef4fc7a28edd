"""Exports of an ERP (Wawi) as CSV: stages, stock, articles, invoices, refunds, returns, known by their column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kulanz.channels.contract import Opened, Record
from kulanz.channels.files.format import header_of, open_table, parse_row, start_of
from kulanz.channels.files.mapping import folded_name, known_columns, names_of
from kulanz.channels.files.targets import TARGETS, Target
from kulanz.facts.records import Fact, Unreadable

TABLES = ("stages", "stock", "products", "invoices", "refunds", "returns")
_WITHOUT_ORDERS = ("stock", "products")
"""Tables of articles alone: one that names orders is about those. And one that names articles, prices or buyers is
a table of orders, whose status is no stage."""


@lru_cache(maxsize=64)
def table_of(head: bytes, charset: str) -> str:
    """Which export a header belongs to; empty when its names are not those of any."""
    try:
        _, header = header_of(head, charset)
    except Unreadable:
        return ""
    of_orders = _has(header, "stages", "order_number", "wawi_number")
    of_lines = _has(header, "orders", "sku", "price_cents", "email")
    fitting = []
    for key in TABLES:
        if (of_orders and key in _WITHOUT_ORDERS) or (of_lines and key == "stages"):
            continue
        target = TARGETS[key]
        found = known_columns(header, target)
        if not target.missing(found):
            fitting.append((sum(1 for column in target.telling if column in found), len(found), key))
    return max(fitting)[2] if fitting else ""


def _has(header: Sequence[str], target: str, *columns: str) -> bool:
    known = frozenset().union(*(names_of(TARGETS[target], column) for column in columns))
    return any(folded_name(name) in known for name in header)


@lru_cache(maxsize=64)
def _columns(head: bytes, charset: str, key: str) -> Mapping[str, str]:
    return known_columns(header_of(head, charset)[1], TARGETS[key])


@dataclass(frozen=True, slots=True)
class WawiExport:
    target: Target

    @property
    def source(self) -> str:
        return f"wawi.{self.target.key}"

    @property
    def restated(self) -> bool:
        return self.target.restated

    def recognises(self, name: str, start: bytes) -> bool:
        head, charset = start_of(start)
        return b"\x00" not in head and table_of(head, charset) == self.target.key

    def open(self, path: Path) -> Opened:
        return open_table(path, self.source)

    def parse(self, record: Record) -> list[Fact]:
        """One row. An approved mapping, if the account has one for this header, wins over the names."""
        columns = record.columns or _columns(record.head, record.charset, self.target.key)
        return parse_row(record, self.target, columns)


STAGES, STOCK, PRODUCTS, INVOICES, REFUNDS, RETURNS = (WawiExport(TARGETS[key]) for key in TABLES)
