"""The one door to a customer: who may, to whom, with what, and how it comes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

import factories as make
from kulanz.cases import drafts
from kulanz.cases.models import Case, CaseEntry, Draft, EntryKind
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account, Message
from kulanz.outbox import verbs
from kulanz.outbox.models import Action
from kulanz.people.models import Role, User
from kulanz.replies.send import Enclosure, NotPossible, send_reply, take_back, withdraw_unsent

pytestmark = pytest.mark.django_db


def account(channel: str = "shop", **values: Any) -> Account:
    """An account that can send mail."""
    made = make.account(channel=channel, sender="service@laden.example", sender_name="Laden Müller", **values)
    Mailbox.objects.create(
        account=made, host="127.0.0.1", username=f"u{made.pk}", secret_name="s", smtp_host="127.0.0.1"
    )
    return made


def asked(case: Case, **values: Any) -> Message:
    message = make.message(case.account, **values)
    CaseEntry.objects.create(case=case, kind=EntryKind.MESSAGE, message=message, at=message.sent_at)
    return message


@pytest.fixture
def anna() -> User:
    return make.user("anna", first_name="Anna", last_name="Weber")


@pytest.fixture
def case() -> Case:
    return make.case(account())


def test_a_reply_is_approved_by_who_wrote_it_and_leaves_after_the_seconds_to_take_it_back(
    now: datetime, case: Case, anna: User, settings: Settings
) -> None:
    settings.UNDO_SECONDS = 15
    question = Message.objects.get()
    action = send_reply(case.pk, text=" Guten Tag,\r\nIhr Paket kommt. ", by=anna, now=now)
    assert (action.key, action.state, action.way, action.decided_by, action.not_before) == (
        f"reply:case-{case.pk}:1",
        "approved",
        "mail",
        anna,
        now + timedelta(seconds=15),
    )
    assert action.basis == [["kulanz_message", question.pk, question.version]]
    assert action.payload == {
        "to": question.sender,
        "to_name": "Sabine Hoffmann",
        "subject": "Re: Meine Bestellung",
        "text": "Guten Tag,\nIhr Paket kommt.",
        "answers": question.key,
        "in_reply_to": question.key,
        "references": [question.key],
        "from": "service@laden.example",
        "from_name": "Laden Müller",
        "attachments": [],
    }


def test_it_answers_the_newest_message_where_that_asks_to_be_answered(
    now: datetime, case: Case, anna: User
) -> None:
    asked(case, sender="formular@laden.example", reply_to="kunde@privat.example", sent_at=now)
    asked(case, sender="mailer-daemon@x.example", kind="bounce", sent_at=now + timedelta(seconds=1))
    asked(case, sender="service@laden.example", direction="out", sent_at=now + timedelta(seconds=2))
    assert send_reply(case.pk, text="Hallo", by=anna, now=now).payload["to"] == "kunde@privat.example"


def test_amazon_keeps_the_order_number_in_the_subject(now: datetime, anna: User) -> None:
    case = make.case(account("amazon"), order_number="303-1234567-1234567")
    subject = send_reply(case.pk, text="Hallo", by=anna, now=now).payload["subject"]
    assert subject == "Re: Meine Bestellung (Bestellung: 303-1234567-1234567)"


def test_sending_uses_the_draft_up_and_taking_back_restores_it(now: datetime, case: Case, anna: User) -> None:
    drafts.save(case.pk, text="Hallo", by=anna, now=now, known_version=0)
    action = send_reply(case.pk, text="Hallo", by=anna, now=now)
    assert Draft.objects.count() == 0
    assert take_back(action.pk, by=anna, now=now).state == "withdrawn"
    draft = Draft.objects.get()
    assert (draft.text, draft.user, drafts.is_overtaken(draft, case)) == ("Hallo", anna, False)


def test_what_a_colleague_wrote_meanwhile_stays_below(now: datetime, case: Case, anna: User) -> None:
    action = send_reply(case.pk, text="Erste Antwort", by=anna, now=now)
    drafts.save(case.pk, text="Nachtrag", by=make.user("bernd"), now=now, known_version=0)
    take_back(action.pk, by=anna, now=now)
    assert Draft.objects.get().text == "Erste Antwort\n\nNachtrag"


def test_a_new_message_of_the_customer_takes_unsent_replies_back(
    now: datetime, case: Case, anna: User
) -> None:
    action = send_reply(case.pk, text="Hallo", by=anna, now=now)
    assert withdraw_unsent(case.pk, now=now) == 1
    action.refresh_from_db()
    assert (action.state, action.error) == ("withdrawn", "Der Kunde hat inzwischen noch einmal geschrieben.")
    draft = Draft.objects.get()
    assert (draft.text, drafts.is_overtaken(draft, case)) == ("Hallo", True)
    assert withdraw_unsent(case.pk, now=now) == 0


@pytest.mark.parametrize("state", ["sending", "done", "unclear", "failed"])
def test_what_has_left_is_not_taken_back_by_a_new_message(
    now: datetime, case: Case, anna: User, state: str
) -> None:
    action = send_reply(case.pk, text="Hallo", by=anna, now=now)
    Action.objects.filter(pk=action.pk).update(state=state)
    assert withdraw_unsent(case.pk, now=now) == 0
    assert Draft.objects.count() == 0


def test_each_reply_has_a_number_of_its_own(now: datetime, case: Case, anna: User) -> None:
    first = send_reply(case.pk, text="Eins", by=anna, now=now)
    take_back(first.pk, by=anna, now=now)
    second = send_reply(case.pk, text="Zwei", by=anna, now=now)
    assert [first.key, second.key] == [f"reply:case-{case.pk}:1", f"reply:case-{case.pk}:2"]
    assert first.external_id != second.external_id


def test_two_agents_do_not_answer_one_question_twice(now: datetime, case: Case, anna: User) -> None:
    send_reply(case.pk, text="Hallo", by=anna, now=now)
    with pytest.raises(NotPossible, match="Anna Weber hat gerade geantwortet"):
        send_reply(case.pk, text="Hallo", by=make.user("bernd"), now=now)
    assert Action.objects.count() == 1


def test_who_has_not_seen_the_newest_message_does_not_answer_it(
    now: datetime, case: Case, anna: User
) -> None:
    seen = Message.objects.get().pk
    asked(case, sent_at=now)
    with pytest.raises(NotPossible, match="noch einmal geschrieben"):
        send_reply(case.pk, text="Hallo", by=anna, now=now, known_message=seen)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "leer"), (" \n\t", "leer"), ("x" * 50_001, r"50001 Zeichen .* 50000 \(REPLY_CHARS\)")],
)
def test_a_text_that_is_no_answer(now: datetime, case: Case, anna: User, text: str, words: str) -> None:
    with pytest.raises(NotPossible, match=words):
        send_reply(case.pk, text=text, by=anna, now=now)
    assert Action.objects.count() == 0


def test_attachments_have_limits_that_are_named(now: datetime, case: Case, anna: User) -> None:
    big = Enclosure("foto.jpg", "image/jpeg", b"x" * (5 * 1024 * 1024 + 1))
    with pytest.raises(NotPossible, match="ATTACHMENTS_BYTES"):
        send_reply(case.pk, text="Hallo", by=anna, now=now, attachments=[big, big])
    with pytest.raises(NotPossible, match="ENCLOSURES"):
        send_reply(case.pk, text="Hallo", by=anna, now=now, attachments=[Enclosure("a", "b/c", b"x")] * 6)
    action = send_reply(
        case.pk,
        text="Hallo",
        by=anna,
        now=now,
        attachments=[Enclosure("Beleg.pdf", "application/pdf", b"%PDF")],
    )
    (kept,) = action.payload["attachments"]
    assert (kept["name"], kept["type"], kept["size"]) == ("Beleg.pdf", "application/pdf", 4)


def test_strangers_warehouse_and_accounting_answer_nobody(now: datetime, case: Case) -> None:
    with pytest.raises(NotPossible, match="nicht sehen"):
        send_reply(case.pk, text="Hallo", by=make.user(accounts=[make.account()]), now=now)
    for role in (Role.WAREHOUSE, Role.ACCOUNTING):
        with pytest.raises(NotPossible, match="Ihre Rolle"):
            send_reply(case.pk, text="Hallo", by=make.user(role=role), now=now)
    assert Action.objects.count() == 0


def test_without_a_message_there_is_nobody_to_answer(now: datetime, anna: User) -> None:
    with pytest.raises(NotPossible, match="keine Adresse"):
        send_reply(make.case(account(), messages=0).pk, text="Hallo", by=anna, now=now)


def test_without_a_mail_server_a_person_types_it_in_the_portal(now: datetime, anna: User) -> None:
    case = make.case(make.account(channel="amazon"), order_number="303-1")
    action = send_reply(case.pk, text="Hallo", by=anna, now=now)
    assert (action.way, action.state) == ("hand", "approved")
    assert [(step["kind"], step["text"]) for step in action.payload["steps"]] == [
        ("copy", "Hallo"),
        ("open", "303-1"),
        ("tick", ""),
    ]
    assert action.payload["link"] == "https://sellercentral.amazon.de/messaging/inbox"
    assert verbs.done_by_hand(action.pk, by=anna, now=now, proof="gesendet 13:07").state == "done"


def test_in_a_demo_a_sender_is_enough(now: datetime, anna: User, settings: Settings) -> None:
    settings.IS_DEMO = True
    case = make.case(make.account())
    assert send_reply(case.pk, text="Hallo", by=anna, now=now).way == "mail"


def test_the_same_words_pressed_twice_are_one_reply(now: datetime, case: Case, anna: User) -> None:
    first = send_reply(case.pk, text="Ihr Paket kommt.", by=anna, now=now)
    again = send_reply(case.pk, text="Ihr Paket kommt.\r\n", by=anna, now=now + timedelta(seconds=1))
    assert (again.pk, again.not_before, Action.objects.count()) == (first.pk, first.not_before, 1)


def test_what_has_gone_out_is_not_sent_again_by_an_old_page(now: datetime, case: Case, anna: User) -> None:
    first = send_reply(case.pk, text="Ihr Paket kommt.", by=anna, now=now)
    Action.objects.filter(pk=first.pk).update(state="done")
    with pytest.raises(NotPossible) as refused:
        send_reply(case.pk, text="Ihr Paket kommt.", by=anna, now=now + timedelta(minutes=1))
    assert str(refused.value) == (
        "Genau diese Antwort ist auf diese Nachricht schon hinausgegangen oder unterwegs."
    )
    asked(case, sent_at=now + timedelta(minutes=2))
    assert (
        send_reply(case.pk, text="Ihr Paket kommt.", by=anna, now=now + timedelta(minutes=3)).pk != first.pk
    )
