"""One reader an account: taken, held, lost, given back."""

from datetime import timedelta

import pytest
from django.db import transaction

from factories import NOW, account
from kulanz.intake import slot as slots

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=31)


def test_a_second_reader_waits_and_another_account_does_not() -> None:
    one, two = account().pk, account().pk
    first = slots.take(one, now=NOW, lease_seconds=30)
    assert first is not None
    assert not first.taken_from_dead
    assert slots.take(one, now=NOW + timedelta(seconds=29), lease_seconds=30) is None
    assert slots.take(two, now=NOW, lease_seconds=30) is not None
    slots.give_back(first)
    second = slots.take(one, now=NOW, lease_seconds=30)
    assert second is not None
    assert not second.taken_from_dead


def test_a_dead_readers_slot_is_taken_over_and_it_can_write_no_more() -> None:
    of = account().pk
    dead = slots.take(of, now=NOW, lease_seconds=30)
    assert dead is not None
    heir = slots.take(of, now=LATER, lease_seconds=30)
    assert heir is not None
    assert heir.taken_from_dead
    with pytest.raises(slots.SlotLost), transaction.atomic():
        slots.hold(dead, now=LATER)
    slots.give_back(dead)  # too late: the slot is the heir's
    slots.hold(heir, now=LATER)
    assert slots.take(of, now=LATER + timedelta(seconds=29), lease_seconds=30) is None


def test_holding_prolongs_the_lease() -> None:
    of = account().pk
    reader = slots.take(of, now=NOW, lease_seconds=30)
    assert reader is not None
    slots.hold(reader, now=NOW + timedelta(seconds=25))
    assert slots.take(of, now=NOW + timedelta(seconds=50), lease_seconds=30) is None
    assert slots.take(of, now=NOW + timedelta(seconds=56), lease_seconds=30) is not None
