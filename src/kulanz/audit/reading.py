"""The audit trail as its page reads it: filtered, newest first, with the place in the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kulanz.audit.models import AuditEntry, AuditSeal

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty is any. `since` and `until` are UTC, until exclusive."""

    actor: str = ""
    verb: str = ""
    object_kind: str = ""
    object_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    at: datetime
    actor: str
    verb: str
    object_kind: str
    object_id: int | None
    why: str
    differences: tuple[Difference, ...]
    seal: int | None
    """Number in the chain; None until the sealer has come by."""


def _filtered(wanted: Wanted) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all()
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.verb:
        found = found.filter(verb=wanted.verb)
    if wanted.object_kind:
        found = found.filter(object_kind=wanted.object_kind)
    if wanted.object_id is not None:
        found = found.filter(object_id=wanted.object_id)
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lt=wanted.until)
    return found


def lines(wanted: Wanted, *, after: int | None = None, limit: int = PAGE_ROWS) -> list[Line]:
    """Newest first, by number of the row; `after` is the last id of the page before. Two queries."""
    found = _filtered(wanted)
    if after is not None:
        found = found.filter(pk__lt=after)
    entries = list(found.order_by("-pk")[:limit])
    seals = dict(
        AuditSeal.objects.filter(entry_id__in=[e.pk for e in entries]).values_list("entry_id", "number")
    )
    return [
        Line(
            id=e.pk,
            at=e.at,
            actor=e.actor,
            verb=e.verb,
            object_kind=e.object_kind,
            object_id=e.object_id,
            why=e.why,
            differences=differences(e.before, e.after),
            seal=seals.get(e.pk),
        )
        for e in entries
    ]


def differences(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Difference, ...]:
    """Name by name what was and what is; a name only one side has stands with None on the other."""
    was, becomes = before or {}, after or {}
    names = [*was, *(name for name in becomes if name not in was)]
    return tuple(Difference(name, was.get(name), becomes.get(name)) for name in names)


def verbs() -> list[str]:
    """All verbs that ever happened, for the filter."""
    return list(AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the chain reaches."""

    sealed: int
    newest_at: datetime | None
    waiting: int


def chain() -> Chain:
    last = AuditSeal.objects.order_by("-number").select_related("entry").first()
    waiting = AuditEntry.objects.filter(pk__gt=last.entry_id if last else 0).count()
    return Chain(last.number if last else 0, last.entry.at if last else None, waiting)
