"""The IMAP door against a real Dovecot, and against servers that hang."""

import socket
from collections.abc import Iterator

import pytest

import dovecot
import smtp_server
from dovecot import Dovecot
from kulanz.base import imap
from kulanz.base.imap import Cursor

START = Cursor(None, 0)


def mail(number: int, size: int = 0) -> bytes:
    return (
        f"Message-ID: <{number}@example.org>\r\nSubject: Nummer {number}\r\n\r\nHallo\r\n".encode()
        + b"x" * size
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


def where(server: Dovecot, user: str) -> imap.Server:
    return imap.Server("127.0.0.1", server.port, "none", user, dovecot.PASSWORD)


def uids(batches: list[imap.Batch]) -> list[list[int]]:
    return [[one.uid for one in batch.mails] for batch in batches]


@pytest.mark.dovecot
def test_new_mails_come_once_in_batches_and_stay_unread(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "FETCH_MAILS", 3)
    server.append("anna", *(mail(n) for n in range(1, 8)))
    batches = list(imap.fetch(where(server, "anna"), "INBOX", START))
    assert uids(batches) == [[1, 2, 3], [4, 5, 6], [7]]
    assert [batch.cursor.last_uid for batch in batches] == [3, 6, 7]
    assert [one.body for one in batches[0].mails] == [mail(1), mail(2), mail(3)]
    assert list(imap.fetch(where(server, "anna"), "INBOX", batches[-1].cursor)) == []
    server.append("anna", mail(8))
    assert uids(list(imap.fetch(where(server, "anna"), "INBOX", batches[-1].cursor))) == [[8]]
    assert [b"\\Seen" in line for line in server.flags("anna")] == [False] * 8


@pytest.mark.dovecot
def test_a_batch_holds_only_so_many_bytes(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH_BYTES", 25_000)
    server.append("bernd", *(mail(n, 10_000) for n in range(1, 5)))
    assert uids(list(imap.fetch(where(server, "bernd"), "INBOX", START))) == [[1, 2], [3, 4]]


@pytest.mark.dovecot
def test_of_a_mail_over_the_limit_only_the_headers_come(
    server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MAIL_BYTES", 1000)
    server.append("carla", mail(1), mail(2, 5000), mail(3))
    (batch,) = imap.fetch(where(server, "carla"), "INBOX", START)
    assert [(one.uid, one.too_large, len(one.body) < 1000) for one in batch.mails] == [
        (1, False, True),
        (2, True, True),
        (3, False, True),
    ]
    assert batch.mails[1].body == b"Message-ID: <2@example.org>\r\nSubject: Nummer 2\r\n\r\n"


@pytest.mark.dovecot
def test_a_server_that_numbers_anew_is_read_from_the_start(server: Dovecot) -> None:
    server.append("dora", mail(1), mail(2))
    (first,) = imap.fetch(where(server, "dora"), "INBOX", START)
    server.renumber("dora")
    (again,) = imap.fetch(where(server, "dora"), "INBOX", first.cursor)
    assert (first.started_over, again.started_over) == (False, True)
    assert again.cursor.uid_validity != first.cursor.uid_validity
    assert sorted(one.body for one in again.mails) == [mail(1), mail(2)]


@pytest.mark.dovecot
def test_the_sent_folder_and_the_list_of_folders(server: Dovecot) -> None:
    server.append("emil", mail(1), folder="Sent")
    assert imap.folders(where(server, "emil")) == ["Sent", "INBOX"]
    assert uids(list(imap.fetch(where(server, "emil"), "Sent", START))) == [[1]]


@pytest.mark.dovecot
def test_a_wrong_password_and_a_missing_folder_say_so(server: Dovecot) -> None:
    wrong = imap.Server("127.0.0.1", server.port, "none", "frida", "falsch")
    with pytest.raises(imap.Unreachable, match="Anmeldung als frida nicht möglich"):
        list(imap.fetch(wrong, "INBOX", START))
    with pytest.raises(imap.Unreachable, match="Archiv"):
        list(imap.fetch(where(server, "frida"), "Archiv", START))


def test_nobody_there_says_so() -> None:
    nobody = imap.Server("127.0.0.1", smtp_server.free_port(), "none", "anna", "x")
    with pytest.raises(imap.Unreachable, match="die Verbindung wurde abgelehnt"):
        list(imap.fetch(nobody, "INBOX", START))


def test_a_server_that_never_greets_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "STEP_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = imap.Server("127.0.0.1", silent.getsockname()[1], "none", "anna", "x")
        with pytest.raises(imap.Unreachable, match="keine Antwort in der gesetzten Zeit"):
            list(imap.fetch(hanging, "INBOX", START))


def test_without_encryption_only_from_this_machine() -> None:
    with pytest.raises(imap.Unreachable, match="Ohne Verschlüsselung"):
        list(imap.fetch(imap.Server("mail.example", 143, "none", "anna", "x"), "INBOX", START))
