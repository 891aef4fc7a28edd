"""Files a person hands in through a page: kept as a row, taken in by the worker, told about while it runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from kulanz.audit.record import record
from kulanz.base import blobs
from kulanz.intake.models import Upload, UploadState
from kulanz.people.models import User
from kulanz.work import bell, schedules

TAKE_IN_UPLOAD = "take_in_upload"
UPLOAD_BYTES = 64 * 1024 * 1024
"""A file sent through the browser; a larger one lies on the server or goes through `./kulanz import`."""
ONCE_SECONDS = 10 * 365 * 24 * 3600
SHOWN = 20


class NotPossible(Exception):
    """The text is German and says what to do instead."""


@transaction.atomic
def hand_in(*, account_id: int, name: str, body: bytes | None, path: str, by: User, now: datetime) -> Upload:
    """Keep the file (or the path of one on the server) until somebody says how it is to be read. Raises NotPossible."""
    if not by.leads:
        raise NotPossible("Dateien liest die Leitung ein.")
    if body is not None and len(body) > UPLOAD_BYTES:
        raise NotPossible(
            f"Die Datei ist größer als {UPLOAD_BYTES >> 20} MB (Grenze UPLOAD_BYTES). Legen Sie sie auf den Server"
            " und geben Sie den Pfad an, oder nehmen Sie „kulanz import“."
        )
    if not by.all_accounts and not by.accounts.filter(pk=account_id).exists():
        raise NotPossible("Dieses Konto gibt es nicht, oder Sie dürfen es nicht sehen.")
    return Upload.objects.create(
        account_id=account_id,
        name=name[:300],
        path=path,
        blob_id=blobs.keep(body).pk if body is not None else None,
        state=UploadState.ASKED,
        made_by=by.username,
        made_at=now,
    )


@transaction.atomic
def start(upload_id: int, *, source: str, mapping_id: int | None, by: User, now: datetime) -> Upload:
    """The person has seen what was recognised and says: read it. Raises NotPossible."""
    if not by.leads:
        raise NotPossible("Dateien liest die Leitung ein.")
    moved = (
        Upload.objects.visible_to(by)
        .filter(pk=upload_id, state__in=(UploadState.ASKED, UploadState.FAILED))
        .update(state=UploadState.WAITING, source=source, mapping_id=mapping_id, error="", counts={})
    )
    if not moved:
        raise NotPossible("Diese Datei wird schon eingelesen.")
    upload = Upload.objects.get(pk=upload_id)
    record(
        who=by.username,
        what="upload.start",
        kind="account",
        object_id=upload.account_id,
        now=now,
        after={"file": upload.name, "source": source},
    )
    schedules.ensure(TAKE_IN_UPLOAD, upload_id, every_seconds=ONCE_SECONDS, now=now)
    schedules.soon(TAKE_IN_UPLOAD, upload_id, now=now)
    bell.ring("asked")
    return upload


def begin(upload_id: int) -> bool:
    """False when it is already through. One that a dead worker had begun is begun again."""
    waiting = (UploadState.WAITING, UploadState.RUNNING)
    return bool(Upload.objects.filter(pk=upload_id, state__in=waiting).update(state=UploadState.RUNNING))


def tell(upload_id: int, *, what: str, records: int) -> None:
    Upload.objects.filter(pk=upload_id, state=UploadState.RUNNING).update(
        counts={"what": what, "records": records}
    )


def finished(upload_id: int, *, counts: dict[str, Any], now: datetime) -> None:
    Upload.objects.filter(pk=upload_id).update(state=UploadState.DONE, counts=counts, error="", ended_at=now)


def failed(upload_id: int, *, text: str, now: datetime) -> None:
    Upload.objects.filter(pk=upload_id).update(state=UploadState.FAILED, error=text[:2000], ended_at=now)


def newest(user: User, *, limit: int = SHOWN) -> list[Upload]:
    """For the page, newest first."""
    found = Upload.objects.visible_to(user).select_related("account").order_by("-id")
    return list(found[:limit])
