"""Mailboxes and watched folders: raw and cursor together, one failure to one account."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import dovecot
import factories as make
from dovecot import Dovecot
from kulanz.base import imap, secrets
from kulanz.channels import sync
from kulanz.channels.models import Mailbox, WatchedFolder
from kulanz.intake.models import RawBatch, RawRecord

pytestmark = pytest.mark.django_db


def always() -> bool:
    return True


def never() -> bool:
    return False


def mail(number: int, size: int = 0) -> bytes:
    return f"Message-ID: <{number}@example.org>\r\n\r\nHallo\r\n".encode() + b"x" * size


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


def mailbox(server: Dovecot, user: str, **values: object) -> Mailbox:
    secrets.keep("box", dovecot.PASSWORD)
    return Mailbox.objects.create(
        account=make.account(),
        host="127.0.0.1",
        port=server.port,
        tls="none",
        username=user,
        secret_name="box",
        **values,
    )


def keys() -> list[tuple[str, str, str]]:
    return list(RawRecord.objects.order_by("id").values_list("key", "state", "note"))


@pytest.mark.dovecot
def test_mails_and_cursor_are_kept_together_and_twice_is_once(server: Dovecot, now: datetime) -> None:
    box = mailbox(server, "anna")
    server.append("anna", mail(1), mail(2))
    received = sync.fetch_mailbox(box.pk, now=now, keep_on=always)
    box.refresh_from_db()
    assert (received.raw, received.duplicate, box.last_uid) == (2, 0, 2)
    validity = box.uid_validity
    assert keys() == [(f"INBOX/{validity}/1", "new", ""), (f"INBOX/{validity}/2", "new", "")]
    assert [bytes(one.body or b"") for one in RawRecord.objects.order_by("id")] == [mail(1), mail(2)]
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=always).raw == 0
    server.renumber("anna")
    again = sync.fetch_mailbox(box.pk, now=now, keep_on=always)
    box.refresh_from_db()
    assert (again.raw, again.duplicate, box.uid_validity == validity) == (0, 2, False)


@pytest.mark.dovecot
def test_a_stop_ends_between_two_batches(
    server: Dovecot, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "FETCH_MAILS", 2)
    box = mailbox(server, "bernd")
    server.append("bernd", *(mail(n) for n in range(5)))
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=never).raw == 2
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=always).raw == 3
    assert RawBatch.objects.count() == 3


@pytest.mark.dovecot
def test_who_was_overtaken_keeps_nothing(
    server: Dovecot, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox(server, "carla")
    server.append("carla", mail(1))
    fetch = imap.fetch

    def overtaken(*given: object) -> Iterator[imap.Batch]:
        for batch in fetch(*given):  # type: ignore[arg-type]
            Mailbox.objects.filter(pk=box.pk).update(last_uid=99)
            yield batch

    monkeypatch.setattr(imap, "fetch", overtaken)
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=always).raw == 0
    assert RawRecord.objects.count() == 0
    assert RawBatch.objects.count() == 0


@pytest.mark.dovecot
def test_the_sent_folder_is_marked_and_a_mail_too_large_waits_in_quarantine(
    server: Dovecot, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MAIL_BYTES", 1000)
    box = mailbox(server, "dora", folder="Sent", is_sent_folder=True)
    server.append("dora", mail(1), mail(2, 5000), folder="Sent")
    received = sync.fetch_mailbox(box.pk, now=now, keep_on=always)
    assert (received.raw, received.quarantined) == (2, 1)
    small, large = RawRecord.objects.order_by("id")
    assert (small.state, small.note, large.state, large.note) == ("new", "sent", "quarantined", "sent")
    assert bytes(large.body or b"") == b"Message-ID: <2@example.org>\r\n\r\n"
    assert "MAIL_BYTES" in large.error
    assert "Sent, Nachricht 2" in large.error


def test_a_mailbox_that_refuses_says_so_in_german(now: datetime) -> None:
    box = Mailbox.objects.create(
        account=make.account(), host="127.0.0.1", port=1, tls="none", username="emil", secret_name="fehlt"
    )
    with pytest.raises(sync.VisitFailed, match="Für das Postfach emil ist kein lesbares Passwort"):
        sync.fetch_mailbox(box.pk, now=now, keep_on=always)
    secrets.keep("fehlt", "x")
    with pytest.raises(sync.VisitFailed, match="die Verbindung wurde abgelehnt"):
        sync.fetch_mailbox(box.pk, now=now, keep_on=always)


@pytest.fixture
def folder(tmp_path: Path) -> WatchedFolder:
    return WatchedFolder.objects.create(account=make.account(), path=str(tmp_path), pattern="*.csv")


def look(folder: WatchedFolder, taken: list[str]) -> int:
    return sync.look_at_folder(folder.pk, take=lambda _folder, path: taken.append(path.name), keep_on=always)


def test_a_file_is_taken_once_it_no_longer_grows(folder: WatchedFolder) -> None:
    taken: list[str] = []
    path = Path(folder.path) / "stufen.csv"
    path.write_text("a;b\n")
    (Path(folder.path) / "notiz.txt").write_text("nichts")
    (Path(folder.path) / ".stufen.csv").write_text("versteckt")
    assert look(folder, taken) == 0
    path.write_text("a;b\n1;2\n")
    assert look(folder, taken) == 0
    assert look(folder, taken) == 1
    assert look(folder, taken) == 0
    assert taken == ["stufen.csv"]


def test_a_file_written_anew_is_taken_again_and_a_gone_one_forgotten(folder: WatchedFolder) -> None:
    taken: list[str] = []
    path = Path(folder.path) / "bestand.csv"
    for stamp in (1_000, 2_000):
        path.write_text("gleich groß\n")
        os.utime(path, (stamp, stamp))
        look(folder, taken)
        look(folder, taken)
    assert taken == ["bestand.csv", "bestand.csv"]
    path.unlink()
    look(folder, taken)
    folder.refresh_from_db()
    assert folder.seen == {}


def test_files_are_taken_in_the_order_they_were_written(folder: WatchedFolder) -> None:
    taken: list[str] = []
    for name, stamp in (("b.csv", 1_000), ("c.csv", 3_000), ("a.csv", 2_000)):
        path = Path(folder.path) / name
        path.write_text(name)
        os.utime(path, (stamp, stamp))
    look(folder, taken)
    look(folder, taken)
    assert taken == ["b.csv", "a.csv", "c.csv"]


def test_a_folder_that_is_gone_says_so(folder: WatchedFolder) -> None:
    WatchedFolder.objects.update(path="/gibt/es/nicht")
    with pytest.raises(sync.VisitFailed, match=r"Den Ordner /gibt/es/nicht gibt es nicht"):
        look(folder, [])


def test_a_full_disk_stops_this_folder_and_loses_nothing(folder: WatchedFolder) -> None:
    (Path(folder.path) / "a.csv").write_text("x")
    look(folder, [])

    def full(_folder: WatchedFolder, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(sync.VisitFailed, match="Die Festplatte ist voll"):
        sync.look_at_folder(folder.pk, take=full, keep_on=always)
    taken: list[str] = []
    assert look(folder, taken) == 1
    assert taken == ["a.csv"]


@pytest.mark.dovecot
def test_mails_from_before_the_chosen_day_stay_unread(server: Dovecot, now: datetime) -> None:
    """Dovecot dates an appended mail by its arrival, so the day after today leaves it out, today takes it."""
    box = mailbox(server, "ida", since=datetime.now().date() + timedelta(days=2))
    server.append("ida", mail(1))
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=always).raw == 0
    Mailbox.objects.filter(pk=box.pk).update(since=datetime.now().date() - timedelta(days=1))
    assert sync.fetch_mailbox(box.pk, now=now, keep_on=always).raw == 1
