"""Recurring work: claimed once, fenced, with growing pauses and a failure to read."""

from datetime import datetime, timedelta

import pytest

from kulanz.work import schedules
from kulanz.work.models import Schedule
from kulanz.work.schedules import Due

pytestmark = pytest.mark.django_db
LEASE = 30.0
NAMES = ("fetch_mail",)


def claim(now: datetime, limit: int = 1) -> list[Due]:
    return schedules.claim_due(NAMES, now=now, lease_seconds=LEASE, limit=limit)


@pytest.fixture
def one(now: datetime) -> Schedule:
    schedules.ensure("fetch_mail", 3, every_seconds=60, now=now)
    return Schedule.objects.get()


def test_claimed_by_one_only_and_due_again_after_its_pause(now: datetime, one: Schedule) -> None:
    (due,) = claim(now)
    assert (due.name, due.subject_id, due.failures) == ("fetch_mail", 3, 0)
    assert claim(now) == []
    assert schedules.succeed(due, now=now) is True
    assert claim(now + timedelta(seconds=59)) == []
    assert len(claim(now + timedelta(seconds=60))) == 1


def test_a_dead_lease_is_taken_over_and_the_dead_one_fenced(now: datetime, one: Schedule) -> None:
    (dead,) = claim(now)
    later = now + timedelta(seconds=LEASE + 1)
    (alive,) = claim(later)
    assert schedules.succeed(dead, now=later) is False
    assert schedules.fail(dead, now=later, text="zu spät") is False
    assert schedules.renew(dead, now=later, lease_seconds=LEASE) is False
    assert schedules.renew(alive, now=later, lease_seconds=LEASE) is True
    assert Schedule.objects.get().lease_until == later + timedelta(seconds=LEASE)


def test_a_failure_is_kept_until_the_next_success(now: datetime, one: Schedule) -> None:
    at = now
    for text in ("Anmeldung nicht möglich", "keine Antwort"):
        (due,) = claim(at)
        schedules.fail(due, now=at, text=text)
        at = Schedule.objects.get().due_at
    row = Schedule.objects.get()
    assert (row.failing_since, row.failures, row.error) == (now, 2, "keine Antwort")
    (due,) = claim(at)
    schedules.succeed(due, now=at)
    row = Schedule.objects.get()
    assert (row.failing_since, row.failures, row.error, row.last_ok_at) == (None, 0, "", at)


def test_pauses_grow_to_a_quarter_of_an_hour_and_never_below_the_usual() -> None:
    assert [schedules.pause_seconds(60, failures) for failures in (0, 1, 2, 3, 4, 5, 99)] == [
        60,
        120,
        240,
        480,
        900,
        900,
        900,
    ]
    assert schedules.pause_seconds(3600, 5) == 3600


def test_given_back_is_due_at_once(now: datetime, one: Schedule) -> None:
    (due,) = claim(now)
    schedules.give_back(due, now=now)
    assert len(claim(now)) == 1


def test_what_is_busy_here_stays_for_later(now: datetime, one: Schedule) -> None:
    schedules.ensure("fetch_mail", 4, every_seconds=60, now=now)
    (due,) = schedules.claim_due(NAMES, now=now, lease_seconds=LEASE, limit=5, without=[("fetch_mail", 3)])
    assert due.subject_id == 4


def test_ensuring_again_keeps_the_row_and_takes_the_new_pause(now: datetime, one: Schedule) -> None:
    schedules.ensure("fetch_mail", 3, every_seconds=30, now=now + timedelta(hours=1))
    row = Schedule.objects.get()
    assert (row.pk, row.due_at, row.every_seconds) == (one.pk, now, 30)


def test_schedules_of_what_is_gone_go(now: datetime, one: Schedule) -> None:
    schedules.ensure("fetch_mail", 4, every_seconds=60, now=now)
    schedules.ensure("seal_audit", every_seconds=5, now=now)
    schedules.keep_only("fetch_mail", [4])
    assert sorted(Schedule.objects.values_list("name", "subject_id")) == [
        ("fetch_mail", 4),
        ("seal_audit", 0),
    ]


def test_next_due_counts_leases(now: datetime, one: Schedule) -> None:
    assert schedules.next_due(NAMES, now) == now
    claim(now)
    assert schedules.next_due(NAMES, now) == now + timedelta(seconds=LEASE)


def test_mended_means_soon(now: datetime, one: Schedule) -> None:
    (due,) = claim(now)
    schedules.fail(due, now=now, text="kein Passwort")
    schedules.soon("fetch_mail", 3, now=now)
    assert len(claim(now)) == 1
