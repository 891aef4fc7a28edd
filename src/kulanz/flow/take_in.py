"""Raw records become facts, and messages become entries of cases: one commit a mail, one for a chunk of orders."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from kulanz.base import blobs, clock
from kulanz.base.failures import where
from kulanz.base.limits import CHUNK_ROWS, PARSE_ATTEMPTS
from kulanz.cases.keys import own_key
from kulanz.cases.models import CaseKey
from kulanz.cases.opening import Incoming, file_message
from kulanz.channels import registry
from kulanz.channels.contract import Record
from kulanz.channels.files.mapping import MappingNeeded
from kulanz.channels.mail.facts import SOURCE as MAIL
from kulanz.channels.mail.facts import ReadMail, facts_of, is_same, under_own_key
from kulanz.channels.mail.model import Mail, MailTooLarge
from kulanz.channels.mail.parse import read_mail
from kulanz.channels.models import ColumnMapping
from kulanz.facts.ingest import ingest, ingest_many
from kulanz.facts.models import Account, Attachment, Message
from kulanz.facts.records import Delivery, Fact, Unreadable
from kulanz.flow import files
from kulanz.intake import slot as slots
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.replies.send import withdraw_unsent

log = logging.getLogger("kulanz.take_in")
CHUNK = CHUNK_ROWS
"""Order and ERP records read in one transaction."""
_REFUSED = (DataError, IntegrityError, ValueError, TypeError, LookupError, ArithmeticError)
"""What a single record can be guilty of; a lost database or lease is not among it."""
PAUSE_SECONDS = 0.005
"""Between two chunks, so that a person's click gets the database in between."""


@dataclass(slots=True)
class Taken:
    read: int = 0
    quarantined: int = 0
    cases: int = 0
    """Cases opened."""
    new: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class _Raw:
    """What reading needs of a raw record; lighter than the model, for tens of thousands of them."""

    pk: int
    batch_id: int
    source: str
    body: bytes | None
    blob_id: int | None
    line: int | None
    note: str
    attempts: int
    counted: bool = False
    """This attempt stands in `attempts` until the parser has come back."""

    @property
    def bytes(self) -> bytes:
        return blobs.read(self.blob_id) if self.blob_id is not None else bytes(self.body or b"")


_COLUMNS = ("pk", "batch_id", "source", "body", "blob_id", "line", "note", "attempts")


