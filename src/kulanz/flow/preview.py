"""What a handed-in file is, before a person lets it be read: its format, its columns, its first records."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from kulanz.base import blobs
from kulanz.base.limits import BLOB_CHUNK_BYTES
from kulanz.channels import registry
from kulanz.channels.connections import allowed_path
from kulanz.channels.contract import FileFormat, Part, Record
from kulanz.channels.files.format import WAITING, MappingNeeded, header_key, preview
from kulanz.channels.files.mapping import TARGET, ProposedMapping
from kulanz.channels.files.targets import TARGETS
from kulanz.channels.mail import boxes
from kulanz.channels.models import ColumnMapping
from kulanz.facts.records import Fact, Unreadable
from kulanz.flow.importing import SNIFF_BYTES
from kulanz.intake.models import Upload

SHOWN_ROWS = 5
MAIL = "mail"


@dataclass(frozen=True, slots=True)
class ShownRow:
    line: int | None
    facts: tuple[str, ...]
    """Each as `order 306-1 · 2026-11-27`, in the words of facts.kinds."""
    error: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """`source` is empty when nobody knows the file; `header` only of a table that needs a mapping."""

    source: str
    rows: tuple[ShownRow, ...] = ()
    header: tuple[str, ...] = ()
    header_key: str = ""
    proposal: ProposedMapping | None = None
    mapping_id: int | None = None
    columns: Mapping[str, str] | None = None
    """An approved mapping of the same header."""
    error: str = ""


@contextmanager
def beginning_of(upload: Upload) -> Iterator[Path]:
    """The first megabyte of the file, whole lines, under its own name. Raises OSError, NotPossible."""
    if upload.blob_id is not None:
        start = next(blobs.chunks(upload.blob_id), b"")
    else:
        with allowed_path(upload.path).open("rb") as file:
            start = file.read(BLOB_CHUNK_BYTES)
    if len(start) == BLOB_CHUNK_BYTES and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    folder = Path(tempfile.mkdtemp(prefix="kulanz-preview-"))
    try:
        path = folder / (Path(upload.name).name or "datei")
        path.write_bytes(start)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recognise(upload: Upload, *, now: datetime) -> Recognised:
    """Nothing is kept. Raises OSError when a file on the server is gone."""
    with beginning_of(upload) as path:
        with path.open("rb") as file:
            start = file.read(SNIFF_BYTES)
        fmt = registry.recognise(path.name, start)
        if fmt is None:
            return Recognised(MAIL if boxes.is_mail(path) or _looks_like_mail(start) else "")
        if fmt.source == WAITING:
            return _table(fmt, path, upload, now)
        try:
            return Recognised(fmt.source, tuple(_rows(fmt, path, upload, now)))
        except (Unreadable, MappingNeeded) as error:
            return Recognised(fmt.source, error=str(error))


def _looks_like_mail(start: bytes) -> bool:
    lines = start.split(b"\n")[:30]
    names = {line.split(b":", 1)[0].strip().lower() for line in lines if b":" in line}
    return len(names & {b"from", b"to", b"date", b"subject", b"received", b"message-id"}) >= 2


def _table(fmt: FileFormat, path: Path, upload: Upload, now: datetime) -> Recognised:
    try:
        fmt.open(path)
    except Unreadable as error:
        return Recognised(WAITING, error=str(error))
    except MappingNeeded as needed:
        key = header_key(needed.header)
        known = ColumnMapping.objects.filter(account_id=upload.account_id, header_key=key).first()
        if known is not None:
            rows = mapped_rows(path, upload, known.target, known.columns, now=now)
            return Recognised(
                f"files.{known.target}", rows, needed.header, key, needed.proposal, known.pk, known.columns
            )
        rows = ()
        if needed.proposal.target and not needed.proposal.missing:
            rows = mapped_rows(path, upload, needed.proposal.target, needed.proposal.columns(), now=now)
        return Recognised(WAITING, rows, needed.header, key, needed.proposal)
    return Recognised(WAITING)


def mapped_rows(
    path: Path, upload: Upload, target: str, columns: Mapping[str, str], *, now: datetime
) -> tuple[ShownRow, ...]:
    """What a mapping would make of the first rows. Raises Unreadable for a column the file does not have."""
    example = _record(upload, Part("", b""), b"", "utf-8", now)
    named = {ours: theirs for ours, theirs in columns.items() if ours != TARGET}
    shown = preview(path, target, named, example=example, rows=SHOWN_ROWS)
    return tuple(ShownRow(row.line, _words(row.facts), row.error) for row in shown)


def _rows(fmt: FileFormat, path: Path, upload: Upload, now: datetime) -> Iterator[ShownRow]:
    opened = fmt.open(path)
    for part in islice(opened.parts, SHOWN_ROWS):
        if part.error:
            yield ShownRow(part.line, (), part.error)
            continue
        try:
            facts = fmt.parse(_record(upload, part, opened.head, opened.charset, now))
        except Unreadable as error:
            yield ShownRow(part.line, (), str(error))
        else:
            yield ShownRow(part.line, _words(facts), "")


def _record(upload: Upload, part: Part, head: bytes, charset: str, now: datetime) -> Record:
    return Record(
        body=part.body,
        head=head,
        charset=charset,
        zone=upload.account.zone,
        source_at=now,
        received_at=now,
        line=part.line,
        name=upload.name,
        note=part.note,
    )


def _words(facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(
        f"{fact.kind}: {', '.join(str(value) for value in fact.values.values() if value not in (None, ''))}"[
            :160
        ]
        for fact in facts[:SHOWN_ROWS]
    )


def columns_of(target: str) -> list[tuple[str, bool]]:
    """Our columns of a target, and whether a table of it cannot do without."""
    found = TARGETS[target]
    needed = {group[0] for group in found.needs if len(group) == 1}
    return [(column, column in needed) for column in found.columns]


def missing_columns(target: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    return TARGETS[target].missing(columns)
