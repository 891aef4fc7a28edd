"""What doctor says, by tables; and once over the whole on the database of this run."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

import factories
from factories import NOW
from kulanz.audit import seal
from kulanz.audit.models import AuditEntry
from kulanz.audit.record import record
from kulanz.channels.models import Mailbox
from kulanz.cli import backups, health
from kulanz.cli.health import Level
from kulanz.intake.models import RawBatch
from kulanz.work.models import Heartbeat, Schedule


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=120), "2 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 Tagen"),
    ],
)
def test_ages_are_short(span: timedelta, text: str) -> None:
    assert health.age(span) == text


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (2_000_000_000, Level.OK),
        (1_999_999_999, Level.WARN),
        (200_000_000, Level.WARN),
        (199_999_999, Level.FAIL),
        (0, Level.FAIL),
    ],
)
def test_free_space(free: int, level: Level) -> None:
    line = health.disk(free)
    assert (line.level, bool(line.todo)) == (level, level is not Level.OK)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0.0, Level.OK), (-1.9, Level.OK), (2.0, Level.WARN), (-59.0, Level.WARN), (60.0, Level.FAIL)],
)
def test_clocks_apart(seconds: float, level: Level) -> None:
    assert health.clock(timedelta(seconds=seconds)).level is level


@pytest.mark.parametrize(
    ("visit", "level", "text"),
    [
        (None, Level.WARN, "noch nie abgeholt"),
        (Schedule(), Level.WARN, "noch nie abgeholt"),
        (Schedule(last_ok_at=ago(seconds=50)), Level.OK, "zuletzt abgeholt vor 50 s"),
        (Schedule(last_ok_at=ago(minutes=16)), Level.FAIL, "zuletzt abgeholt vor 16 min"),
        (
            Schedule(last_ok_at=ago(minutes=5), failing_since=ago(minutes=4), error="Passwort falsch"),
            Level.FAIL,
            "scheitert seit 4 min: Passwort falsch",
        ),
    ],
)
def test_a_mailbox(visit: Schedule | None, level: Level, text: str) -> None:
    line = health.mailbox("service", visit, NOW)
    assert (line.name, line.level, line.text) == ("Postfach service", level, text)


def levels(lines: list[health.Line]) -> list[tuple[str, str]]:
    return [
        (line.name, line.level.value) for line in lines if line.name not in ("Datenbank", "Uhr", "Platte")
    ]


@pytest.mark.django_db(transaction=True)
def test_an_empty_installation_warns_but_does_not_fail(home: Path) -> None:
    lines = health.look(home, NOW)
    assert levels(lines) == [
        ("Arbeiter", "warn"),
        ("Postfach", "warn"),
        ("Protokoll", "ok"),
        ("Sicherung", "warn"),
    ]
    assert [line.name for line in lines if line.level is not Level.OK and not line.todo] == []


@pytest.mark.django_db(transaction=True)
def test_a_running_installation(home: Path, on_postgres: bool) -> None:
    shop = factories.account("shop", title="Shop")
    box = Mailbox.objects.create(account=shop, host="mail.example", username="service", secret_name="x")
    Schedule.objects.create(
        name="fetch_mail", subject_id=box.pk, due_at=NOW, every_seconds=60, last_ok_at=ago(seconds=9)
    )
    Heartbeat.objects.create(process="a:1", role="worker", started_at=ago(days=2), seen_at=ago(seconds=4))
    Heartbeat.objects.create(process="a:2", role="worker", started_at=ago(days=9), seen_at=ago(days=8))
    for source, age in (("wawi.stages", 1), ("wawi.stock", 3), ("woocommerce.orders", 8)):
        RawBatch.objects.create(
            account=shop, source=source, name="x", source_at=ago(days=age), received_at=ago(days=age)
        )
    record(who="miriam", what="closed", kind="case", object_id=1, now=ago(hours=1))
    seal.seal(NOW)
    backups.make(home, now=ago(hours=3))
    lines = health.look(home, NOW)
    assert levels(lines) == [
        ("Arbeiter", "ok"),
        ("Postfach service, INBOX", "ok"),
        ("Daten Shop", "ok"),
        ("Daten Shop", "warn"),
        ("Daten Shop", "fail"),
        ("Protokoll", "ok"),
        ("Sicherung", "ok"),
    ]
    engine = next(line for line in lines if line.name == "Datenbank")
    assert engine.text.startswith("PostgreSQL" if on_postgres else "SQLite")


@pytest.mark.django_db(transaction=True)
def test_a_trail_shortened_after_a_backup_shows(home: Path) -> None:
    record(who="miriam", what="closed", kind="case", object_id=1, now=ago(hours=1))
    seal.seal(NOW)
    backups.make(home, now=NOW)
    seal.AuditSeal.objects.all().delete()
    AuditEntry.objects.all().delete()
    line = next(line for line in health.look(home, NOW) if line.name == "Protokoll")
    assert (line.level, line.text) == (
        Level.FAIL,
        "Das Protokoll endet bei 0, eine Sicherung kennt schon Eintrag 1.",
    )


@pytest.mark.django_db
def test_entries_that_wait_for_their_seal_too_long_are_told(home: Path) -> None:
    record(who="miriam", what="closed", kind="case", object_id=1, now=ago(minutes=11))
    lines = [line for line in health.look(home, NOW) if line.name == "Protokoll"]
    assert [(line.level, line.text) for line in lines] == [
        (Level.OK, "0 Einträge, lückenlos und unverändert"),
        (Level.WARN, "1 Einträge warten seit 11 min auf ihr Siegel"),
    ]


@pytest.mark.django_db
def test_a_dead_worker_is_told(home: Path) -> None:
    Heartbeat.objects.create(process="a:1", role="worker", started_at=ago(hours=9), seen_at=ago(minutes=5))
    line = next(line for line in health.look(home, NOW) if line.name == "Arbeiter")
    assert (line.level, line.text) == (Level.FAIL, "seit 5 min nicht gesehen")
