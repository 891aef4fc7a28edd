"""In: mailboxes and watched folders, each visit committed batch by batch together with its cursor.

What goes wrong is raised as `VisitFailed` with German words for Heute; it concerns this mailbox or folder alone.
"""

import errno
import fnmatch
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from django.db import OperationalError, transaction

from kulanz.base import imap
from kulanz.channels.mail import client
from kulanz.channels.mail.facts import SOURCE as MAIL
from kulanz.channels.models import Mailbox, WatchedFolder
from kulanz.intake.models import RawBatch
from kulanz.intake.receive import Received, receive_parts
from kulanz.work import bell

FOLDER_FILES = 10_000
"""Files of one watched folder that are looked at."""
TELL_SECONDS = 1.0
"""How often a visit writes down which files it took; the list may be long, and taking a file twice adds nothing."""
LOOKED, TAKEN = 0, 1
"""Third place of WatchedFolder.seen: seen once like this, or taken in."""


class VisitFailed(Exception):
    """A mailbox or folder cannot be read now. The text is German, for people."""


class _Overtaken(Exception):
    """Another worker has moved the cursor: nothing of this batch may stay."""


def fetch_mailbox(mailbox_id: int, *, now: datetime, keep_on: Callable[[], bool]) -> Received:
    """Fetch what is new in one mailbox, at most FETCH_MAILS a transaction; raw records and cursor go together.

    Ends early, between two batches, once `keep_on` says no. Raises VisitFailed.
    """
    total = Received()
    mailbox = Mailbox.objects.select_related("account").filter(pk=mailbox_id, active=True).first()
    if mailbox is None:
        return total
    try:
        for batch in imap.fetch(
            client.server_of(mailbox), mailbox.folder, client.cursor_of(mailbox), mailbox.since
        ):
            total.add(_keep(mailbox, batch, now))
            if not keep_on():
                break
    except imap.Unreachable as error:
        raise VisitFailed(str(error)) from error
    except _Overtaken:
        return total
    except (OperationalError, OSError) as error:
        raise VisitFailed(_disk(error)) from error
    return total


@transaction.atomic
def _keep(mailbox: Mailbox, batch: imap.Batch, now: datetime) -> Received:
    """One transaction: the raw records, and the cursor moved by compare-and-set."""
    moved = Mailbox.objects.filter(
        pk=mailbox.pk, uid_validity=mailbox.uid_validity, last_uid=mailbox.last_uid
    ).update(uid_validity=batch.cursor.uid_validity, last_uid=batch.cursor.last_uid)
    if not moved:
        raise _Overtaken
    received = Received()
    if batch.mails:
        raw = RawBatch.objects.create(
            account=mailbox.account, source=MAIL, name=mailbox.folder, source_at=now, received_at=now
        )
        received = receive_parts(batch=raw, parts=client.parts_of(mailbox, batch), received_at=now)
        bell.ring("decide")
    mailbox.uid_validity, mailbox.last_uid = batch.cursor.uid_validity, batch.cursor.last_uid
    return received


def look_at_folder(
    folder_id: int, *, take: Callable[[WatchedFolder, Path], None], keep_on: Callable[[], bool]
) -> int:
    """Take in files that did not change between two looks; how many. A file still being written waits.

    `take` keeps and reads one file; it may see the same file again after a crash. Raises VisitFailed.
    """
    folder = WatchedFolder.objects.select_related("account").filter(pk=folder_id, active=True).first()
    if folder is None:
        return 0
    taken = 0
    told = time.monotonic()
    try:
        present = {path.name: _stamp(path) for path in _files(Path(folder.path), folder.pattern)}
        seen = {name: known for name, known in folder.seen.items() if name in present}
        for name, stamp in sorted(present.items(), key=lambda item: (item[1][1], item[0])):
            known = seen.get(name)
            if known is None or known[:2] != stamp:
                seen[name] = [*stamp, LOOKED]
            elif known[2] == LOOKED:
                take(folder, Path(folder.path) / name)
                seen[name] = [*stamp, TAKEN]
                taken += 1
                if time.monotonic() - told > TELL_SECONDS:
                    WatchedFolder.objects.filter(pk=folder.pk).update(seen=seen)
                    told = time.monotonic()
            if not keep_on():
                break
        if seen != folder.seen:
            WatchedFolder.objects.filter(pk=folder.pk).update(seen=seen)
    except (OperationalError, OSError) as error:
        raise VisitFailed(_disk(error, folder.path)) from error
    return taken


def _files(root: Path, pattern: str) -> Iterator[Path]:
    if not root.is_dir():
        raise VisitFailed(f"Den Ordner {root} gibt es nicht, oder er ist nicht lesbar.")
    found = 0
    for path in sorted(root.iterdir()):
        if path.name.startswith((".", "~")) or not fnmatch.fnmatch(path.name.lower(), pattern.lower()):
            continue
        if path.is_file():
            found += 1
            if found > FOLDER_FILES:
                raise VisitFailed(
                    f"In {root} liegen mehr als {FOLDER_FILES} Dateien (FOLDER_FILES); bitte räumen Sie alte weg."
                )
            yield path


def _stamp(path: Path) -> list[int]:
    """Size in bytes and time of the last change in nanoseconds."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _disk(error: Exception, place: str = "") -> str:
    full = getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
    if full or "No space left" in str(error):
        return (
            "Die Festplatte ist voll. Es wird nichts verloren: Abgeholt wird weiter, sobald wieder Platz ist."
        )
    if isinstance(error, PermissionError):
        return f"{place}: Kulanz darf hier nicht lesen."
    return f"{place}: {error}".lstrip(": ")[:300]
