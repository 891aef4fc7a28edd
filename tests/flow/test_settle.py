"""What an ended action does to its case: once, whole, and by the way a copy from the Sent folder takes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import factories as make
from kulanz.cases.models import Case, CaseEntry, CaseState
from kulanz.channels.contract import Part
from kulanz.channels.mail.send import build
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account, Message
from kulanz.flow import settle
from kulanz.flow.take_in import take_in
from kulanz.intake.models import RawBatch, RawRecord
from kulanz.intake.receive import receive_parts
from kulanz.outbox import carry, verbs
from kulanz.outbox.carry import Done, Failed, Outcome, Unclear
from kulanz.outbox.models import Action
from kulanz.people.models import Role, User
from kulanz.replies.send import send_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    made = make.account(sender="service@laden.example", sender_name="Laden")
    Mailbox.objects.create(account=made, host="h", username="u", secret_name="s", smtp_host="127.0.0.1")
    return made


@pytest.fixture
def anna() -> User:
    return make.user("anna", first_name="Anna", last_name="Weber")


def question(account: Account, now: datetime, number: int = 1, reply_to: str = "") -> Case:
    """A customer's mail, read the usual way; the case it belongs to."""
    reply = f"In-Reply-To: {reply_to}\r\n" if reply_to else ""
    raw = (
        f"Message-ID: <frage-{number}@example.org>\r\n{reply}From: Sabine Hoffmann <sabine@example.org>\r\n"
        f"To: service@laden.example\r\nDate: {now:%a, %d %b %Y %H:%M:%S} +0000\r\nSubject: Paket fehlt\r\n\r\n"
        "Wo ist mein Paket?\r\n"
    ).encode()
    read(account, raw, now)
    return Case.objects.get()


def read(account: Account, raw: bytes, now: datetime, note: str = "") -> None:
    batch = RawBatch.objects.create(
        account=account, source="mail", name="INBOX", source_at=now, received_at=now
    )
    receive_parts(batch=batch, parts=[Part("x", raw, note=note)], received_at=now)
    take_in(account.pk, now=now)
    assert list(RawRecord.objects.exclude(state="read").values_list("error", flat=True)) == []


def ended(case: Case, by: User, now: datetime, outcome: Outcome) -> Action:
    action = send_reply(case.pk, text="Ihr Paket kommt morgen.", by=by, now=now)
    at = now + timedelta(seconds=60)
    (claimed,) = carry.claim(at, 30, 1)
    carry.finish(claimed, outcome, at)
    return action


def entries(case: Case) -> list[tuple[str, str]]:
    return [
        (one.kind, one.message.direction if one.message else one.icon)
        for one in CaseEntry.objects.filter(case=case).select_related("message").order_by("at", "id")
    ]


def test_a_sent_reply_is_a_message_of_its_case_and_stops_the_clocks(
    account: Account, anna: User, now: datetime
) -> None:
    case = question(account, now)
    assert case.house_due_at is not None
    action = ended(case, anna, now, Done())
    assert settle.settle(action.pk, now=now + timedelta(seconds=61)) is True
    case.refresh_from_db()
    assert entries(case) == [("message", "in"), ("message", "out")]
    sent = Message.objects.get(direction="out")
    assert (sent.key, sent.own_text, sent.recipient, sent.sender) == (
        action.external_id,
        "Ihr Paket kommt morgen.",
        "sabine@example.org",
        "service@laden.example",
    )
    assert CaseEntry.objects.get(message=sent).user == anna
    assert (case.state, case.house_due_at, case.last_out_at) == (
        CaseState.WAIT_CUSTOMER,
        None,
        now + timedelta(seconds=60),
    )


def test_settling_twice_and_the_copy_in_the_sent_folder_change_nothing(
    account: Account, anna: User, now: datetime
) -> None:
    case = question(account, now)
    action = ended(case, anna, now, Done())
    later = now + timedelta(seconds=61)
    assert settle.settle(action.pk, now=later) is True
    assert settle.settle(action.pk, now=later) is False
    copy = build(action.payload, message_id=action.external_id, date=now + timedelta(seconds=60))
    read(account, copy, later, note="sent")
    assert entries(case) == [("message", "in"), ("message", "out")]


def test_the_copy_may_come_first(account: Account, anna: User, now: datetime) -> None:
    case = question(account, now)
    action = ended(case, anna, now, Done())
    later = now + timedelta(seconds=61)
    read(account, build(action.payload, message_id=action.external_id, date=now), later, note="sent")
    assert settle.settle(action.pk, now=later) is True
    assert entries(case) == [("message", "in"), ("message", "out")]
    assert Message.objects.filter(direction="out").count() == 1


