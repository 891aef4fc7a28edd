"""What `doctor` looks at. Each check is one line: how it stands, and what to do where it does not stand well."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max

from kulanz.audit import seal
from kulanz.channels.models import Mailbox
from kulanz.cli import backups, database, running
from kulanz.facts.models import Account
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.work.models import Heartbeat, Schedule

SILENT = timedelta(seconds=90)
"""A worker that was not seen for this long is taken for dead."""
FORGOTTEN = timedelta(days=1)
"""Heartbeats older than this are of processes that ended for good."""
MAIL_LATE = timedelta(minutes=15)
FEED_LATE = timedelta(days=2)
FEED_STOPPED = timedelta(days=7)
CLOCK_WARN = timedelta(seconds=2)
CLOCK_FAIL = timedelta(seconds=60)
DISK_WARN = 2 * 1000**3
DISK_FAIL = 200 * 1000**2
UNSEALED_LATE = timedelta(minutes=10)
BACKUP_WARN = timedelta(days=2)
BACKUP_FAIL = timedelta(days=14)


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


MARKS = {Level.OK: "✓", Level.WARN: "!", Level.FAIL: "✕"}


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    level: Level
    text: str
    todo: str = ""
    """What to do about it; empty when nothing is to be done."""


def look(home: Path, now: datetime) -> list[Line]:
    """Every check in order. One that breaks is a line itself; without a database the rest is left out."""
    lines = _guarded("Datenbank", lambda: _database(now))
    missing = _guarded("Datenbank", _schema)
    lines += [line for line in missing if line not in lines]
    if not missing:
        parts: tuple[tuple[str, Callable[[], Iterator[Line]]], ...] = (
            ("Arbeiter", lambda: _heartbeats(home, now)),
            ("Postfach", lambda: _mailboxes(now)),
            ("Daten", lambda: _feeds(now)),
            ("Protokoll", lambda: _audit(home, now)),
        )
        for name, check in parts:
            lines += _guarded(name, check)
    lines += _guarded("Uhr", _zones)
    lines += _guarded("Platte", lambda: iter([disk(shutil.disk_usage(home).free)]))
    lines += _guarded("Sicherung", lambda: _backup(home, now))
    return lines


def _guarded(name: str, check: Callable[[], Iterator[Line]]) -> list[Line]:
    try:
        return list(check())
    except (DatabaseError, OSError, backups.NotPossible) as error:
        return [
            Line(
                name,
                Level.FAIL,
                f"nicht prüfbar: {error}",
                "Beheben Sie diesen Fehler und prüfen Sie erneut.",
            )
        ]


def age(span: timedelta) -> str:
    """`40 s`, `12 min`, `3 h`, `5 Tagen`: as it stands after „vor“."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} Tagen"


def _database(now: datetime) -> Iterator[Line]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT current_setting('server_version'), current_setting('fsync'), clock_timestamp()"
            )
            number, fsync, told = cursor.fetchone()
            safe = fsync == "on"
            engine = f"PostgreSQL {number.split()[0]}, fsync {fsync}"
            mend = "Schalten Sie fsync in postgresql.conf ein."
            yield Line("Datenbank", Level.OK if safe else Level.FAIL, engine, "" if safe else mend)
            yield clock(told.astimezone(UTC) - now)
        else:
            cursor.execute("PRAGMA journal_mode")
            (journal,) = cursor.fetchone()
            cursor.execute("PRAGMA synchronous")
            (sync,) = cursor.fetchone()
            names = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
            engine = (
                f"SQLite {sqlite3.sqlite_version}, {journal.upper()}, synchronous {names.get(sync, sync)}"
            )
            safe = journal == "wal" and sync >= 2
            mend = "Liegt der Datenordner auf einer lokalen Platte? Netzlaufwerke können kein WAL."
            yield Line("Datenbank", Level.OK if safe else Level.FAIL, engine, "" if safe else mend)


def _schema() -> Iterator[Line]:
    """A line only when the other checks cannot run."""
    missing = database.pending()
    if missing:
        yield Line(
            "Datenbank", Level.FAIL, f"{len(missing)} Umstellungen fehlen", "Führen Sie ./kulanz migrate aus."
        )


def clock(difference: timedelta) -> Line:
    """Database clock minus ours."""
    apart = abs(difference)
    text = f"Datenbank und dieser Rechner liegen {apart.total_seconds():.1f} s auseinander"
    if apart < CLOCK_WARN:
        return Line("Uhr", Level.OK, text)
    level = Level.FAIL if apart >= CLOCK_FAIL else Level.WARN
    return Line("Uhr", level, text, "Schalten Sie auf beiden Rechnern die Zeitabgleichung (NTP) ein.")


def _zones() -> Iterator[Line]:
    try:
        winter = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()
    except ZoneInfoNotFoundError:
        winter = None
    if winter == timedelta(hours=1):
        yield Line("Uhr", Level.OK, "Zeitzonen vorhanden")
    else:
        yield Line(
            "Uhr", Level.FAIL, "Die Zeitzonendaten fehlen", "Löschen Sie .venv und starten Sie ./kulanz neu."
        )


