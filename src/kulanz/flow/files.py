"""One file into raw records: recognised by its format, cut into parts, or kept whole with the reason it waits."""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from kulanz.base.limits import FILE_BYTES, MAIL_BYTES
from kulanz.channels import registry
from kulanz.channels.contract import FileFormat, Opened, Part
from kulanz.channels.files.format import MAPPED, WAITING, MappingNeeded, header_key
from kulanz.channels.mail import boxes
from kulanz.channels.models import ColumnMapping
from kulanz.facts.models import Account
from kulanz.facts.records import Unreadable
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.intake.receive import Received, receive

UNKNOWN = "unknown"
"""Source of a file that no format recognises; it waits, whole, in quarantine."""
WHOLE = "whole file"
"""Note of a record that is a file as it came, not yet cut; reading it again means opening it again."""
SNIFF_BYTES = 64 * 1024
WHOLE_BYTES = MAIL_BYTES
"""A file above this is not kept whole, only its beginning; the person is asked to import it again."""
FOLDER_DEPTH = 20
_NAME_CHARS = 300
_MAIL_HEADERS = {b"from", b"to", b"date", b"subject", b"received", b"message-id"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shown_name(path: Path) -> str:
    """A file's name that a database keeps and a screen shows: one line, no broken characters."""
    text = path.name.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "�" for c in text)[:_NAME_CHARS] or "."


def why_not(error: OSError) -> str:
    match error:
        case PermissionError():
            return "Kulanz darf diese Datei nicht lesen."
        case FileNotFoundError():
            return "Diese Datei gibt es nicht, oder der Verweis auf sie führt ins Leere."
        case _:
            return f"Die Datei lässt sich nicht öffnen ({os.strerror(error.errno) if error.errno else 'Fehler'})."


