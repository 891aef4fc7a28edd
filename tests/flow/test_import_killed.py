"""The import is killed, its disk is full, its parser dies: at the end each record exactly once."""

import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from django.db import connection

import factories
from flow.desk import letter, put, run, start, take
from kulanz.facts.models import Message
from kulanz.flow.importing import ImportRefused
from kulanz.intake.models import RawRecord

HERE = Path(__file__).parent
LEASE = {"KULANZ_LEASE_SECONDS": "2"}


def ask(home: Path, sql: str) -> list[tuple[object, ...]]:
    (database,) = home.rglob("kulanz.sqlite3")
    link = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return link.execute(sql).fetchall()
    finally:
        link.close()


def mailbox(folder: Path, count: int, **odd: bytes) -> Path:
    box = b"".join(
        b"From k@example.de Thu Nov 26 10:00:00 2026\n"
        + letter(n, odd.get(f"n{n}", b"Text").decode())
        + b"\n"
        for n in range(count)
    )
    return put(folder, "post.mbox", box)


def once(home: Path, count: int) -> None:
    """Each mail one message, one case, one entry."""
    assert ask(home, "SELECT state, count(*) FROM kulanz_rawrecord GROUP BY 1") == [("read", count)]
    assert ask(home, "SELECT count(*), count(DISTINCT key) FROM kulanz_message") == [(count, count)]
    sql = "SELECT count(*), count(DISTINCT message_id), count(DISTINCT case_id) FROM kulanz_caseentry WHERE kind='message'"
    assert ask(home, sql) == [(count, count, count)]


@pytest.mark.kill
@pytest.mark.slow
def test_killed_at_five_instants(home: Path, tmp_path: Path) -> None:
    count = 3000
    path = mailbox(tmp_path, count)
    arguments = ("import", path, "--account", "laden", "--home", home, "--json")
    chance = random.Random(7)
    hits = 0
    for _ in range(5):
        process = start(*arguments, **LEASE)
        before = _done(home)
        until = time.monotonic() + 30
        while process.poll() is None and _done(home) == before and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.8))
        hits += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert hits >= 3
    ran = run(*arguments, **LEASE)
    assert ran.code == 0, ran.err
    assert (ran.told["raw"], ran.told["quarantined"]) == (count, 0)
    once(home, count)


def _done(home: Path) -> object:
    try:
        return ask(
            home, "SELECT count(*) FROM kulanz_rawrecord UNION ALL SELECT count(*) FROM kulanz_message"
        )
    except (ValueError, sqlite3.Error):
        return None


@pytest.mark.kill
def test_a_mail_that_kills_its_reader_goes_to_quarantine_by_itself(home: Path, tmp_path: Path) -> None:
    path = mailbox(tmp_path, 12, n5=b"TODESMAIL")
    arguments = ("import", path, "--account", "laden", "--home", home, "--json")
    deadly = {**LEASE, "PYTHONPATH": str(HERE / "deadly"), "KULANZ_TEST_DEADLY": "1"}
    codes = [run(*arguments, **deadly).code for _ in range(4)]
    assert codes == [9, 9, 9, 0]
    rows = ask(home, "SELECT error, attempts FROM kulanz_rawrecord WHERE state = 'quarantined'")
    assert len(rows) == 1
    assert "post.mbox" in str(rows[0][0])
    assert "PARSE_ATTEMPTS" in str(rows[0][0])
    assert ask(home, "SELECT count(*) FROM kulanz_message") == [(11,)]


@pytest.mark.django_db(transaction=True)
def test_a_full_disk(tmp_path: Path, on_postgres: bool) -> None:
    if on_postgres:
        pytest.skip("a page limit, which stands for a full disk, is SQLite's")
    shop = factories.account("laden", channel="shop")
    path = mailbox(tmp_path, 400)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 90}")
    try:
        with pytest.raises(ImportRefused, match="Festplatte ist voll"):
            take(shop, path)
        kept = RawRecord.objects.count()
        assert 0 < kept <= 400
        assert RawRecord.objects.filter(state="read").count() == Message.objects.count()
        assert RawRecord.objects.exclude(state__in=("new", "read")).count() == 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    done = take(shop, path).as_json()
    assert (done["raw"], done["duplicate"], done["quarantined"]) == (400, kept, 0)
    assert Message.objects.count() == 400
    assert RawRecord.objects.filter(state="read").count() == 400


@pytest.mark.django_db(transaction=True)
def test_a_disk_full_while_reading_keeps_the_raw_records(tmp_path: Path, on_postgres: bool) -> None:
    """Raw first: what was kept stays `new` and is read when there is room again, without the file."""
    if on_postgres:
        pytest.skip("a page limit, which stands for a full disk, is SQLite's")
    from kulanz.flow import importing

    shop = factories.account("laden", channel="shop")
    path = mailbox(tmp_path, 300)
    limited = []
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no free pages left by other tests

    def progress(what: str, count: int) -> None:
        with connection.cursor() as cursor:
            if not limited and RawRecord.objects.count() == 300:
                cursor.execute("PRAGMA page_count")
                pages = cursor.fetchone()[0]
                cursor.execute(f"PRAGMA max_page_count = {pages + 20}")
                limited.append(pages)

    try:
        with pytest.raises(ImportRefused, match="Festplatte ist voll"):
            take(shop, path, progress=progress)
        assert RawRecord.objects.count() == 300
        assert 0 < RawRecord.objects.filter(state="new").count() <= 300
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    importing.take_in(shop.pk, now=factories.NOW)
    assert Message.objects.count() == 300
