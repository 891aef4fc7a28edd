"""One conversation from end to end: a real mailbox, a real mail server, and the worker between them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes

import pytest
from pytest_django.fixtures import Settings

import dovecot
import factories as make
import smtp_server
from dovecot import Dovecot
from kulanz.audit import seal
from kulanz.base import clock, secrets
from kulanz.cases.models import Case, CaseEntry, CaseState
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account, Message
from kulanz.flow import schedule, worker
from kulanz.outbox.models import Action
from kulanz.replies.send import send_reply, take_back
from kulanz.work.models import Heartbeat, Schedule
from smtp_server import Behaviour

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.dovecot, pytest.mark.slow]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


@pytest.fixture
def shop(server: Dovecot) -> Iterator[tuple[Account, Behaviour]]:
    with smtp_server.running() as (port, behaviour):
        secrets.keep("box", dovecot.PASSWORD)
        account = make.account("laden", sender="service@laden.example", sender_name="Laden")
        for folder in ("INBOX", "Sent"):
            Mailbox.objects.create(
                account=account,
                host="127.0.0.1",
                port=server.port,
                tls="none",
                username="service",
                secret_name="box",
                folder=folder,
                is_sent_folder=folder == "Sent",
                smtp_host="127.0.0.1",
                smtp_port=port,
                smtp_tls="none",
            )
        yield account, behaviour


@pytest.fixture
def working(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Start the worker in this process; it must end within five seconds of being asked."""
    settings.UNDO_SECONDS = 1.0
    monkeypatch.setattr(schedule, "FETCH_SECONDS", 1)
    monkeypatch.setattr(schedule, "SEAL_SECONDS", 1)
    stop = threading.Event()
    thread = threading.Thread(target=worker.main, args=(stop,))
    yield thread.start
    stop.set()
    began = time.monotonic()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    assert Heartbeat.objects.count() == 0


def customer(number: int, text: str, reply_to: str = "") -> bytes:
    reply = f"In-Reply-To: {reply_to}\r\nReferences: {reply_to}\r\n" if reply_to else ""
    return (
        f"Message-ID: <kunde-{number}@example.org>\r\n{reply}From: Sabine Hoffmann <sabine@example.org>\r\n"
        f"To: service@laden.example\r\nDate: {clock.now():%a, %d %b %Y %H:%M:%S} +0000\r\n"
        f"Subject: Mein Paket\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def test_a_conversation_from_end_to_end(
    server: Dovecot, shop: tuple[Account, Behaviour], working: Callable[[], None]
) -> None:
    _account, behaviour = shop
    anna = make.user("anna", first_name="Anna", last_name="Weber")
    server.append("service", customer(1, "Wo ist mein Paket?"))
    working()
    assert within(20, lambda: Case.objects.filter(state=CaseState.OPEN).exists())
    case = Case.objects.get()

    taken = send_reply(case.pk, text="Zu schnell.", by=anna, now=clock.now())
    take_back(taken.pk, by=anna, now=clock.now())
    action = send_reply(
        case.pk, text="Ihr Paket kommt morgen – größer als gedacht.", by=anna, now=clock.now()
    )
    assert within(20, lambda: Action.objects.filter(pk=action.pk, settled=True).exists())
    (sent,) = behaviour.taken
    mail = message_from_bytes(sent.content)
    assert (mail["Message-ID"], mail["In-Reply-To"], mail["Subject"]) == (
        action.external_id,
        "<kunde-1@example.org>",
        "Re: Mein Paket",
    )
    assert sent.recipients == ["sabine@example.org"]
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().strip() == "Ihr Paket kommt morgen – größer als gedacht."

    server.append("service", sent.content, folder="Sent")
    server.append("service", customer(2, "Vielen Dank!", reply_to=action.external_id))
    assert within(20, lambda: CaseEntry.objects.filter(case=case, kind="message").count() == 3)
    assert within(20, lambda: Mailbox.objects.filter(folder="Sent", last_uid=1).exists())
    time.sleep(1)
    directions = Message.objects.order_by("id").values_list("direction", flat=True)
    assert list(directions) == ["in", "out", "in"]
    assert Case.objects.count() == 1
    assert within(10, lambda: seal.verify().unsealed == 0)
    assert seal.verify().broken_at == 0


def test_a_mailbox_that_hangs_stops_its_account_and_no_other(
    server: Dovecot,
    shop: tuple[Account, Behaviour],
    working: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kulanz.base import imap

    monkeypatch.setattr(imap, "STEP_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = Mailbox.objects.create(
            account=make.account(),
            host="127.0.0.1",
            port=silent.getsockname()[1],
            tls="none",
            username="hangs",
            secret_name="box",
        )
        server.append("service", customer(1, "Wo ist mein Paket?"))
        working()
        assert within(20, lambda: Case.objects.count() == 1)
        assert within(
            20, lambda: Schedule.objects.filter(subject_id=hanging.pk, failing_since__isnull=False).exists()
        )
    row = Schedule.objects.get(name="fetch_mail", subject_id=hanging.pk)
    assert "keine Antwort in der gesetzten Zeit" in row.error
    assert Schedule.objects.filter(name="fetch_mail").exclude(failing_since=None).count() == 1
