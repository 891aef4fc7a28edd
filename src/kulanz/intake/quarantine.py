"""Records no parser could read: listed, shown, read again after the mend, or dismissed with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet

from kulanz.audit.record import record
from kulanz.base import blobs
from kulanz.intake.models import RawRecord, RawState
from kulanz.people.models import User

PAGE_ROWS = 50
SHOWN_BYTES = 4096
"""Of one raw record on its page; the rest stays in the database."""
REASON_CHARS = 500


class NotPossible(Exception):
    """The text is German and says what to do instead."""


@dataclass(frozen=True, slots=True)
class Unread:
    """One record in quarantine. `line` counts from 1 in the file `file`."""

    id: int
    account: str
    source: str
    file: str
    line: int | None
    key: str
    error: str
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class SourceCount:
    account_id: int
    account: str
    source: str
    count: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One record with its beginning as text; what is no text stands as �, control characters as ␀ to ␟."""

    row: Unread
    state: str
    text: str
    cut: bool
    size: int
    head: str


def _quarantined(user: User) -> QuerySet[RawRecord]:
    return RawRecord.objects.visible_to(user).filter(state=RawState.QUARANTINED)


def counts(user: User) -> list[SourceCount]:
    """How many lie there, by account and source, most first."""
    found = (
        _quarantined(user)
        .values("account_id", "account__title", "source")
        .annotate(count=Count("pk"), newest_at=Max("received_at"))
        .order_by("-count", "source")
    )
    return [
        SourceCount(row["account_id"], row["account__title"], row["source"], row["count"], row["newest_at"])
        for row in found
    ]


def rows(
    user: User,
    *,
    account_id: int | None = None,
    source: str = "",
    after: int | None = None,
    limit: int = PAGE_ROWS,
) -> list[Unread]:
    """Newest first; `after` is the last id of the page before."""
    found = _quarantined(user)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    if source:
        found = found.filter(source=source)
    if after is not None:
        found = found.filter(pk__lt=after)
    return _unread(found.order_by("-pk")[:limit])


def _unread(found: QuerySet[RawRecord]) -> list[Unread]:
    columns = found.values_list(
        "id",
        F("account__title"),
        "source",
        F("batch__name"),
        "line",
        "key",
        "error",
        "received_at",
        "attempts",
    )
    return [Unread(*row) for row in columns]


def show(record_id: int, *, user: User) -> Shown | None:
    """The record with its beginning, of any state; None when it is not there or not for this user."""
    found = RawRecord.objects.visible_to(user).filter(pk=record_id)
    raw = found.select_related("batch").first()
    if raw is None:
        return None
    body = _beginning(raw)
    return Shown(
        row=_unread(found)[0],
        state=raw.state,
        text=printable(body[:SHOWN_BYTES], raw.batch.charset),
        cut=len(body) > SHOWN_BYTES,
        size=_size(raw, body),
        head=printable(bytes(raw.batch.head)[:SHOWN_BYTES], raw.batch.charset),
    )


def _beginning(raw: RawRecord) -> bytes:
    if raw.blob_id is not None:
        return next(blobs.chunks(raw.blob_id), b"")
    return bytes(raw.body or b"")


def _size(raw: RawRecord, body: bytes) -> int:
    return len(body) if raw.blob_id is None else sum(len(chunk) for chunk in blobs.chunks(raw.blob_id))


def printable(body: bytes, charset: str) -> str:
    """Text that no terminal or page can take for a command."""
    try:
        text = body.decode(charset, errors="replace")
    except LookupError:
        text = body.decode("utf-8", errors="replace")
    return "".join(_visible(c) for c in text.replace("\r\n", "\n"))


def _visible(char: str) -> str:
    code = ord(char)
    if char in "\n\t" or (code >= 32 and code != 127 and not 0x80 <= code < 0xA0 and not _turns(code)):
        return char
    return chr(0x2400 + code) if code < 32 else "�"


def _turns(code: int) -> bool:
    """Marks that turn the direction of the text around."""
    return 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


def _leads(by: User) -> None:
    if not by.leads:
        raise NotPossible("Nicht lesbare Sätze bearbeitet die Leitung.")


@transaction.atomic
def replay(record_id: int, *, by: User, now: datetime) -> None:
    """The worker reads it again within seconds. Raises NotPossible when it no longer lies in quarantine."""
    _leads(by)
    if not _queue(_quarantined(by).filter(pk=record_id)):
        raise NotPossible("Dieser Satz liegt nicht mehr in „nicht lesbar“.")
    record(who=by.username, what="replay_raw", kind="raw", object_id=record_id, now=now)


@transaction.atomic
def replay_source(*, account_id: int, source: str, by: User, now: datetime) -> int:
    """All of one account and source; how many."""
    _leads(by)
    number = _queue(_quarantined(by).filter(account_id=account_id, source=source))
    if number:
        record(
            who=by.username,
            what="replay_raw_source",
            kind="account",
            object_id=account_id,
            now=now,
            after={"source": source, "records": number},
        )
    return number


def _queue(found: QuerySet[RawRecord]) -> int:
    return found.update(state=RawState.NEW, attempts=0, lease_until=None, lease_token="")


@transaction.atomic
def dismiss(record_id: int, *, why: str, by: User, now: datetime) -> None:
    """Set aside with a reason; the bytes stay. Raises NotPossible without a reason."""
    _leads(by)
    why = why.strip()[:REASON_CHARS]
    if not why:
        raise NotPossible("Bitte geben Sie an, warum Sie den Satz verwerfen.")
    if not _quarantined(by).filter(pk=record_id).update(state=RawState.DISMISSED):
        raise NotPossible("Dieser Satz liegt nicht mehr in „nicht lesbar“.")
    record(who=by.username, what="dismiss_raw", kind="raw", object_id=record_id, now=now, why=why)
