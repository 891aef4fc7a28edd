"""Claim, finish, expire: nothing leaves twice, nothing is forgotten, and the fence holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

import factories as make
from kulanz.cases.models import Case
from kulanz.outbox import basis, carry, verbs
from kulanz.outbox.carry import Claimed, Done, Failed, Unclear
from kulanz.outbox.models import Action
from kulanz.people.models import Role, User

pytestmark = pytest.mark.django_db
LEASE = 30.0


@pytest.fixture
def lead() -> User:
    return make.user("clara", Role.OWNER)


def approved(now: datetime, by: User, number: int = 1, delay: float = 0, **values: Any) -> Action:
    given: dict[str, Any] = {
        "key": f"reply:case-{number}:1",
        "kind": "reply",
        "way": "mail",
        "title": "Antwort",
        "reason": "",
        "payload": {"to": "kunde@example.org", "from": "service@laden.example", "text": "Guten Tag"},
        "proposed_by": "anna",
    } | values
    account_id = given.pop("account_id", None) or make.account().pk
    action = verbs.propose(account_id=account_id, now=now, **given)
    return verbs.approve(action.pk, by=by, now=now, delay_seconds=delay)


def claim_one(now: datetime) -> Claimed:
    (claimed,) = carry.claim(now, LEASE, 1)
    return claimed


def row(action: Action) -> Action:
    return Action.objects.get(pk=action.pk)


def test_claimed_once_and_only_when_due(now: datetime, lead: User) -> None:
    action = approved(now, lead, delay=15)
    assert carry.claim(now + timedelta(seconds=14), LEASE, 5) == []
    due = now + timedelta(seconds=15)
    claimed = claim_one(due)
    assert (claimed.id, claimed.external_id, claimed.attempts) == (action.pk, action.external_id, 1)
    assert (row(action).state, row(action).lease_until) == ("sending", due + timedelta(seconds=LEASE))
    assert carry.claim(due, LEASE, 5) == []


def test_soonest_first_and_not_more_than_asked(now: datetime, lead: User) -> None:
    late, soon, middle = (approved(now, lead, number, delay) for number, delay in ((1, 9), (2, 3), (3, 6)))
    then = now + timedelta(seconds=10)
    assert [one.id for one in carry.claim(then, LEASE, 2)] == [soon.pk, middle.pk]
    assert [one.id for one in carry.claim(then, LEASE, 2)] == [late.pk]


def test_nothing_leaves_while_everything_stands_still(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    verbs.halt(by=lead, now=now, why="Preisfehler")
    assert carry.claim(now, LEASE, 5) == []
    assert carry.next_due(now) is None
    verbs.resume(by=lead, now=now)
    assert carry.next_due(now) == now
    assert claim_one(now).id == action.pk


def test_what_is_done_by_hand_is_never_claimed(now: datetime, lead: User) -> None:
    approved(now, lead, way="hand")
    assert carry.claim(now, LEASE, 5) == []
    assert carry.next_due(now) is None


def test_a_changed_situation_sends_it_back_and_says_so(now: datetime, lead: User) -> None:
    case = make.case()
    action = approved(now, lead, basis=basis.of(case))
    other = approved(now, lead, 2)
    Case.objects.filter(pk=case.pk).update(version=2)
    assert [one.id for one in carry.claim(now, LEASE, 5)] == [other.pk]
    assert (row(action).state, row(action).error) == ("proposed", carry.CHANGED)
    again = verbs.approve(action.pk, by=lead, now=now)
    assert (again.error, again.basis) == ("", [["kulanz_case", case.pk, 2]])
    assert claim_one(now).id == action.pk


def test_a_row_that_is_gone_counts_as_changed(now: datetime, lead: User) -> None:
    case = make.case(messages=0)
    action = approved(now, lead, basis=basis.of(case))
    case.delete()
    assert carry.claim(now, LEASE, 5) == []
    assert row(action).state == "proposed"


def test_done_keeps_its_message_id_and_waits_to_be_settled(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    assert carry.finish(claim_one(now), Done(action.external_id), now) is True
    done = row(action)
    assert (done.state, done.external_id, done.ended_at, done.settled, done.lease_token) == (
        "done",
        action.external_id,
        now,
        False,
        "",
    )


def test_a_passing_failure_waits_longer_each_time_and_gives_up_after_eight(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    pauses = []
    at = now
    for _ in range(carry.MAX_ATTEMPTS - 1):
        carry.finish(claim_one(at), Failed(False, "421 später"), at)
        waits = row(action)
        assert (waits.state, waits.error) == ("approved", "421 später")
        assert waits.not_before is not None
        pauses.append((waits.not_before - at).total_seconds())
        at = waits.not_before
    assert pauses == [30, 60, 120, 240, 480, 960, 1920]
    carry.finish(claim_one(at), Failed(False, "421 später"), at)
    assert (row(action).state, row(action).error) == (
        "failed",
        "421 später Nach 8 Versuchen aufgegeben (MAX_ATTEMPTS).",
    )


def test_a_lasting_failure_fails_at_once(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    carry.finish(claim_one(now), Failed(True, "550 unbekannt"), now)
    assert (row(action).state, row(action).error) == ("failed", "550 unbekannt")


def test_a_dead_lease_of_a_mail_is_unclear(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    claim_one(now)
    assert carry.expire(now + timedelta(seconds=LEASE)) == []
    assert carry.expire(now + timedelta(seconds=LEASE + 1)) == [action.pk]
    assert (row(action).state, row(action).error) == ("unclear", carry.MAIL_UNCLEAR)
    assert carry.claim(now + timedelta(days=1), LEASE, 5) == []


def test_a_dead_lease_over_an_interface_that_knows_our_key_goes_again(now: datetime, lead: User) -> None:
    known = approved(now, lead, 1, way="api", account_id=make.account(channel="shop").pk)
    unknown = approved(now, lead, 2, way="api", account_id=make.account(channel="otto").pk)
    carry.claim(now, LEASE, 5)
    later = now + timedelta(seconds=LEASE + 1)
    assert carry.expire(later, idempotent_channels={"shop"}) == [unknown.pk]
    assert [row(known).state, row(unknown).state] == ["approved", "unclear"]


def test_a_renewed_lease_lives(now: datetime, lead: User) -> None:
    approved(now, lead)
    claimed = claim_one(now)
    assert carry.renew(claimed, now + timedelta(seconds=20), LEASE) is True
    assert carry.expire(now + timedelta(seconds=40)) == []


@pytest.mark.parametrize(
    "outcome", [Done("<x@y>"), Failed(True, "550"), Failed(False, "421"), Unclear("weg")]
)
def test_the_fence_holds_after_a_person_decided(now: datetime, lead: User, outcome: carry.Outcome) -> None:
    action = approved(now, lead)
    slow = claim_one(now)
    carry.expire(now + timedelta(seconds=LEASE + 1))
    verbs.approve_again(action.pk, by=lead, now=now)
    assert carry.finish(slow, outcome, now) is False
    assert row(action).state == "approved"
    assert carry.renew(slow, now, LEASE) is False


def test_a_slow_sender_clears_up_the_unclear_it_left(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    slow = claim_one(now)
    carry.expire(now + timedelta(seconds=LEASE + 1))
    assert carry.finish(slow, Failed(False, "421"), now) is False
    assert carry.finish(slow, Done(action.external_id), now) is True
    assert row(action).state == "done"


def test_a_finished_action_is_not_finished_again(now: datetime, lead: User) -> None:
    action = approved(now, lead)
    claimed = claim_one(now)
    assert carry.finish(claimed, Done(), now) is True
    assert carry.finish(claimed, Failed(True, "550"), now) is False
    assert row(action).state == "done"


@pytest.mark.postgres
def test_a_limit_is_a_limit_whatever_plan_the_database_chooses(now: datetime, lead: User) -> None:
    for number in range(1, 8):
        approved(now, lead, number)
    with connection.cursor() as cursor:
        # A plan that runs a bare sub-select once for each row of the outer table.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(
            "SET LOCAL enable_hashagg = off; SET LOCAL enable_sort = off; SET LOCAL enable_material = off"
        )
    assert len(carry.claim(now, LEASE, 1)) == 1
    assert len(carry.claim(now, LEASE, 2)) == 2
