"""The SMTP door against a real server: how far it got decides between again, never and unclear."""

import socket
import threading
from collections.abc import Iterator

import pytest

import smtp_server
from kulanz.base import smtp
from smtp_server import Behaviour

MAIL = b"Message-ID: <1@laden.example>\nSubject: Hallo\n\nGuten Tag\n.\n..zwei Punkte\nEnde"


@pytest.fixture
def server() -> Iterator[tuple[smtp.Server, Behaviour]]:
    with smtp_server.running() as (port, behaviour):
        yield smtp.Server("127.0.0.1", port, "none"), behaviour


def send(server: smtp.Server, message: bytes = MAIL) -> smtp.Result:
    return smtp.send(server, sender="service@laden.example", recipient="kunde@example.org", message=message)


def test_the_mail_arrives_byte_for_byte(server: tuple[smtp.Server, Behaviour]) -> None:
    where, behaviour = server
    assert send(where) == smtp.Accepted("250 OK taken")
    (taken,) = behaviour.taken
    assert (taken.sender, taken.recipients) == ("service@laden.example", ["kunde@example.org"])
    assert taken.content == MAIL.replace(b"\n", b"\r\n") + b"\r\n"


def test_the_right_password_signs_in_and_a_wrong_one_never_will(
    server: tuple[smtp.Server, Behaviour],
) -> None:
    where, behaviour = server
    right = smtp.Server(where.host, where.port, "none", "service", smtp_server.PASSWORD)
    assert send(right) == smtp.Accepted("250 OK taken")
    wrong = send(smtp.Server(where.host, where.port, "none", "service", "falsch"))
    assert isinstance(wrong, smtp.Refused)
    assert (wrong.permanent, "lehnte ab (Anmeldung): 535" in wrong.text) == (True, True), wrong.text
    assert len(behaviour.taken) == 1


@pytest.mark.parametrize(
    ("step", "answer", "permanent", "words"),
    [
        ("MAIL", "451 spaeter", False, "lehnte ab (Absender): 451"),
        ("MAIL", "550 dieser Absender nicht", True, "lehnte ab (Absender): 550"),
        ("RCPT", "450 Postfach gesperrt", False, "lehnte ab (Empfänger): 450"),
        ("RCPT", "550 unbekannt", True, "lehnte ab (Empfänger): 550 unbekannt"),
        ("DATA", "421 zu viele", False, "lehnte ab (Daten): 421"),
        ("DATA", "554 nein", True, "lehnte ab (Daten): 554"),
        ("END", "452 voll", False, "lehnte ab (Nachricht): 452"),
        ("END", "554 Spam", True, "lehnte ab (Nachricht): 554 Spam"),
    ],
)
def test_no_is_no_and_says_for_how_long(
    server: tuple[smtp.Server, Behaviour], step: str, answer: str, permanent: bool, words: str
) -> None:
    where, behaviour = server
    behaviour.answers[step] = answer
    result = send(where)
    assert isinstance(result, smtp.Refused)
    assert (result.permanent, words in result.text) == (permanent, True), result.text
    assert behaviour.taken == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_break_before_the_mail_was_whole_may_be_tried_again(
    server: tuple[smtp.Server, Behaviour], step: str
) -> None:
    where, behaviour = server
    behaviour.drop = step
    result = send(where)
    assert isinstance(result, smtp.Refused)
    assert result.permanent is False
    assert behaviour.taken == []


@pytest.mark.parametrize(("step", "taken"), [("END", 0), ("TAKEN", 1)])
def test_a_break_after_the_whole_mail_is_unclear(
    server: tuple[smtp.Server, Behaviour], step: str, taken: int
) -> None:
    where, behaviour = server
    behaviour.drop = step
    result = send(where)
    assert isinstance(result, smtp.Broken), result
    assert "brach nach der Übergabe ab" in result.text
    assert len(behaviour.taken) == taken


def test_nobody_there_may_be_tried_again() -> None:
    result = send(smtp.Server("127.0.0.1", smtp_server.free_port(), "none"))
    assert isinstance(result, smtp.Refused)
    assert (result.permanent, "die Verbindung wurde abgelehnt" in result.text) == (False, True)


def test_a_server_that_never_greets_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = send(smtp.Server("127.0.0.1", silent.getsockname()[1], "none"))
    assert isinstance(result, smtp.Refused)
    assert "keine Antwort in der gesetzten Zeit" in result.text


def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "SESSION_SECONDS", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip() -> None:
            other, _ = dripping.accept()
            with other:
                while not over.wait(0.05):
                    try:
                        other.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            result = send(smtp.Server("127.0.0.1", dripping.getsockname()[1], "none"))
        finally:
            over.set()
            thread.join()
    assert isinstance(result, smtp.Refused)
    assert result.permanent is False


def test_without_encryption_only_to_this_machine() -> None:
    result = send(smtp.Server("mail.example", 25, "none"))
    assert result == smtp.Refused(
        True, "Ohne Verschlüsselung sendet Kulanz nur an diesen Rechner, nicht an mail.example."
    )


@pytest.mark.parametrize(
    "address", ["", "ohne-klammeraffe", "a@b\r\nRCPT TO:<x@y>", "müller@example.org", "a b@c.de"]
)
def test_what_is_no_address_never_reaches_the_wire(address: str) -> None:
    result = smtp.send(
        smtp.Server("127.0.0.1", 1, "none"), sender="service@laden.example", recipient=address, message=MAIL
    )
    assert isinstance(result, smtp.Refused)
    assert result.permanent is True
    assert "keine gültige Mailadresse" in result.text


def test_a_mail_over_the_limit_names_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "MESSAGE_BYTES", 1024 * 1024)
    result = send(smtp.Server("127.0.0.1", 1, "none"), b"x" * (1024 * 1024 + 1))
    assert result == smtp.Refused(True, "Die Nachricht ist größer als die Grenze von 1 MB (MESSAGE_BYTES).")


def test_a_password_with_umlauts_signs_in(
    server: tuple[smtp.Server, Behaviour], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, behaviour = server
    monkeypatch.setattr(smtp_server, "PASSWORD", "Größe-34-€")
    right = smtp.Server(where.host, where.port, "none", "müller", "Größe-34-€")
    assert send(right) == smtp.Accepted("250 OK taken")
    wrong = send(smtp.Server(where.host, where.port, "none", "müller", "größe-34"))
    assert isinstance(wrong, smtp.Refused)
    assert (wrong.permanent, len(behaviour.taken)) == (True, 1)


def test_a_host_name_nobody_can_look_up_is_a_refusal() -> None:
    result = smtp.send(
        smtp.Server("mail..laden.example", 587, "starttls"),
        sender="service@laden.example",
        recipient="kunde@example.org",
        message=MAIL,
    )
    assert result == smtp.Refused(
        False, "mail..laden.example:587 ist nicht erreichbar: der Name ist ungültig."
    )