def test_the_customers_answer_finds_the_case(account: Account, anna: User, now: datetime) -> None:
    case = question(account, now)
    action = ended(case, anna, now, Done())
    settle.settle(action.pk, now=now + timedelta(seconds=61))
    question(account, now + timedelta(hours=1), 2, reply_to=action.external_id)
    case.refresh_from_db()
    assert entries(case) == [("message", "in"), ("message", "out"), ("message", "in")]
    assert case.state == CaseState.OPEN


@pytest.mark.parametrize(
    ("outcome", "text", "icon"),
    [
        (
            Failed(True, "550 unbekannt"),
            "Antwort an Sabine Hoffmann: fehlgeschlagen. 550 unbekannt",
            "alert-triangle",
        ),
        (
            Unclear("Verbindung weg."),
            "Antwort an Sabine Hoffmann: unklar, ob es hinausging. Verbindung weg.",
            "help",
        ),
    ],
)
def test_what_did_not_surely_arrive_opens_the_case_again(
    account: Account, anna: User, now: datetime, outcome: Outcome, text: str, icon: str
) -> None:
    case = question(account, now)
    due = case.house_due_at
    action = ended(case, anna, now, outcome)
    Case.objects.filter(pk=case.pk).update(state=CaseState.CLOSED, closed_at=now, unanswered_since=None)
    assert settle.settle(action.pk, now=now + timedelta(seconds=61)) is True
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.house_due_at, case.last_out_at) == (
        CaseState.OPEN,
        None,
        due,
        None,
    )
    event = CaseEntry.objects.get(kind="event", icon=icon)
    assert event.text == text


def test_sent_again_by_a_person_it_is_settled_again(account: Account, anna: User, now: datetime) -> None:
    case = question(account, now)
    action = ended(case, anna, now, Unclear("Verbindung weg."))
    settle.settle(action.pk, now=now + timedelta(seconds=61))
    verbs.confirm_sent(action.pk, by=anna, now=now + timedelta(minutes=5), proof="liegt in Gesendet")
    assert settle.settle(action.pk, now=now + timedelta(minutes=6)) is True
    assert entries(case)[-1] == ("message", "out")


def hand(case: Case, now: datetime, **values: Any) -> Action:
    given: dict[str, Any] = {
        "key": "refund:1",
        "kind": "refund",
        "way": "hand",
        "title": "Erstattung 29,90 €",
        "reason": "",
        "payload": {"steps": [{"kind": "tick", "title": "Erstatten", "text": "", "link": ""}]},
        "proposed_by": "anna",
        "subject_kind": "case",
        "subject_id": case.pk,
    } | values
    lead = make.user("clara", Role.LEAD)
    action = verbs.propose(account_id=case.account_id, now=now, **given)
    return verbs.approve(action.pk, by=lead, now=now)


def test_what_was_done_by_hand_stands_in_the_conversation(
    account: Account, anna: User, now: datetime
) -> None:
    case = question(account, now)
    action = hand(case, now)
    verbs.done_by_hand(action.pk, by=anna, now=now, proof="Erstattung 4711")
    settle.settle(action.pk, now=now)
    event = CaseEntry.objects.get(kind="event", icon="hand")
    assert event.text == "Erstattung 29,90 €: von Hand erledigt von Anna Weber. Erstattung 4711"
    version = case.version
    case.refresh_from_db()
    assert (case.state, case.version) == (CaseState.OPEN, version + 1)


def test_a_reply_typed_in_the_portal_is_a_message_as_well(
    account: Account, anna: User, now: datetime
) -> None:
    Mailbox.objects.update(smtp_host="")
    case = question(account, now)
    action = send_reply(case.pk, text="Im Portal getippt.", by=anna, now=now)
    verbs.done_by_hand(action.pk, by=anna, now=now + timedelta(minutes=1), proof="gesendet")
    settle.settle(action.pk, now=now + timedelta(minutes=2))
    case.refresh_from_db()
    assert (entries(case), case.state) == ([("message", "in"), ("message", "out")], CaseState.WAIT_CUSTOMER)


def test_an_action_about_nothing_we_know_is_settled_quietly(
    account: Account, anna: User, now: datetime
) -> None:
    case = question(account, now)
    action = hand(case, now, subject_kind="order", subject_id=1)
    verbs.done_by_hand(action.pk, by=anna, now=now, proof="x")
    assert settle.settle_some() is True
    assert settle.settle_some() is False
    assert Action.objects.get().settled is True
