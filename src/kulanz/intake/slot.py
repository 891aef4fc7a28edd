"""One reader an account: a leased slot, fenced by its token, so that two readers never read the same records."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from kulanz.work.models import Schedule

NAME = "intake_slot"


class SlotLost(RuntimeError):
    """Another reader has taken the slot over; nothing of this transaction may stay."""


@dataclass(frozen=True, slots=True)
class Slot:
    schedule_id: int
    token: str
    lease_seconds: float
    taken_from_dead: bool
    """The last reader did not give the slot back: it may have been killed by a record."""


def take(account_id: int, *, now: datetime, lease_seconds: float) -> Slot | None:
    """The account's slot, or None while another reader holds it. Real time."""
    schedule, _ = Schedule.objects.get_or_create(
        name=NAME, subject_id=account_id, defaults={"due_at": now, "every_seconds": 0}
    )
    token = secrets.token_hex(8)
    dead = bool(schedule.lease_token)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = Schedule.objects.filter(free, pk=schedule.pk, lease_token=schedule.lease_token).update(
        lease_token=token, lease_until=now + timedelta(seconds=lease_seconds)
    )
    return Slot(schedule.pk, token, lease_seconds, dead) if taken else None


def hold(slot: Slot, *, now: datetime) -> None:
    """Prolong the lease inside the reader's own transaction. Raises SlotLost when the slot is another's."""
    until = connection.ops.adapt_datetimefield_value(now + timedelta(seconds=slot.lease_seconds))
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE "kulanz_schedule" SET "lease_until" = %s WHERE "id" = %s AND "lease_token" = %s',
            [until, slot.schedule_id, slot.token],
        )
        if cursor.rowcount != 1:
            raise SlotLost


def give_back(slot: Slot) -> None:
    Schedule.objects.filter(pk=slot.schedule_id, lease_token=slot.token).update(
        lease_token="", lease_until=None
    )
