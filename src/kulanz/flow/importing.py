"""Files and folders into an account: recognised, kept raw, read, answered with counts. Nothing is ever sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from kulanz.audit.record import record
from kulanz.base.limits import FETCH_MAILS, FILE_BYTES
from kulanz.channels import registry
from kulanz.channels.contract import FileFormat, Opened, Part
from kulanz.channels.files.format import MAPPED, MappingNeeded, header_key
from kulanz.channels.mail import boxes
from kulanz.channels.mail.facts import SENT
from kulanz.channels.mail.facts import SOURCE as MAIL
from kulanz.channels.models import ColumnMapping
from kulanz.facts.models import Account
from kulanz.facts.records import Unreadable
from kulanz.flow.take_in import Taken, take_in
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.intake.receive import Received, receive

UNKNOWN = "unknown"
"""Source of a file that no format recognises; it waits, whole, in quarantine."""
SNIFF_BYTES = 64 * 1024
WAIT_SECONDS = 120
"""How long an import waits for another reader of the same account."""


class ImportRefused(ValueError):
    """The import cannot begin; German, for people."""


@dataclass(slots=True)
class Imported:
    """What one import did: `raw` records seen, of which `new` were not known and `duplicate` were."""

    received: Received = field(default_factory=Received)
    taken: Taken = field(default_factory=Taken)
    files: int = 0
    problems: list[str] = field(default_factory=list)
    """One line for each record or file in quarantine, with file, line and reason; at most PROBLEMS_SHOWN."""

    def as_json(self) -> dict[str, object]:
        return {
            "raw": self.received.raw + self.received.duplicate,
            "new": self.received.raw,
            "duplicate": self.received.duplicate,
            "quarantined": self.received.quarantined + self.taken.quarantined,
            "cases": self.taken.cases,
            "files": self.files,
            "facts": dict(sorted(self.taken.new.items())),
            "changed": dict(sorted(self.taken.changed.items())),
            "problems": self.problems,
        }


PROBLEMS_SHOWN = 20

Progress = Callable[[str, int], None]
"""Called with what is being done and how many records more are through."""


def _silent(what: str, count: int) -> None:
    return None


def account_named(
    name: str, *, paths: Iterable[Path], by: str, now: datetime, allow_new: bool = False, channel: str = ""
) -> Account:
    """The account of this name; an unknown name makes one, unless a similar name makes a slip likely.

    The channel of a new account is read from the files: an order report or relay mail of a marketplace, else
    the own shop; ERP exports make a Wawi account.
    """
    known = (
        Account.objects.filter(name__iexact=name).first()
        or Account.objects.filter(title__iexact=name).first()
    )
    if known:
        return known
    if not name.strip() or len(name) > 60:
        raise ImportRefused("Der Name des Kontos muss 1 bis 60 Zeichen haben.")
    close = get_close_matches(
        name.lower(), [n.lower() for n in Account.objects.values_list("name", flat=True)], 1, 0.8
    )
    if close and not allow_new:
        raise ImportRefused(
            f"Ein Konto „{name}“ gibt es nicht. Meinen Sie „{close[0]}“? Mit --new wird „{name}“ neu angelegt."
        )
    account = Account.objects.create(name=name.lower(), title=name, channel=channel or _channel_of(paths))
    record(who=by, what="account.create", kind="account", object_id=account.pk, now=now, after={"name": name})
    return account


def _channel_of(paths: Iterable[Path]) -> str:
    for path in islice(_files(paths), 50):
        source = getattr(_recognise(path), "source", "")
        if source:
            return {"amazon": "amazon", "woocommerce": "shop", "wawi": "wawi"}.get(
                source.split(".")[0], "shop"
            )
        if boxes.is_mail(path):
            for _, raw in islice(boxes.split(path), 5):
                if b"@marketplace.amazon." in raw[:SNIFF_BYTES]:
                    return "amazon"
    return "shop"


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files under these paths in a steady order; a Maildir counts as one."""
    for path in paths:
        if path.is_dir() and not ((path / "cur").is_dir() or (path / "new").is_dir()):
            yield from _files(sorted(p for p in path.iterdir() if not p.name.startswith(".")))
        else:
            yield path


def _recognise(path: Path) -> FileFormat | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(SNIFF_BYTES)
    return registry.recognise(path.name, start)


