"""What a person asked for on a page and the worker does: try a mailbox, take in an uploaded file."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from kulanz.base import blobs, clock
from kulanz.channels.connections import CHECK_MAILBOX, NotPossible, allowed_path
from kulanz.channels.mail.check import CheckFailed, check_mailbox
from kulanz.flow.importing import Imported, ImportRefused, import_paths
from kulanz.intake import uploads
from kulanz.intake.models import Upload
from kulanz.work import leases, schedules

log = logging.getLogger("kulanz.work")
CHECK_DEADLINE_SECONDS = 120.0
UPLOAD_DEADLINE_SECONDS = 3600.0
TELL_EVERY_SECONDS = 1.0
"""How often an import writes down how far it is."""
PIECES = (CHECK_MAILBOX, uploads.TAKE_IN_UPLOAD)


def do_one(stop: threading.Event) -> bool:
    """Do one thing that was asked for; whether there was one. Failures are written down in German."""
    lease = settings.LEASE_SECONDS
    for due in schedules.claim_due(PIECES, now=clock.now(), lease_seconds=lease):
        deadline = CHECK_DEADLINE_SECONDS if due.name == CHECK_MAILBOX else UPLOAD_DEADLINE_SECONDS

        def renew(due: schedules.Due = due) -> bool:
            return schedules.renew(due, now=clock.now(), lease_seconds=lease)

        try:
            with leases.kept(renew, lease_seconds=lease, deadline_seconds=deadline):
                if due.name == CHECK_MAILBOX:
                    check_mailbox(due.subject_id)
                else:
                    take_in_upload(due.subject_id, now=clock.now())
        except CheckFailed as error:
            # Not tried again by itself: a person asked once, and a server may lock out who knocks too often.
            schedules.fail(due, now=clock.now(), text=str(error))
            schedules.rest(due.name, due.subject_id)
        except Exception as error:
            log.exception("%s %s failed", due.name, due.subject_id)
            text = f"Unerwarteter Fehler ({type(error).__name__}); Näheres im Protokoll."
            schedules.fail(due, now=clock.now(), text=text)
            schedules.rest(due.name, due.subject_id)
            if due.name == uploads.TAKE_IN_UPLOAD:
                uploads.failed(due.subject_id, text=text, now=clock.now())
        else:
            schedules.succeed(due, now=clock.now())
        return True
    return False


def next_due(now: datetime) -> datetime | None:
    return schedules.next_due(PIECES, now)


def take_in_upload(upload_id: int, *, now: datetime) -> Imported | None:
    """Take the file in; doing it twice adds nothing, because a raw record is known by its bytes."""
    upload = Upload.objects.filter(pk=upload_id).select_related("account").first()
    if upload is None or not uploads.begin(upload_id):
        return None
    told = [time.monotonic()]
    seen = {"records": 0}

    def progress(what: str, count: int) -> None:
        seen["records"] += count if what != "einlesen" else 0
        if time.monotonic() - told[0] > TELL_EVERY_SECONDS:
            told[0] = time.monotonic()
            uploads.tell(upload_id, what=what, records=seen["records"])

    try:
        with file_of(upload) as path:
            done = import_paths(
                [path],
                account=upload.account,
                now=now,
                mapping_id=upload.mapping_id,
                progress=progress,
            )
    except (ImportRefused, NotPossible, OSError) as error:
        uploads.failed(upload_id, text=str(error), now=clock.now())
        return None
    uploads.finished(upload_id, counts=done.as_json(), now=clock.now())
    return done


@contextmanager
def file_of(upload: Upload) -> Iterator[Path]:
    """The upload as a file of its own name; a copy of the blob is removed afterwards."""
    if upload.blob_id is None:
        yield allowed_path(upload.path)
        return
    folder = Path(tempfile.mkdtemp(prefix="kulanz-upload-"))
    try:
        path = folder / (Path(upload.name).name or "datei")
        with path.open("wb") as file:
            for chunk in blobs.chunks(upload.blob_id):
                file.write(chunk)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
