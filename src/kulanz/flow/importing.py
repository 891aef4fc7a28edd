"""Files and folders into an account: recognised, kept raw, read, answered with counts. Nothing is ever sent."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from django.db import OperationalError

from kulanz.audit.record import record
from kulanz.base.limits import FETCH_MAILS
from kulanz.cases.looking import look_again
from kulanz.channels.contract import Part
from kulanz.channels.files.mapping import MappingNeeded
from kulanz.channels.mail import boxes
from kulanz.channels.mail.facts import SENT
from kulanz.channels.mail.facts import SOURCE as MAIL
from kulanz.facts.models import Account
from kulanz.facts.records import Unreadable
from kulanz.flow import files
from kulanz.flow.files import SNIFF_BYTES
from kulanz.flow.take_in import Taken, take_in
from kulanz.intake.models import RawRecord, RawState
from kulanz.intake.receive import Received, receive

__all__ = ["SNIFF_BYTES", "ImportRefused", "Imported", "account_named", "import_paths"]

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
    unopened: list[str] = field(default_factory=list)
    """Files that could not be opened, so that there is nothing to keep."""
    problems: list[str] = field(default_factory=list)
    """One line for each record or file in quarantine, with file, line and reason; at most PROBLEMS_SHOWN."""

    def as_json(self) -> dict[str, object]:
        return {
            "raw": self.received.raw + self.received.duplicate,
            "new": self.received.raw,
            "duplicate": self.received.duplicate,
            "quarantined": self.received.quarantined + self.taken.quarantined,
            "unopened": len(self.unopened),
            "cases": self.taken.cases,
            "files": self.files,
            "facts": dict(sorted(self.taken.new.items())),
            "changed": dict(sorted(self.taken.changed.items())),
            "problems": self.problems,
        }


PROBLEMS_SHOWN = 20
DISK_FULL = (
    "Die Festplatte ist voll. Was schon aufgehoben ist, bleibt und wird gelesen, sobald wieder Platz ist; bitte"
    " lesen Sie die Dateien dann noch einmal ein. Doppelt wird dabei nichts."
)

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
    accounts = list(Account.objects.order_by("pk"))
    wanted = name.casefold()  # SQLite compares umlauts as they are written
    named = [account for account in accounts if account.name.casefold() == wanted]
    titled = [account for account in accounts if account.title.casefold() == wanted]
    if known := next(iter(named + titled), None):
        return known
    if not name.strip() or len(name) > 60:
        raise ImportRefused("Der Name des Kontos muss 1 bis 60 Zeichen haben.")
    close = get_close_matches(name.lower(), [account.name.lower() for account in accounts], 1, 0.8)
    if close and not allow_new:
        raise ImportRefused(
            f"Ein Konto „{name}“ gibt es nicht. Meinen Sie „{close[0]}“? Mit --new wird „{name}“ neu angelegt."
        )
    account = Account.objects.create(name=name.lower(), title=name, channel=channel or _channel_of(paths))
    record(who=by, what="account.create", kind="account", object_id=account.pk, now=now, after={"name": name})
    return account


def _channel_of(paths: Iterable[Path]) -> str:
    for path in islice(files.under(paths), 50):
        source = files.source_of(path)
        if source:
            return {"amazon": "amazon", "woocommerce": "shop", "wawi": "wawi"}.get(
                source.split(".")[0], "shop"
            )
        if boxes.is_mail(path):
            for _, raw in islice(boxes.split(path), 5):
                if b"@marketplace.amazon." in raw[:SNIFF_BYTES]:
                    return "amazon"
    return "shop"


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

    A file that nobody recognises, or that is broken as a whole, waits in quarantine; one that cannot even be
    opened is named among the problems; the rest goes on. Raises ImportRefused for a path that is not there, and when the disk is full: what was
    kept before stays and is read by the next import or the worker.
    """
    paths = list(paths)
    if missing := next((path for path in paths if not path.exists()), None):
        raise ImportRefused(f"{missing}: Diese Datei gibt es nicht.")
    done = Imported()
    first_raw = RawRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    mails: list[Path] = []
    try:
        for path in files.under(paths):
            done.files += 1
            try:
                if files.is_mail(path):
                    mails.append(path)
                else:
                    _receive_file(done, path, account, now, mapping_id, progress)
            except OSError as error:
                _cannot_open(done, path, error)
        for path in mails:
            try:
                _receive_mails(done, path, account, now, sent, progress)
            except OSError as error:
                _cannot_open(done, path, error)
        _read(done, account, now, progress)
        while look_again(now=now):
            pass
    except OperationalError as error:
        if "full" not in str(error) and "No space" not in str(error):
            raise
        raise ImportRefused(DISK_FULL) from error
    _tell_problems(done, account, first_raw)
    return done


def _cannot_open(done: Imported, path: Path, error: OSError) -> None:
    """There are no bytes to keep; the person who asked hears of it."""
    if error.errno == errno.ENOSPC:
        raise ImportRefused(DISK_FULL) from error
    done.unopened.append(f"{files.shown_name(path)}: {files.why_not(error)}")


def _receive_file(
    done: Imported, path: Path, account: Account, now: datetime, mapping_id: int | None, progress: Progress
) -> None:
    try:
        for received in files.receive_file(path, account=account, now=now, mapping_id=mapping_id):
            done.received.add(received)
            progress(f"{files.shown_name(path)} aufheben", received.raw + received.duplicate)
    except (Unreadable, MappingNeeded) as error:
        done.received.add(files.keep_whole(path, account=account, now=now, why=str(error)))


def _receive_mails(
    done: Imported, path: Path, account: Account, now: datetime, sent: bool, progress: Progress
) -> None:
    batch = files.open_batch(account, MAIL, path, now)
    note = SENT if sent else ""

    def parts() -> Iterator[Part]:
        for place, raw in boxes.split(path):
            yield Part(key=place, body=raw, note=note)

    for received in receive(batch=batch, parts=parts(), received_at=now, size=FETCH_MAILS):
        done.received.add(received)
        progress(f"{files.shown_name(path)} aufheben", received.raw + received.duplicate)


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
    done.problems = [*done.unopened, *bad.values_list("error", flat=True)[:PROBLEMS_SHOWN]][:PROBLEMS_SHOWN]
