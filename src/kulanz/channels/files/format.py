"""Tables whose columns a person has named, and those that still wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from kulanz.channels.contract import Opened, Part, Record
from kulanz.channels.files.mapping import (
    TARGET,
    MappingNeeded,
    ProposedMapping,
    header_key,
    propose_mapping,
)
from kulanz.channels.files.table import delimiter_of, fields, rows_of
from kulanz.channels.files.targets import TARGETS, Row, Target
from kulanz.channels.textfile import charset_of, first_line, shape_of
from kulanz.channels.values import decode
from kulanz.facts.records import Fact, Unreadable

__all__ = ["MappingNeeded", "ProposedMapping", "header_key", "preview", "propose_mapping"]

WAITING = "files.table"
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
_SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a table, and where each of our columns stands."""

    delimiter: str
    header: tuple[str, ...]
    places: Mapping[str, int]
    names: Mapping[str, str]


@lru_cache(maxsize=64)
def header_of(head: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    """Delimiter and column names. Raises Unreadable for a single column and for a name that comes twice."""
    text = decode(head, charset)
    delimiter = delimiter_of(text)
    if not delimiter:
        raise Unreadable(
            "Die Kopfzeile hat nur eine Spalte; erwartet wird Semikolon, Komma oder Tabulator dazwischen."
        )
    return delimiter, tuple(fields(text, delimiter))


@lru_cache(maxsize=64)
def _table(head: bytes, charset: str, columns: tuple[tuple[str, str], ...]) -> Table:
    delimiter, header = header_of(head, charset)
    places = {}
    for ours, theirs in columns:
        if header.count(theirs) != 1:
            what = "fehlt" if theirs not in header else "kommt mehrfach vor"
            raise Unreadable(f"Spalte „{theirs}“ {what}.")
        places[ours] = header.index(theirs)
    return Table(delimiter, header, places, dict(columns))


def open_table(path: Path, source: str) -> Opened:
    """Cut a table into its rows. Raises Unreadable when it has no header of at least two columns."""
    shape = shape_of(path)
    head = first_line(path, shape)
    delimiter, header = header_of(head, shape.charset)
    parts = rows_of(path, shape, delimiter=delimiter, width=len(header))
    return Opened(source, head, shape.charset, parts)


def parse_row(record: Record, target: Target, columns: Mapping[str, str]) -> list[Fact]:
    """The facts of one row. `columns`: our column -> the file's. Raises Unreadable with column and value."""
    table = _table(record.head, record.charset, tuple(columns.items()))
    if missing := target.missing(table.places):
        raise Unreadable(f"Zuordnung unvollständig: Es fehlt eine Spalte für {', '.join(missing)}.")
    found = fields(decode(record.body, record.charset), table.delimiter)
    if len(found) > len(table.header) and any(found[len(table.header) :]):
        raise Unreadable(f"{len(found)} Felder, aber die Kopfzeile hat {len(table.header)}.")
    found += [""] * (len(table.header) - len(found))
    row = Row({ours: found[at] for ours, at in table.places.items()}, table.names, record.zone)
    return target.facts(row)


def start_of(start: bytes) -> tuple[bytes, str]:
    """Header line and character set of a file's first bytes."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return text.split(b"\n", 1)[0].rstrip(b"\r"), "cp1252" if charset_of(start) == "cp1252" else "utf-8"


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table of one target; its columns come with each record. Never recognised by itself."""

    target: Target

    @property
    def source(self) -> str:
        return f"files.{self.target.key}"

    @property
    def restated(self) -> bool:
        return self.target.restated

    def recognises(self, name: str, start: bytes) -> bool:
        return False

    def open(self, path: Path) -> Opened:
        return open_table(path, self.source)

    def parse(self, record: Record) -> list[Fact]:
        if not record.columns:
            raise Unreadable("Spaltenzuordnung fehlt.")
        return parse_row(
            record, self.target, {ours: c for ours, c in record.columns.items() if ours != TARGET}
        )


def _is_table(start: bytes, head: bytes, delimiter: str) -> bool:
    """A letter has commas as well; a table without its own suffix parts its second line like its first."""
    _, _, rest = start.partition(head)
    second = next((line for line in rest.splitlines() if line.strip()), None)
    mark = delimiter.encode()
    return mark != b"," and (second is None or second.count(mark) == head.count(mark))


class UnknownTable:
    """Any table nobody else knows: it waits, whole, until a person has approved a mapping."""

    source = WAITING
    restated = False

    def recognises(self, name: str, start: bytes) -> bool:
        if not name.lower().endswith(_SUFFIXES) or b"\x00" in start:
            return False
        head, charset = start_of(start)
        try:
            delimiter, header = header_of(head, charset)
        except Unreadable:
            return False
        if name.lower().endswith(".txt") and not _is_table(start, head, delimiter):
            return False
        named = sum(1 for column in header if any(c.isalpha() for c in column))
        return len(header) >= (2 if name.lower().endswith(".csv") else 3) and named * 2 > len(header)

    def open(self, path: Path) -> Opened:
        """Always raises: MappingNeeded with what we would propose, or Unreadable."""
        opened = open_table(path, WAITING)
        delimiter, header = header_of(opened.head, opened.charset)
        raise MappingNeeded(header, propose_mapping(header, _sample(opened, delimiter)))

    def parse(self, record: Record) -> list[Fact]:
        raise Unreadable("Spaltenzuordnung fehlt.")


def _sample(opened: Opened, delimiter: str) -> list[list[str]]:
    rows = []
    for part in islice(opened.parts, _SAMPLE_ROWS):
        try:
            rows.append(fields(decode(part.body, opened.charset), delimiter))
        except Unreadable:
            continue
    return rows


@dataclass(frozen=True, slots=True)
class PreviewRow:
    line: int
    fields: Sequence[str]
    facts: Sequence[Fact]
    error: str


def preview(
    path: Path, target: str, columns: Mapping[str, str], *, example: Record, rows: int = _SAMPLE_ROWS
) -> list[PreviewRow]:
    """What a mapping would make of the first rows; nothing is kept. `example` gives zone and times."""
    opened = open_table(path, f"files.{target}")
    delimiter, _ = header_of(opened.head, opened.charset)
    shown = []
    for part in islice(opened.parts, rows):
        record = _record_of(part, opened, example, columns)
        error, facts, cells = part.error, [], []
        try:
            cells = fields(decode(part.body, opened.charset), delimiter)
            facts = MAPPED[target].parse(record) if not error else []
        except Unreadable as unreadable:
            error = str(unreadable)
        shown.append(PreviewRow(part.line or 0, cells, facts, error))
    return shown


def _record_of(part: Part, opened: Opened, example: Record, columns: Mapping[str, str]) -> Record:
    return Record(
        body=part.body,
        head=opened.head,
        charset=opened.charset,
        zone=example.zone,
        source_at=example.source_at,
        received_at=example.received_at,
        line=part.line,
        name=example.name,
        columns=columns,
    )


MAPPED: Mapping[str, MappedTable] = {key: MappedTable(target) for key, target in TARGETS.items()}
UNKNOWN = UnknownTable()
