"""Keep every record as it came, before anyone reads it. The same record twice is one row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kulanz.base import blobs
from kulanz.base.bulk import insert_rows
from kulanz.base.limits import CHUNK_ROWS, INLINE_BYTES
from kulanz.facts.ingest import one_writer
from kulanz.intake.formats import Part
from kulanz.intake.models import RawBatch, RawRecord, RawState

COPY_FROM = 100
"""Rows from which the detour over a table of its own pays."""
CHUNK_BYTES = 32 * 1024 * 1024
"""Bodies held at once: fifty large mails do not fit into the memory of a small machine."""


@dataclass(slots=True)
class Received:
    raw: int = 0
    """Records kept, new ones."""
    duplicate: int = 0
    quarantined: int = 0
    """Of the new ones: those that could not even be cut out of their file."""

    def add(self, other: Received) -> None:
        self.raw += other.raw
        self.duplicate += other.duplicate
        self.quarantined += other.quarantined


_COLUMNS = '"batch_id", "account_id", "source", "key", "digest", "body", "blob_id", "line", "note", "received_at", "state", "error"'
_INSERT = f'INSERT INTO "kulanz_rawrecord" ({_COLUMNS}, "attempts", "lease_token")'
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '')"
_ONCE = 'ON CONFLICT ("account_id", "source", "digest") DO NOTHING'
_RESTATE = (
    'UPDATE "kulanz_rawrecord" SET "batch_id" = %s, "received_at" = %s, "line" = %s, "state" = \'new\''
    ' WHERE "account_id" = %s AND "source" = %s AND "digest" = %s AND "state" IN (\'new\', \'read\')'
    ' AND "batch_id" < %s'
)


@transaction.atomic
def receive_parts(
    *, batch: RawBatch, parts: Iterable[Part], received_at: datetime, restated: bool = False
) -> Received:
    """Keep these records in one transaction; the caller's own rows, as a mailbox's cursor, may join it.

    `restated` see FileFormat: a record that is known is read again, as of this batch's time; so is one that nobody
    has read yet, for a record between the two may say something else.
    """
    adapt = connection.ops.adapt_datetimefield_value
    at = adapt(received_at)
    rows = []
    quarantined = 0
    digests = []
    for part in parts:
        digest = hashlib.sha256(part.body).digest()
        body: bytes | None = part.body
        blob_id: int | None = None
        if len(part.body) > INLINE_BYTES:
            known = RawRecord.objects.filter(account_id=batch.account_id, source=batch.source, digest=digest)
            if not known.exists():
                blob_id, body = blobs.keep(part.body).pk, None
        state = RawState.QUARANTINED if part.error else RawState.NEW
        if part.error:
            quarantined += 1
            digests.append(digest)
        rows.append(
            (
                batch.pk,
                batch.account_id,
                batch.source,
                _clean(part.key)[:254],
                digest,
                body,
                blob_id,
                part.line,
                part.note[:40],
                at,
                str(state),
                _placed(batch, part),
            )
        )
    if not rows:
        return Received()
    if digests:
        known_bad = {
            bytes(d)
            for d in RawRecord.objects.filter(
                account_id=batch.account_id, source=batch.source, digest__in=digests
            ).values_list("digest", flat=True)
        }
        quarantined -= sum(1 for digest in digests if digest in known_bad)
    kept = _copy(rows) if len(rows) > COPY_FROM else insert_rows(_INSERT, _ROW, rows, _ONCE)
    if restated and kept < len(rows):
        one_writer()  # a reader holds the same rows, in another order
        with connection.cursor() as cursor:
            cursor.executemany(
                _RESTATE,
                [(batch.pk, at, row[7], batch.account_id, batch.source, row[4], batch.pk) for row in rows],
            )
    return Received(kept, len(rows) - kept, quarantined)


def _copy(rows: Sequence[Sequence[Any]]) -> int:
    """Many rows into PostgreSQL: by COPY into a table of this connection, from there without the known ones."""
    if connection.vendor != "postgresql":
        return insert_rows(_INSERT, _ROW, rows, _ONCE)
    with connection.cursor() as cursor:
        empty = f'SELECT 0 AS "place", {_COLUMNS} FROM "kulanz_rawrecord" WITH NO DATA'  # noqa: S608
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS kulanz_incoming ON COMMIT DELETE ROWS AS {empty}")
        with cursor.copy(f'COPY kulanz_incoming ("place", {_COLUMNS}) FROM STDIN') as copy:
            for place, row in enumerate(rows):
                copy.write_row((place, *row))
        cursor.execute(
            f"{_INSERT} SELECT {_COLUMNS}, 0, '' FROM kulanz_incoming ORDER BY \"place\" {_ONCE}"  # noqa: S608
        )
        kept = int(cursor.rowcount)
        cursor.execute("TRUNCATE kulanz_incoming")
    return kept


def _clean(text: str) -> str:
    """What every database keeps: file names may hold bytes that are no text, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _placed(batch: RawBatch, part: Part) -> str:
    """The error with file and line before the reason."""
    if not part.error:
        return ""
    line = f"Zeile {part.line}: " if part.line and not part.error.startswith("Zeile ") else ""
    return _clean(f"{batch.name}, {line}{part.error}" if part.line else f"{batch.name}: {part.error}")


def receive(
    *,
    batch: RawBatch,
    parts: Iterable[Part],
    received_at: datetime,
    size: int = CHUNK_ROWS,
    restated: bool = False,
) -> Iterator[Received]:
    """Keep a file's records, at most `size` and about CHUNK_BYTES in a transaction; yields what each transaction kept."""
    stream = iter(parts)
    while chunk := _chunk(stream, size):
        yield receive_parts(batch=batch, parts=chunk, received_at=received_at, restated=restated)


def _chunk(stream: Iterator[Part], size: int) -> list[Part]:
    """At most `size` parts, and no more than CHUNK_BYTES of them unless a single one is larger."""
    chunk: list[Part] = []
    held = 0
    while len(chunk) < size and held < CHUNK_BYTES and (part := next(stream, None)) is not None:
        chunk.append(part)
        held += len(part.body)
    return chunk


def body_of(record: RawRecord) -> bytes:
    """The record byte for byte; empty once it was blanked."""
    if record.blob_id is not None:
        return blobs.read(record.blob_id)
    return bytes(record.body or b"")