@dataclass(frozen=True, slots=True)
class _Reader:
    """One take-in of one account."""

    account: Account
    slot: slots.Slot
    now: datetime
    taken: Taken
    batches: dict[int, RawBatch] = field(default_factory=dict)
    mappings: dict[int, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    """Head and approved columns of each batch."""


def take_in(
    account_id: int,
    *,
    now: datetime,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Taken | None:
    """Read this account's new raw records, oldest first, at most `limit`; None while another reader is at it."""
    slot = slots.take(account_id, now=clock.now(), lease_seconds=settings.LEASE_SECONDS)
    if slot is None:
        return None
    taken = Taken()
    reader = _Reader(Account.objects.get(pk=account_id), slot, now, taken)
    try:
        careful = slot.taken_from_dead
        after = 0
        while (left := CHUNK if limit is None else limit - taken.read - taken.quarantined) > 0:
            due = RawRecord.objects.filter(account_id=account_id, state=RawState.NEW, pk__gt=after)
            records = [_Raw(*row) for row in due.order_by("pk").values_list(*_COLUMNS)[: min(left, CHUNK)]]
            if not records:
                break
            after = records[-1].pk
            for place, group in enumerate(_groups(records)):
                if careful:
                    _one_by_one(reader, group, oldest=place == 0)
                else:
                    _read(reader, group)
                if progress:
                    progress(len(group))
            careful = False
    finally:
        slots.give_back(slot)
    return taken


def _groups(records: list[_Raw]) -> list[list[_Raw]]:
    """Records that are committed together: each mail alone, others of one file together."""
    groups: list[list[_Raw]] = []
    for record in records:
        if record.source != MAIL and groups and groups[-1][0].batch_id == record.batch_id:
            groups[-1].append(record)
        else:
            groups.append([record])
    return groups


def _one_by_one(reader: _Reader, records: list[_Raw], *, oldest: bool) -> None:
    """After a reader died: count each record's attempt before it is read, so that a deadly one shows itself.

    Where records are committed one by one, the dead reader fell over the oldest of them, which nobody counted.
    """
    if oldest and len(records) == 1 and records[0].attempts == 0:
        records[0].attempts = 1
    for record in records:
        record.attempts += 1
        if record.attempts > PARSE_ATTEMPTS:
            _quarantine(
                reader, record, f"Das Einlesen brach {PARSE_ATTEMPTS}-mal ab (Grenze PARSE_ATTEMPTS)."
            )
            continue
        RawRecord.objects.filter(pk=record.pk).update(attempts=record.attempts)
        record.counted = True
        _read(reader, [record])


def _survived(record: _Raw) -> None:
    """The parser came back: whoever dies from here on was not killed by this record."""
    if record.counted:
        record.counted = False
        RawRecord.objects.filter(pk=record.pk).update(attempts=record.attempts - 1)


def _read(reader: _Reader, records: list[_Raw]) -> None:
    if records[0].source == MAIL:
        _read_mail(reader, records[0])
        return
    for record in records:
        if record.note == files.WHOLE:
            _read_whole(reader, record)
    records = [record for record in records if record.note != files.WHOLE]
    parsed: list[tuple[_Raw, list[Fact]]] = []
    for record in records:
        try:
            parsed.append((record, _parse(reader, record)))
            _survived(record)
        except Unreadable as error:
            _quarantine(reader, record, str(error))
        except Exception as error:
            log.error("parser of %s failed on raw record %s: %s", record.source, record.pk, where(error))
            _quarantine(reader, record, f"Unerwarteter Fehler beim Lesen ({type(error).__name__}).")
    _commit(reader, parsed)
    time.sleep(PAUSE_SECONDS)


def _read_whole(reader: _Reader, record: _Raw) -> None:
    """A file that waited whole: cut it, if it can be cut now; its records are read after it."""
    batch = _batch(reader, record)
    try:
        files.open_again(record.bytes, account=reader.account, of=batch, now=reader.now)
    except (Unreadable, MappingNeeded) as error:
        _quarantine(reader, record, str(error))
        return
    except Exception as error:
        log.error("file of raw record %s failed: %s", record.pk, where(error))
        _quarantine(reader, record, f"Unerwarteter Fehler beim Lesen ({type(error).__name__}).")
        return
    with transaction.atomic():
        slots.hold(reader.slot, now=clock.now())
        _mark_read([record])
    reader.taken.read += 1


def _batch(reader: _Reader, record: _Raw) -> RawBatch:
    if record.batch_id not in reader.batches:
        reader.batches[record.batch_id] = RawBatch.objects.get(pk=record.batch_id)
    return reader.batches[record.batch_id]


def _parse(reader: _Reader, record: _Raw) -> list[Fact]:
    batch = _batch(reader, record)
    if batch.pk not in reader.mappings:
        mapped = ColumnMapping.objects.filter(pk=batch.mapping_id).first() if batch.mapping_id else None
        reader.mappings[batch.pk] = (bytes(batch.head), mapped.columns if mapped else {})
    head, columns = reader.mappings[batch.pk]
    return registry.by_source(record.source).parse(
        Record(
            body=record.bytes,
            head=head,
            charset=batch.charset,
            zone=reader.account.zone,
            source_at=batch.source_at,
            received_at=batch.received_at,
            line=record.line,
            name=batch.name,
            note=record.note,
            columns=columns,
        )
    )


def _commit(reader: _Reader, parsed: list[tuple[_Raw, list[Fact]]]) -> None:
    """Facts of many records in one transaction; if the database refuses them, one by one to find the culprit."""
    if not parsed:
        return
    try:
        with transaction.atomic():
            slots.hold(reader.slot, now=clock.now())
            result = ingest_many(
                (
                    Delivery(
                        facts, _batch(reader, record).source_at, _batch(reader, record).received_at, record.pk
                    )
                    for record, facts in parsed
                ),
                account_id=reader.account.pk,
                source=parsed[0][0].source,
            )
            _mark_read([record for record, _ in parsed])
    except _REFUSED as error:
        if len(parsed) > 1:
            for one in parsed:
                _commit(reader, [one])
            return
        log.warning("raw record %s refused: %s", parsed[0][0].pk, type(error).__name__)
        text = str(error) if isinstance(error, Unreadable) else "Die Datenbank nimmt einen Wert nicht an."
        _quarantine(reader, parsed[0][0], text)
        return
    reader.taken.read += len(parsed)
    for kind, count in result.new.items():
        reader.taken.new[kind] += count
    for kind, count in result.changed.items():
        reader.taken.changed[kind] += count


def _mark_read(records: Sequence[_Raw]) -> None:
    """Records of one delivery; what a newer one said again meanwhile stays new."""
    places = ", ".join(["%s"] * len(records))
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE "kulanz_rawrecord" SET "state" = \'read\', "error" = \'\''  # noqa: S608
            f' WHERE "id" IN ({places}) AND "batch_id" = %s',
            [*(record.pk for record in records), records[0].batch_id],
        )


def _quarantine(reader: _Reader, record: _Raw, error: str) -> None:
    place = _batch(reader, record).name + (f", Zeile {record.line}" if record.line else "")
    with transaction.atomic():
        slots.hold(reader.slot, now=clock.now())
        RawRecord.objects.filter(pk=record.pk).update(state=RawState.QUARANTINED, error=f"{place}: {error}")
    reader.taken.quarantined += 1


def _read_mail(reader: _Reader, record: _Raw) -> None:
    raw = record.bytes
    try:
        mail = read_mail(raw)
        read = facts_of(
            mail,
            raw,
            note=record.note,
            own_address=reader.account.sender.lower(),
            received_at=_batch(reader, record).received_at,
        )
    except MailTooLarge as error:
        _quarantine(reader, record, str(error))
        return
    except Exception as error:
        log.error("mail reader failed on raw record %s: %s", record.pk, where(error))
        _quarantine(reader, record, f"Unerwarteter Fehler beim Lesen ({type(error).__name__}).")
        return
    _survived(record)
    try:
        try:
            with transaction.atomic():
                slots.hold(reader.slot, now=clock.now())
                _file(reader, record, mail, read)
                _mark_read([record])
        except _Known:
            _read_known(reader, record, mail, read)
    except _REFUSED as error:
        log.error("mail of raw record %s refused: %s", record.pk, where(error))
        _quarantine(reader, record, f"Die Datenbank nimmt die Mail nicht an ({type(error).__name__}).")
        return
    reader.taken.read += 1


class _Known(Exception):
    """A message of this Message-ID is there; nothing of this transaction may stay."""


def _read_known(reader: _Reader, record: _Raw, mail: Mail, read: ReadMail) -> None:
    """The same mail by another way changes nothing; another mail of the same Message-ID is a letter of its own."""
    standing = Message.objects.get(account=reader.account, key=read.key)
    files_of = Attachment.objects.filter(message=standing).values_list("sha256", flat=True)
    same = is_same(mail, sender=standing.sender, own_text=standing.own_text, files=files_of)
    with transaction.atomic():
        slots.hold(reader.slot, now=clock.now())
        if not same:
            # Borne by two letters, the Message-ID tells no longer whose thread an answer belongs to.
            CaseKey.objects.filter(account=reader.account, key=own_key(read.key)).delete()
            _file(reader, record, mail, under_own_key(mail, read), known=True)
        _mark_read([record])


def _file(reader: _Reader, record: _Raw, mail: Mail, read: ReadMail, *, known: bool = False) -> None:
    """One mail's effects: message, customer, case, search. Raises _Known for an incoming Message-ID that is there."""
    result = ingest(
        read.facts,
        account_id=reader.account.pk,
        source=MAIL,
        source_at=read.sent_at,
        received_at=_batch(reader, record).received_at,
        raw_id=record.pk,
    )
    if not result.new["message"]:
        if read.direction == "in" and not known:
            raise _Known
        return
    for kind, count in result.new.items():
        reader.taken.new[kind] += count
    account = reader.account
    incoming = Incoming(
        message_id=result.ids["message"][read.key],
        account_id=account.pk,
        channel=account.channel,
        zone=account.zone,
        land=account.land,
        direction=read.direction,
        kind=str(mail.kind),
        notice=mail.notice,
        sent_at=read.sent_at,
        sender=mail.sender.email,
        sender_name=mail.sender.name,
        subject=mail.subject,
        own_text=mail.own_text,
        thread_keys=mail.thread_keys,
        order_numbers=mail.order_numbers,
        tracking_numbers=mail.tracking_numbers,
        customer_id=result.ids["customer"].get(read.customer_key),
        customer_name=read.customer_name,
        bounce_of=mail.bounce_of,
        authentication=mail.authentication,
        message_key=read.key,
    )
    filed = file_message(incoming, now=reader.now)
    if filed.case_id is None:
        return
    reader.taken.cases += filed.opened
    if not filed.opened and read.direction == "in" and str(mail.kind) == "buyer_message":
        withdraw_unsent(filed.case_id, now=reader.now, why="Der Kunde hat inzwischen geschrieben.")
