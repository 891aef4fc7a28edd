"""What every file format offers, be it a channel's or a carrier's: cut a file into records, read one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

from kulanz.facts.records import Fact


class Part(NamedTuple):
    """One record of a file, byte for byte. `line` counts from 1; `note` see RawRecord.note."""

    key: str
    body: bytes
    line: int | None = None
    note: str = ""
    error: str = ""
    """Not empty: this part cannot even be cut out (half a line, too long); it goes to quarantine at once."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as its format sees it, before its records are cut."""

    source: str
    head: bytes
    charset: str
    parts: Iterator[Part]
    source_at: datetime | None = None
    """The time the file itself names, if any."""


class Record(NamedTuple):
    """A raw record with all its parser may know. Pure input: no database, clock or network."""

    body: bytes
    head: bytes
    charset: str
    zone: str
    """The account's zone; a time without zone takes it."""
    source_at: datetime
    received_at: datetime
    line: int | None = None
    name: str = ""
    note: str = ""
    columns: Mapping[str, str] = MappingProxyType({})
    """Approved column mapping: fact column -> file column. Empty for formats that know their columns."""


class FileFormat(Protocol):
    """A kind of file: how to recognise it, cut it into records, and read one record."""

    source: str
    """As amazon.orders_all; also RawBatch.source."""
    restated: bool
    """A record says what holds when its file was written and names no time of its own, as a stock list: the same
    record in a newer file is news (it still holds, or holds again) and is read again."""

    def recognises(self, name: str, start: bytes) -> bool:
        """Whether a file of this name with these first 64 KB is ours. Pure."""
        ...

    def open(self, path: Path) -> Opened:
        """Cut the file into records, streaming. Raises Unreadable when the file as a whole is not readable."""
        ...

    def parse(self, record: Record) -> list[Fact]:
        """The facts of one record. Raises Unreadable with column and value. Pure."""
        ...