def _heartbeats(home: Path, now: datetime) -> Iterator[Line]:
    beats = Heartbeat.objects.filter(role="worker", seen_at__gte=now - FORGOTTEN).order_by("-seen_at")
    alive = [beat for beat in beats if now - beat.seen_at < SILENT]
    start = "Starten Sie ./kulanz up (oder den Dienst)."
    if alive:
        newest = age(now - alive[0].seen_at)
        yield Line("Arbeiter", Level.OK, f"{len(alive)} läuft, zuletzt gesehen vor {newest}")
    elif beats:
        yield Line("Arbeiter", Level.FAIL, f"seit {age(now - beats[0].seen_at)} nicht gesehen", start)
    elif running.of(home):
        yield Line(
            "Arbeiter",
            Level.FAIL,
            "läuft nicht, obwohl Kulanz gestartet ist",
            "Sehen Sie in die Ausgabe von up.",
        )
    else:
        yield Line("Arbeiter", Level.WARN, "Kulanz läuft nicht", start)


def _mailboxes(now: datetime) -> Iterator[Line]:
    visits = {visit.subject_id: visit for visit in Schedule.objects.filter(name="fetch_mail")}
    boxes = Mailbox.objects.filter(active=True).order_by("id")
    for box in boxes:
        yield mailbox(f"{box.username}, {box.folder}", visits.get(box.pk), now)
    if not boxes and settings.IS_DEMO:
        yield Line("Postfach", Level.OK, "Der Beispielshop braucht keines")
    elif not boxes:
        yield Line(
            "Postfach", Level.WARN, "Es ist keines eingerichtet", "Tragen Sie es unter Einstellungen ein."
        )


def mailbox(name: str, visit: Schedule | None, now: datetime) -> Line:
    title = f"Postfach {name}"
    if visit is None or (visit.last_ok_at is None and not visit.failing_since):
        return Line(title, Level.WARN, "noch nie abgeholt", "Läuft der Arbeiter?")
    if visit.failing_since:
        text = f"scheitert seit {age(now - visit.failing_since)}: {visit.error}"
        return Line(title, Level.FAIL, text, "Prüfen Sie Adresse und Passwort unter Einstellungen.")
    late = now - (visit.last_ok_at or now)
    if late > MAIL_LATE:
        return Line(title, Level.FAIL, f"zuletzt abgeholt vor {age(late)}", "Läuft der Arbeiter?")
    return Line(title, Level.OK, f"zuletzt abgeholt vor {age(late)}")


def _feeds(now: datetime) -> Iterator[Line]:
    newest = (
        RawBatch.objects.exclude(source="mail").values("account", "source").annotate(at=Max("received_at"))
    )
    titles = dict(Account.objects.values_list("pk", "title"))
    for feed in newest.order_by("account", "source"):
        late = now - feed["at"]
        level = Level.OK if late < FEED_LATE else Level.WARN if late < FEED_STOPPED else Level.FAIL
        todo = "" if level is Level.OK else "Kommt die Datei noch im Ordner an?"
        yield Line(f"Daten {titles[feed['account']]}", level, f"{feed['source']} vor {age(late)}", todo)
    unreadable = RawRecord.objects.filter(state=RawState.QUARANTINED).count()
    if unreadable:
        text = f"{unreadable} nicht lesbare Sätze"
        yield Line("Daten", Level.WARN, text, "Sehen Sie unter Einstellungen, „Nicht lesbar“, nach.")


def _audit(home: Path, now: datetime) -> Iterator[Line]:
    known = next((backups.read_manifest(path) for path in backups.kept(home)), None)
    if known and known.engine == connection.vendor:
        verdict = seal.verify(known.audit_number, known.audit_digest)
    else:
        verdict = seal.verify()
    if not verdict.holds:
        todo = "Sichern Sie den Datenordner und klären Sie, wer die Datenbank geändert hat."
        yield Line("Protokoll", Level.FAIL, verdict.reason, todo)
    else:
        yield Line("Protokoll", Level.OK, f"{verdict.sealed} Einträge, lückenlos und unverändert")
    oldest = seal.oldest_unsealed()
    if oldest and now - oldest > UNSEALED_LATE:
        text = f"{verdict.unsealed} Einträge warten seit {age(now - oldest)} auf ihr Siegel"
        yield Line("Protokoll", Level.WARN, text, "Läuft der Arbeiter?")


def disk(free: int) -> Line:
    """`free` in bytes, on the disk of the home folder."""
    text = f"{free / 1000**3:.1f} GB frei"
    if free < DISK_FAIL:
        return Line(
            "Platte", Level.FAIL, text, "Schaffen Sie sofort Platz: Ohne Platz kommt keine Post mehr an."
        )
    if free < DISK_WARN:
        return Line("Platte", Level.WARN, text, "Schaffen Sie bald Platz.")
    return Line("Platte", Level.OK, text)


def _backup(home: Path, now: datetime) -> Iterator[Line]:
    newest = next(iter(backups.kept(home)), None)
    todo = "Führen Sie ./kulanz backup aus, am besten täglich und auf eine andere Platte."
    if newest is None:
        yield Line("Sicherung", Level.WARN, "Es gibt noch keine", todo)
        return
    late = now - datetime.fromisoformat(backups.read_manifest(newest).made_at)
    level = Level.OK if late < BACKUP_WARN else Level.WARN if late < BACKUP_FAIL else Level.FAIL
    yield Line("Sicherung", level, f"vor {age(late)}: {newest.name}", "" if level is Level.OK else todo)
