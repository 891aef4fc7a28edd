"""Exports of an ERP (Wawi) as CSV: stages, stock, articles, invoices, refunds, returns, known by their column names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kulanz.channels.contract import Opened, Record
from kulanz.channels.files.format import header_of, open_table, parse_row, start_of
from kulanz.channels.files.mapping import known_columns
from kulanz.channels.files.targets import TARGETS, Target
from kulanz.facts.records import Fact, Unreadable

TABLES = ("stages", "stock", "products", "invoices", "refunds", "returns")


@lru_cache(maxsize=64)
def table_of(head: bytes, charset: str) -> str:
    """Which export a header belongs to; empty when its names are not those of any."""
    try:
        _, header = header_of(head, charset)
    except Unreadable:
        return ""
    fitting = []
    for key in TABLES:
        target = TARGETS[key]
        found = known_columns(header, target)
        if not target.missing(found):
            fitting.append((sum(1 for column in target.telling if column in found), len(found), key))
    return max(fitting)[2] if fitting else ""


@lru_cache(maxsize=64)
def _columns(head: bytes, charset: str, key: str) -> Mapping[str, str]:
    return known_columns(header_of(head, charset)[1], TARGETS[key])


@dataclass(frozen=True, slots=True)
class WawiExport:
    target: Target

    @property
    def source(self) -> str:
        return f"wawi.{self.target.key}"

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
