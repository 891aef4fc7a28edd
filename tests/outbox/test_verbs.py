"""Every change of an action's state: what it leads to, what refuses, and what the trail says."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import factories as make
from kulanz.audit.models import AuditEntry
from kulanz.outbox import basis, moves, verbs
from kulanz.outbox.models import Action, ActionState, Mode
from kulanz.outbox.verbs import NotPossible
from kulanz.people.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make.user("clara", Role.OWNER)


def propose(now: datetime, account_id: int, **values: Any) -> Action:
    given: dict[str, Any] = {
        "key": "refund:case-1:line-1",
        "kind": "refund",
        "way": "hand",
        "title": "Erstattung 29,90 €",
        "reason": "Paket verloren.",
        "payload": {"steps": [{"kind": "copy", "title": "Betrag", "text": "29,90", "link": ""}] * 2},
        "amount_cents": 2990,
        "proposed_by": "anna",
    }
    return verbs.propose(account_id=account_id, now=now, **(given | values))


def trail() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", "actor"))


def put(action: Action, state: str, **values: Any) -> None:
    Action.objects.filter(pk=action.pk).update(state=state, **values)


def test_the_same_reason_twice_is_one_action(now: datetime) -> None:
    account = make.account()
    first = propose(now, account.pk)
    again = propose(now, account.pk, reason="Paket seit 20 Tagen verloren.", amount_cents=3990)
    assert (again.pk, again.reason, again.amount_cents) == (first.pk, "Paket seit 20 Tagen verloren.", 3990)
    assert Action.objects.count() == 1


def test_proposing_what_stands_unchanged_writes_nothing(now: datetime) -> None:
    account = make.account()
    propose(now, account.pk)
    propose(now, account.pk)
    assert trail() == [("action.propose", "anna")]


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("proposed", "proposed"),
        ("failed", "proposed"),
        ("withdrawn", "proposed"),
        ("rejected", "rejected"),
        ("approved", "approved"),
        ("sending", "sending"),
        ("done", "done"),
        ("unclear", "unclear"),
    ],
)
def test_what_a_new_proposal_does_to_a_standing_action(now: datetime, state: str, becomes: str) -> None:
    account = make.account()
    put(propose(now, account.pk), state)
    again = propose(now, account.pk, title="Neu")
    assert (again.state, again.title) == (becomes, "Neu" if becomes == "proposed" else "Erstattung 29,90 €")


def test_a_failed_action_stays_failed_while_nothing_about_it_changed(now: datetime) -> None:
    account = make.account()
    put(propose(now, account.pk), "failed", error="503")
    assert propose(now, account.pk).state == ActionState.FAILED


def test_a_part_of_kulanz_proposes_nothing_while_the_policy_observes(now: datetime) -> None:
    account = make.account()
    with pytest.raises(NotPossible, match="nur beobachten"):
        propose(now, account.pk, proposed_by="kulanz:delivery")
    assert Action.objects.count() == 0


def test_the_policy_approves_up_to_its_limit_and_never_a_reply(now: datetime, lead: User) -> None:
    account = make.account()
    verbs.set_policy(account.pk, "refund", "act", 3000, by=lead, now=now)
    small = propose(now, account.pk, proposed_by="kulanz:delivery")
    large = propose(now, account.pk, key="refund:2", amount_cents=3001, proposed_by="kulanz:delivery")
    reply = propose(now, account.pk, key="reply:1", kind="reply", way="mail", amount_cents=None)
    assert [small.state, large.state, reply.state] == ["approved", "proposed", "proposed"]
    assert (small.decided_by, small.not_before) == (None, now)
    with pytest.raises(NotPossible, match="nie ohne einen Menschen"):
        verbs.set_policy(account.pk, "reply", "act", 100, by=lead, now=now)


def test_only_the_owner_lets_kulanz_act_and_only_with_a_limit(now: datetime, lead: User) -> None:
    account = make.account()
    with pytest.raises(NotPossible, match="nur die Inhaberin oder der Inhaber"):
        verbs.set_policy(account.pk, "refund", "act", 100, by=make.user(role=Role.LEAD), now=now)
    with pytest.raises(NotPossible, match="bis zu welchem Betrag"):
        verbs.set_policy(account.pk, "refund", "act", None, by=lead, now=now)
    assert verbs.allowed(account.pk, "refund", 50) == Mode.OBSERVE


def test_approve_waits_for_the_delay_and_names_who(now: datetime, lead: User) -> None:
    action = propose(now, make.account().pk)
    done = verbs.approve(action.pk, by=lead, now=now, delay_seconds=15)
    assert (done.state, done.not_before, done.decided_by) == ("approved", now + timedelta(seconds=15), lead)
    assert trail() == [("action.propose", "anna"), ("action.approve", "clara")]


def test_an_agent_does_not_approve_money_and_a_stranger_sees_nothing(now: datetime) -> None:
    account, other = make.account(), make.account()
    action = propose(now, account.pk)
    with pytest.raises(NotPossible, match="Ihre Rolle"):
        verbs.approve(action.pk, by=make.user(), now=now)
    with pytest.raises(NotPossible, match="nicht sehen"):
        verbs.approve(action.pk, by=make.user(role=Role.LEAD, accounts=[other]), now=now)
    assert Action.objects.get().state == "proposed"


def test_reject_wants_a_reason_and_is_final(now: datetime, lead: User) -> None:
    account = make.account()
    action = propose(now, account.pk)
    with pytest.raises(NotPossible, match="Grund"):
        verbs.reject(action.pk, by=lead, now=now, why="  ")
    assert verbs.reject(action.pk, by=lead, now=now, why="Kunde hat Ware.").error == "Kunde hat Ware."
    with pytest.raises(NotPossible, match="abgelehnt"):
        verbs.approve(action.pk, by=lead, now=now)


def test_withdraw_before_it_leaves_and_not_after(now: datetime, lead: User) -> None:
    action = propose(now, make.account().pk)
    verbs.approve(action.pk, by=lead, now=now)
    assert verbs.withdraw(action.pk, by=lead, now=now).state == "withdrawn"
    put(action, "sending")
    with pytest.raises(NotPossible, match="Zu spät"):
        verbs.withdraw(action.pk, by=lead, now=now)


@pytest.mark.parametrize("state", ["failed", "withdrawn", "unclear"])
def test_again_is_the_same_row_with_present_versions(now: datetime, lead: User, state: str) -> None:
    case = make.case()
    action = propose(now, case.account_id, basis=basis.of(case))
    put(action, state, error="421", attempts=8, settled=True, ended_at=now, lease_token="alt")
    type(case).objects.filter(pk=case.pk).update(version=7)
    again = verbs.approve_again(action.pk, by=lead, now=now)
    assert (again.pk, again.state, again.attempts, again.error, again.settled, again.lease_token) == (
        action.pk,
        "approved",
        0,
        "",
        False,
        "",
    )
    assert again.basis == [["kulanz_case", case.pk, 7]]


@pytest.mark.parametrize("state", ["proposed", "rejected", "approved", "sending", "done"])
def test_again_refuses_every_other_state(now: datetime, lead: User, state: str) -> None:
    action = propose(now, make.account().pk)
    put(action, state)
    with pytest.raises(NotPossible):
        verbs.approve_again(action.pk, by=lead, now=now)
    assert Action.objects.get().state == state


def test_unclear_is_confirmed_with_proof(now: datetime, lead: User) -> None:
    action = propose(now, make.account().pk)
    put(action, "unclear", settled=True)
    with pytest.raises(NotPossible, match="woran"):
        verbs.confirm_sent(action.pk, by=lead, now=now, proof="")
    done = verbs.confirm_sent(action.pk, by=lead, now=now, proof="liegt im Ordner Gesendet")
    assert (done.state, done.proof, done.settled) == ("done", "liegt im Ordner Gesendet", False)


def test_by_hand_with_ticks_names_times_and_proof(now: datetime, lead: User) -> None:
    agent = make.user("anna", first_name="Anna", last_name="Weber")
    action = propose(now, make.account().pk)
    verbs.approve(action.pk, by=lead, now=now)
    tick = {"step": 0, "by": "anna", "name": "Anna Weber", "at": now.isoformat()}
    assert verbs.tick_step(action.pk, step=0, by=agent, now=now).steps_done == [tick]
    assert verbs.tick_step(action.pk, step=0, by=agent, now=now).steps_done == []
    verbs.tick_step(action.pk, step=1, by=agent, now=now)
    done = verbs.done_by_hand(action.pk, by=agent, now=now, proof="Erstattung 4711")
    assert (done.state, done.proof, [one["step"] for one in done.steps_done]) == (
        "done",
        "Erstattung 4711",
        [0, 1],
    )
    with pytest.raises(NotPossible, match="gibt es nicht"):
        verbs.tick_step(action.pk, step=2, by=agent, now=now)


def test_what_cannot_be_done_by_hand_fails_with_its_reason(now: datetime, lead: User) -> None:
    action = propose(now, make.account().pk)
    verbs.approve(action.pk, by=lead, now=now)
    failed = verbs.cannot(action.pk, by=make.user(), now=now, why="Bestellung im Portal gesperrt")
    assert (failed.state, failed.error) == ("failed", "Bestellung im Portal gesperrt")


def test_what_the_machine_sends_is_not_ticked(now: datetime, lead: User) -> None:
    action = propose(now, make.account().pk, way="mail")
    verbs.approve(action.pk, by=lead, now=now)
    with pytest.raises(NotPossible, match="nicht von Hand"):
        verbs.done_by_hand(action.pk, by=lead, now=now, proof="x")


def test_halt_twice_is_once_and_only_a_lead_lifts_it(now: datetime, lead: User) -> None:
    first = verbs.halt(by=lead, now=now, why="Preisfehler")
    assert verbs.halt(by=lead, now=now, why="nochmal").pk == first.pk
    with pytest.raises(NotPossible, match="Leitung"):
        verbs.resume(by=make.user(), now=now)
    verbs.resume(by=lead, now=now)
    with pytest.raises(NotPossible, match="nichts angehalten"):
        verbs.resume(by=lead, now=now)
    assert trail() == [("outbox.halt", "clara"), ("outbox.resume", "clara")]


def test_a_playbook_takes_back_only_what_no_person_decided(now: datetime, lead: User) -> None:
    account = make.account()
    open_one = propose(now, account.pk)
    decided = propose(now, account.pk, key="refund:2")
    verbs.approve(decided.pk, by=lead, now=now)
    assert verbs.withdraw_proposed(open_one.key, who="kulanz:delivery", now=now, why="zugestellt")
    assert not verbs.withdraw_proposed(decided.key, who="kulanz:delivery", now=now, why="zugestellt")
    assert list(Action.objects.order_by("id").values_list("state", flat=True)) == ["withdrawn", "approved"]


def test_a_message_id_is_fixed_before_the_first_attempt_and_stays(now: datetime) -> None:
    account = make.account(sender="service@laden.example")
    action = propose(now, account.pk, way="mail", key="reply:case-9:1", kind="reply")
    assert action.external_id == moves.message_id("reply:case-9:1", now, "service@laden.example")
    assert action.external_id.endswith("@laden.example>")
    put(action, "withdrawn")
    assert propose(
        now + timedelta(hours=1), account.pk, way="mail", key="reply:case-9:1", kind="reply"
    ).external_id == (action.external_id)


@pytest.mark.parametrize(
    "broken",
    [
        [["auth_user", 1, 1]],
        [["kulanz_case", "1", 1]],
        [["kulanz_case; DROP TABLE x", 1, 1]],
        [["kulanz_case", 1, True]],
    ],
)
def test_a_basis_names_our_own_versioned_rows(now: datetime, broken: list[list[Any]]) -> None:
    with pytest.raises(ValueError, match="no versioned row"):
        propose(now, make.account().pk, basis=broken)
