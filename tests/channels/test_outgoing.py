"""A mail that leaves: its bytes are what was meant, and what the door says becomes the action's end."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

import factories as make
import smtp_server
from kulanz.base import blobs, secrets
from kulanz.channels import dispatch
from kulanz.channels.mail.send import Enclosed, build
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account
from kulanz.outbox.carry import Claimed, Done, Failed, Unclear
from smtp_server import Behaviour

DATE = datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
PAYLOAD: dict[str, Any] = {
    "to": "kunde@example.org",
    "to_name": "Jürgen Größe",
    "from": "service@laden.example",
    "from_name": 'Müller "Haus & Hof"',
    "subject": "Re: Größe paßt nicht " + "ä" * 100,
    "text": "Guten Tag,\n\n.\nIhr Paket kommt – heute!\n" + "x" * 2000,
    "in_reply_to": "<frage@example.org>",
    "references": [f"<{'lang' * 30}-{n}@example.org>" for n in range(6)],
}
ID = "<0123456789abcdef@laden.example>"


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(raw)


def test_the_mail_says_what_was_meant() -> None:
    raw = build(PAYLOAD, message_id=ID, date=DATE)
    mail = parsed(raw)
    assert (mail["Message-ID"], mail["In-Reply-To"]) == (ID, "<frage@example.org>")
    assert mail["Date"].datetime == DATE
    assert [(one.display_name, one.addr_spec) for one in mail["From"].addresses] == [
        ('Müller "Haus & Hof"', "service@laden.example")
    ]
    assert [(one.display_name, one.addr_spec) for one in mail["To"].addresses] == [
        ("Jürgen Größe", "kunde@example.org")
    ]
    assert mail["Subject"] == PAYLOAD["subject"]
    assert mail["References"].split() == PAYLOAD["references"]
    assert (mail.get_content_type(), mail.get_content_charset()) == ("text/plain", "utf-8")
    assert mail.get_content().replace("\r\n", "\n") == PAYLOAD["text"]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_every_attempt_is_the_same_mail() -> None:
    enclosed = [Enclosed("a.pdf", "application/pdf", b"%PDF")]
    first = build(PAYLOAD, message_id=ID, date=DATE, enclosed=enclosed)
    assert build(PAYLOAD, message_id=ID, date=DATE, enclosed=enclosed) == first


def test_attachments_keep_their_bytes_and_names() -> None:
    enclosed = [
        Enclosed("Größentabelle.pdf", "application/pdf", bytes(range(256)) * 10),
        Enclosed("mail.eml", "message/rfc822", b"Subject: x\n\ny"),
        Enclosed("", "nicht/erlaubt; name=x", b"z"),
    ]
    mail = parsed(build(PAYLOAD, message_id=ID, date=DATE, enclosed=enclosed))
    assert [
        (part.get_filename(), part.get_content_type(), part.get_content()) for part in mail.iter_attachments()
    ] == [
        ("Größentabelle.pdf", "application/pdf", bytes(range(256)) * 10),
        ("mail.eml", "application/octet-stream", b"Subject: x\n\ny"),
        ("Anhang", "application/octet-stream", b"z"),
    ]
    body = mail.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == PAYLOAD["text"]


@pytest.mark.parametrize("name", ["subject", "to_name", "from_name", "in_reply_to"])
def test_no_line_break_becomes_a_header(name: str) -> None:
    mail = parsed(build(PAYLOAD | {name: "x\r\nBcc: opfer@example.org"}, message_id=ID, date=DATE))
    assert mail["Bcc"] is None


@pytest.mark.parametrize("name", ["to", "from"])
def test_nothing_is_built_without_both_ends(name: str) -> None:
    with pytest.raises(ValueError, match="sender, a recipient and a Message-ID"):
        build(PAYLOAD | {name: ""}, message_id=ID, date=DATE)


@pytest.fixture
def account(db: None) -> Account:
    secrets.keep("mailbox-1", smtp_server.PASSWORD)
    return make.account(sender="service@laden.example")


@pytest.fixture
def server(account: Account) -> Iterator[Behaviour]:
    with smtp_server.running() as (port, behaviour):
        Mailbox.objects.create(
            account=account,
            host="127.0.0.1",
            username="service",
            secret_name="mailbox-1",
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls="none",
        )
        yield behaviour


def claimed(account: Account, way: str = "mail", **payload: Any) -> Claimed:
    return Claimed(7, "reply:case-1:1", "reply", way, account.pk, "Antwort", PAYLOAD | payload, ID, "t", 1)


def test_a_mail_that_is_taken_is_done_with_its_attachments(account: Account, server: Behaviour) -> None:
    blob = blobs.keep(b"%PDF-1.7")
    attachments = [{"name": "Beleg.pdf", "type": "application/pdf", "size": 8, "blob": blob.pk}]
    assert dispatch.dispatch(claimed(account, attachments=attachments), now=DATE) == Done(ID)
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("service@laden.example", ["kunde@example.org"])
    (attachment,) = parsed(taken.content).iter_attachments()
    assert attachment.get_content() == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("answers", "drop", "expected"),
    [
        ({"RCPT": "450 voll"}, "", (Failed, False)),
        ({"RCPT": "550 weg"}, "", (Failed, True)),
        ({}, "END", (Unclear, None)),
    ],
)
def test_what_the_door_says_becomes_the_end(
    account: Account,
    server: Behaviour,
    answers: dict[str, str],
    drop: str,
    expected: tuple[type, bool | None],
) -> None:
    server.answers, server.drop = answers, drop
    outcome = dispatch.dispatch(claimed(account), now=DATE)
    assert (type(outcome), getattr(outcome, "permanent", None)) == expected


def test_without_a_server_or_password_it_says_what_to_do(account: Account) -> None:
    assert dispatch.dispatch(claimed(account), now=DATE) == Failed(
        True, f"Für das Konto {account.title} ist kein Mailserver zum Senden eingerichtet."
    )
    Mailbox.objects.create(
        account=account, host="h", username="service", secret_name="fehlt", smtp_host="127.0.0.1"
    )
    assert dispatch.dispatch(claimed(account), now=DATE) == Failed(
        True, "Für service ist kein lesbares Passwort hinterlegt; bitte tragen Sie es neu ein."
    )


def test_a_way_without_a_door_fails_for_good(account: Account) -> None:
    assert dispatch.dispatch(claimed(account, "api"), now=DATE) == Failed(
        True, "Für den Weg „Schnittstelle“ ist keine Verbindung eingerichtet."
    )


def test_the_demo_has_no_door_to_the_network(
    account: Account, server: Behaviour, settings: Settings, tmp_path: Path
) -> None:
    settings.IS_DEMO, settings.HOME = True, tmp_path
    assert dispatch.dispatch(claimed(account), now=DATE) == Done(ID)
    assert server.taken == []
    assert [path.name for path in (tmp_path / "ausgang").iterdir()] == ["7.eml"]
    assert parsed((tmp_path / "ausgang" / "7.eml").read_bytes())["Message-ID"] == ID