def import_paths(
    paths: Iterable[Path],
    *,
    account: Account,
    now: datetime,
    sent: bool = False,
    mapping_id: int | None = None,
    progress: Progress = _silent,
) -> Imported:
    """Take in files, mailboxes and folders of an account. `sent` marks mails as our own answers.

    A file that nobody recognises, or that is broken as a whole, waits in quarantine; the rest goes on.
    """
    done = Imported()
    first_raw = RawRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    mails: list[Path] = []
    for path in _files(paths):
        if not path.exists():
            raise ImportRefused(f"{path}: Diese Datei gibt es nicht.")
        fmt = _recognise(path)
        if fmt is not None:
            done.files += 1
            _receive_file(done, fmt, path, account, now, mapping_id, progress)
        elif boxes.is_mail(path) or _looks_like_mail(path):
            done.files += 1
            mails.append(path)
        else:
            done.files += 1
            _keep_unknown(done, path, account, now)
    for path in mails:
        _receive_mails(done, path, account, now, sent, progress)
    _read(done, account, now, progress)
    _tell_problems(done, account, first_raw)
    return done


def _looks_like_mail(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096)
    lines = start.split(b"\n")[:30]
    names = {
        line.split(b":", 1)[0].strip().lower() for line in lines if b":" in line and not line[:1].isspace()
    }
    return (
        start.startswith(b"From ")
        or len(names & {b"from", b"to", b"date", b"subject", b"received", b"message-id"}) >= 2
    )


def _open_batch(account: Account, source: str, path: Path, now: datetime, **more: object) -> RawBatch:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else now
    values: dict[str, object] = {"source_at": min(written, now), "head": b"", "charset": "utf-8"} | more
    return RawBatch.objects.create(
        account=account, source=source, name=path.name[:300], received_at=now, **values
    )


def _receive_file(
    done: Imported,
    fmt: FileFormat,
    path: Path,
    account: Account,
    now: datetime,
    mapping_id: int | None,
    progress: Progress,
) -> None:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise Unreadable(f"Die Datei ist größer als {FILE_BYTES >> 20} MB (Grenze FILE_BYTES).")
        opened, mapping_id = _opened(fmt, path, account, mapping_id)
        batch = _open_batch(
            account, opened.source, path, now, head=opened.head, charset=opened.charset, mapping_id=mapping_id
        )
        if opened.source_at:
            RawBatch.objects.filter(pk=batch.pk).update(source_at=min(opened.source_at, now))
        restated = registry.by_source(opened.source).restated
        for received in receive(batch=batch, parts=opened.parts, received_at=now, restated=restated):
            done.received.add(received)
            progress(f"{path.name} aufheben", received.raw + received.duplicate)
    except (Unreadable, MappingNeeded) as error:
        _keep_unknown(done, path, account, now, source=fmt.source, why=str(error))


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


def _receive_mails(
    done: Imported, path: Path, account: Account, now: datetime, sent: bool, progress: Progress
) -> None:
    batch = _open_batch(account, MAIL, path, now)
    note = SENT if sent else ""

    def parts() -> Iterator[Part]:
        for place, raw in boxes.split(path):
            yield Part(key=place, body=raw, note=note)

    for received in receive(batch=batch, parts=parts(), received_at=now, size=FETCH_MAILS):
        done.received.add(received)
        progress(f"{path.name} aufheben", received.raw + received.duplicate)


def _keep_unknown(
    done: Imported, path: Path, account: Account, now: datetime, source: str = UNKNOWN, why: str = ""
) -> None:
    """Keep a file whole and say why it could not be read."""
    size = path.stat().st_size
    why = why or "Diese Art von Datei kennt Kulanz nicht."
    body = path.read_bytes() if size <= FILE_BYTES else b""
    batch = _open_batch(account, source, path, now)
    part = Part(key=path.name, body=body, error=f"{path.name}: {why}")
    for received in receive(batch=batch, parts=[part], received_at=now):
        done.received.add(received)


def _read(done: Imported, account: Account, now: datetime, progress: Progress) -> None:
    """Read all that waits for this account, by ourselves or behind the reader who is at it."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        taken = take_in(account.pk, now=now, progress=lambda n: progress("einlesen", n))
        if taken is not None:
            done.taken = taken
            return
        if time.monotonic() > until:
            raise ImportRefused(
                f"Das Konto {account.title} wird gerade von einem anderen Vorgang gelesen. Die Datei ist aufgehoben"
                " und wird von ihm mitgelesen."
            )
        time.sleep(0.1)


def _tell_problems(done: Imported, account: Account, after: int) -> None:
    bad = RawRecord.objects.filter(account=account, state=RawState.QUARANTINED, pk__gt=after).order_by("pk")
    done.problems = list(bad.values_list("error", flat=True)[:PROBLEMS_SHOWN])
