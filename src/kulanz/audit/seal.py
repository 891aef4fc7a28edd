"""Number and chain what the audit trail holds, so that a later change of any row shows.

Entries are written with their deed and sealed soon after: one sealer at a time gives each committed entry the next
number and a digest over itself and the seal before it. The chain runs over content digests, so an erasure may blank
an entry's words (with its salt) and the chain stays whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from kulanz.audit.models import AuditEntry, AuditSeal
from kulanz.audit.record import content_digest

SEALED_AT_ONCE = 1000
SEALER_LOCK = 7_206_002
"""Key of the PostgreSQL advisory lock; on SQLite the write transaction itself excludes a second sealer."""
READ_AT_ONCE = 2000
BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the whole chain found. `broken_at` is the first number that does not fit, 0 when all do."""

    sealed: int
    unsealed: int
    erased: int
    """Entries whose words were blanked by an erasure: their digest alone is left."""
    broken_at: int = 0
    reason: str = ""
    """German, for people; empty when the chain is whole."""

    @property
    def holds(self) -> bool:
        return not self.reason


def chain_digest(previous: str, number: int, entry: AuditEntry) -> str:
    """SHA-256 over the seal before and everything of this entry that is never erased."""
    parts = (
        previous,
        number,
        entry.pk,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.verb,
        entry.object_kind,
        entry.object_id,
        entry.content_digest,
    )
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()


@transaction.atomic
def seal(now: datetime) -> int:
    """Seal up to SEALED_AT_ONCE committed entries, oldest first. The number sealed; 0 also when another seals now."""
    if not _only_sealer():
        return 0
    entries = list(AuditEntry.objects.filter(sealed=False).order_by("id")[:SEALED_AT_ONCE])
    if not entries:
        return 0
    number, previous = head()
    seals = []
    for entry in entries:
        number += 1
        digest = chain_digest(previous, number, entry)
        seals.append(AuditSeal(number=number, entry=entry, previous=previous, digest=digest))
        previous = digest
    AuditSeal.objects.bulk_create(seals)
    AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(sealed=True)
    return len(seals)


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        (held,) = cursor.fetchone()
    return bool(held)


def head() -> tuple[int, str]:
    """Number and digest of the newest seal."""
    newest = AuditSeal.objects.order_by("-number").values_list("number", "digest").first()
    return newest or (0, BEGINNING)


def verify(known_number: int = 0, known_digest: str = "") -> Verdict:
    """Check every seal from the first. A seal known from elsewhere (a backup's manifest) must still be in the chain:
    so even a chain that was cut at its end, or written anew from the start, shows."""
    expected, previous, erased = 0, BEGINNING, 0
    for one in _seals():
        expected += 1
        reason = _fault(one, expected, previous)
        if not reason and one.number == known_number and one.digest != known_digest:
            reason = "weicht von der Sicherung ab, die diesen Eintrag schon kannte"
        if reason:
            return _verdict(expected, erased, f"Eintrag {expected} {reason}.")
        previous = one.digest
        erased += one.entry.salt == ""
    if known_number > expected:
        missing = f"Das Protokoll endet bei {expected}, eine Sicherung kennt schon Eintrag {known_number}."
        return _verdict(expected + 1, erased, missing)
    return _verdict(0, erased, "")


def _seals() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("entry").order_by("number").iterator(chunk_size=READ_AT_ONCE)


def _fault(one: AuditSeal, expected: int, previous: str) -> str:
    if one.number != expected:
        return "fehlt"
    if one.previous != previous:
        return "schließt nicht an seinen Vorgänger an"
    entry = one.entry
    if one.digest != chain_digest(previous, expected, entry):
        return "wurde nachträglich geändert"
    if entry.salt and entry.content_digest != content_digest(
        entry.salt, entry.why, entry.before, entry.after
    ):
        return "hat nachträglich geänderten Inhalt"
    if not entry.salt and (entry.why or entry.before or entry.after):
        return "hat nachträglich geänderten Inhalt"
    return ""


def _verdict(broken_at: int, erased: int, reason: str) -> Verdict:
    unsealed = AuditEntry.objects.filter(sealed=False).count()
    return Verdict(AuditSeal.objects.count(), unsealed, erased, broken_at, reason)


def oldest_unsealed() -> datetime | None:
    """When the entry was written that has waited longest for its seal."""
    return AuditEntry.objects.filter(sealed=False).order_by("id").values_list("at", flat=True).first()