def under(paths: Iterable[Path], depth: int = 0, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Files under these paths in a steady order; a Maildir counts as one.

    Inside a folder, hidden files, pipes and devices are passed over, and so are links that lead back to a folder
    they lie in. What is named outright is yielded even if it cannot be opened.
    """
    for path in paths:
        if not path.is_dir():
            if depth == 0 or path.is_file():
                yield path
            continue
        if (path / "cur").is_dir() or (path / "new").is_dir():
            yield path
            continue
        real = path.resolve()
        if depth < FOLDER_DEPTH and real not in above:
            inside = sorted(p for p in path.iterdir() if not p.name.startswith("."))
            yield from under(inside, depth + 1, above | {real})


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SNIFF_BYTES)


def source_of(path: Path) -> str:
    """The format of a file; empty for mail, for what nobody knows and for what cannot be opened."""
    if not path.is_file():
        return ""
    try:
        return getattr(registry.recognise(path.name, _start(path)), "source", "")
    except OSError:
        return ""


def is_mail(path: Path) -> bool:
    """Whether this is a mail, a mailbox or a Maildir, and no table. Raises OSError."""
    if path.is_dir():
        return True
    if not path.is_file():
        return False
    start = _start(path)
    fmt = registry.recognise(path.name, start)
    if fmt is not None and fmt.source != WAITING:
        return False
    if _looks_like_mail(start[:4096]):
        return True
    if fmt is not None:
        return False
    named = boxes.is_mail(path)
    return named and (path.suffix.lower() != ".txt" or _is_text(start))


def _is_text(start: bytes) -> bool:
    return bool(start) and b"\x00" not in start


def _looks_like_mail(start: bytes) -> bool:
    lines = start.split(b"\n")[:30]
    names = {
        line.split(b":", 1)[0].strip().lower() for line in lines if b":" in line and not line[:1].isspace()
    }
    return start.startswith(b"From ") or len(names & _MAIL_HEADERS) >= 2


def open_batch(account: Account, source: str, path: Path, now: datetime, **more: object) -> RawBatch:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else now
    values: dict[str, object] = {"source_at": min(written, now), "head": b"", "charset": "utf-8"} | more
    return RawBatch.objects.create(
        account=account, source=source, name=shown_name(path), received_at=now, **values
    )


def receive_file(
    path: Path, *, account: Account, now: datetime, mapping_id: int | None = None, of: RawBatch | None = None
) -> Iterator[Received]:
    """Keep a file's records; yields what each transaction kept. `of`: the delivery in which the file came before.

    Raises Unreadable and MappingNeeded for a file that waits as a whole, OSError for one that cannot be opened.
    """
    if not path.is_file() and path.exists():
        raise IsADirectoryError(21, "no regular file")
    fmt = registry.recognise(path.name, _start(path))
    if fmt is None:
        raise Unreadable(_unknown(path))
    if path.stat().st_size > FILE_BYTES:
        raise Unreadable(f"Die Datei ist größer als {FILE_BYTES >> 20} MB (Grenze FILE_BYTES).")
    opened, mapping_id = _opened(fmt, path, account, mapping_id)
    more: dict[str, object] = {"head": opened.head, "charset": opened.charset, "mapping_id": mapping_id}
    if of is not None:
        more["source_at"] = of.source_at
    if opened.source_at:
        more["source_at"] = min(opened.source_at, now)
    batch = open_batch(account, opened.source, path, now, **more)
    if of is None:
        _no_longer_waits(path, account)
    restated = registry.by_source(opened.source).restated
    yield from receive(batch=batch, parts=opened.parts, received_at=now, restated=restated)


def _unknown(path: Path) -> str:
    start = _start(path)
    if not start:
        return "Die Datei ist leer."
    if start.startswith(_UTF16):
        return "Die Datei ist in UTF-16 geschrieben. Bitte als UTF-8 speichern."
    return "Diese Art von Datei kennt Kulanz nicht."


def _opened(
    fmt: FileFormat, path: Path, account: Account, mapping_id: int | None
) -> tuple[Opened, int | None]:
    """The file cut into records; a table whose header the account has a mapping for is read by that mapping.

    Raises Unreadable, and MappingNeeded for a header nobody has approved yet.
    """
    try:
        return fmt.open(path), mapping_id
    except MappingNeeded as needed:
        mappings = ColumnMapping.objects.filter(account=account)
        mapping = (
            mappings.filter(pk=mapping_id).first()
            if mapping_id is not None
            else mappings.filter(header_key=header_key(needed.header)).first()
        )
        if mapping is None or mapping.target not in MAPPED:
            raise
        return MAPPED[mapping.target].open(path), mapping.pk


def keep_whole(path: Path, *, account: Account, now: datetime, why: str) -> Received:
    """Keep a file as it is, in quarantine, with the reason why it could not be cut. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        body = file.read(WHOLE_BYTES if size <= WHOLE_BYTES else SNIFF_BYTES)
    if size > WHOLE_BYTES:
        why += (
            f" Aufgehoben ist nur der Anfang, weil die Datei größer als {WHOLE_BYTES >> 20} MB ist (Grenze"
            " WHOLE_BYTES); bitte lesen Sie sie danach noch einmal ein."
        )
    batch = open_batch(account, source_of(path) or UNKNOWN, path, now)
    part = Part(key=batch.name, body=body, error=why, note=WHOLE if size <= WHOLE_BYTES else "")
    kept = Received()
    for received in receive(batch=batch, parts=[part], received_at=now):
        kept.add(received)
    return kept


def open_again(body: bytes, *, account: Account, of: RawBatch, now: datetime) -> None:
    """Cut a file that waited whole into its records, now that it can be. Raises Unreadable, MappingNeeded."""
    with tempfile.TemporaryDirectory(prefix="kulanz-again-") as folder:
        path = Path(folder) / (of.name.replace("/", "�")[-60:] or "datei")
        path.write_bytes(body)
        for _ in receive_file(path, account=account, now=now, of=of):
            pass


def _no_longer_waits(path: Path, account: Account) -> None:
    """The same file that waited whole is read now: nobody has to look after it any more."""
    waiting = RawRecord.objects.filter(
        account=account, state=RawState.QUARANTINED, note=WHOLE, batch__name=shown_name(path)
    )
    if waiting.exists():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        waiting.filter(digest=digest).update(state=RawState.READ, error="")
