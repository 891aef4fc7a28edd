"""Recurring work as rows: claimed by compare-and-set, fenced by a token, with the failure a person can read.

Times are real time.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from kulanz.work.models import Schedule

LONGEST_PAUSE_SECONDS = 900
"""A failing piece is tried again at least this often."""
ERROR_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed run of one schedule; `token` is its fence."""

    id: int
    name: str
    subject_id: int
    token: str
    every_seconds: int
    failures: int


def ensure(name: str, subject_id: int = 0, *, every_seconds: int, now: datetime) -> None:
    """There is such a schedule, due at once when new."""
    row, fresh = Schedule.objects.get_or_create(
        name=name, subject_id=subject_id, defaults={"due_at": now, "every_seconds": every_seconds}
    )
    if not fresh and row.every_seconds != every_seconds:
        Schedule.objects.filter(pk=row.pk).update(every_seconds=every_seconds)


def keep_only(name: str, subject_ids: Collection[int]) -> None:
    """Schedules of subjects that are gone or switched off go as well."""
    Schedule.objects.filter(name=name).exclude(subject_id__in=subject_ids).delete()


def soon(name: str, subject_id: int = 0, *, now: datetime) -> None:
    """Run it at once: somebody mended what was wrong."""
    Schedule.objects.filter(name=name, subject_id=subject_id, due_at__gt=now).update(due_at=now)


def claim_due(
    names: Collection[str],
    *,
    now: datetime,
    lease_seconds: float,
    limit: int = 1,
    without: Collection[tuple[str, int]] = (),
) -> list[Due]:
    """Take up to `limit` due schedules; those in `without` (name, subject) stay for later."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Schedule.objects.filter(free, name__in=names, due_at__lte=now).order_by("due_at", "id")
    for name, subject_id in without:
        rows = rows.exclude(name=name, subject_id=subject_id)
    if not rows.exists():  # looked at often: no write transaction for nothing
        return []
    with transaction.atomic():
        return _take(rows, free, now, lease_seconds, limit)


def _take(rows: QuerySet[Schedule], free: Q, now: datetime, lease_seconds: float, limit: int) -> list[Due]:
    taken = []
    for row in rows.select_for_update(skip_locked=True)[:limit]:
        token = secrets.token_hex(16)
        if Schedule.objects.filter(free, pk=row.pk, lease_token=row.lease_token).update(
            lease_token=token, lease_until=now + timedelta(seconds=lease_seconds)
        ):
            taken.append(Due(row.pk, row.name, row.subject_id, token, row.every_seconds, row.failures))
    return taken


def renew(due: Due, *, now: datetime, lease_seconds: float) -> bool:
    """Prolong; False once another has taken it over."""
    return bool(_ours(due).update(lease_until=now + timedelta(seconds=lease_seconds)))


def succeed(due: Due, *, now: datetime) -> bool:
    """Done until the next time; the failure, if any, is over."""
    return bool(
        _ours(due).update(
            due_at=now + timedelta(seconds=due.every_seconds),
            lease_until=None,
            lease_token="",
            last_ok_at=now,
            failing_since=None,
            failures=0,
            error="",
        )
    )


def fail(due: Due, *, now: datetime, text: str) -> bool:
    """It did not work: kept with its German reason, tried again after growing pauses."""
    return bool(
        _ours(due).update(
            due_at=now + timedelta(seconds=pause_seconds(due.every_seconds, due.failures)),
            lease_until=None,
            lease_token="",
            failing_since=Coalesce("failing_since", now),
            failures=due.failures + 1,
            error=text[:ERROR_CHARS],
        )
    )


def give_back(due: Due, *, now: datetime) -> None:
    """Not done and not failed: the worker stops. Due again at once."""
    _ours(due).update(due_at=now, lease_until=None, lease_token="")


def rest(name: str, subject_id: int) -> None:
    """Not again by itself: due only once its usual pause is over, whatever failed."""
    for row in Schedule.objects.filter(name=name, subject_id=subject_id, lease_until=None):
        pause = timedelta(seconds=row.every_seconds)
        Schedule.objects.filter(pk=row.pk, lease_until=None).update(due_at=row.due_at + pause)


def next_due(names: Collection[str], now: datetime) -> datetime | None:
    """When the next of these is due, leases counted."""
    due = Schedule.objects.filter(name__in=names, lease_until=None).order_by("due_at")
    leased = Schedule.objects.filter(name__in=names, lease_until__isnull=False).order_by("lease_until")
    times = [
        due.values_list("due_at", flat=True).first(),
        leased.values_list("lease_until", flat=True).first(),
    ]
    return min((at for at in times if at is not None), default=None)


def pause_seconds(every_seconds: int, failures: int) -> int:
    """Seconds after this many failures before: the usual pause, doubled each time, at most 15 minutes."""
    return max(every_seconds, min(every_seconds << min(failures, 20), LONGEST_PAUSE_SECONDS))


def _ours(due: Due) -> QuerySet[Schedule]:
    return Schedule.objects.filter(pk=due.id, lease_token=due.token)
