"""Put a backup back in place of what is there."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, connections

from kulanz.audit.record import record
from kulanz.base import secrets
from kulanz.base.models import Secret
from kulanz.channels.models import Mailbox
from kulanz.cli import backups, running
from kulanz.cli.backups import Manifest, NotPossible
from kulanz.cli.database import bring_up_to_date, has_data


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    before: Path | None
    """The backup of what was there; None when there was nothing."""
    migrated: list[str]
    asked_again: list[str]
    """What needs its password again, for people."""
    pictures: int


def restore(path: Path, home: Path, *, now: datetime) -> Restored:
    """Replace this home's database by the backup's, then migrate it. Raises NotPossible and changes nothing then.

    Passwords this installation still has, and can read, stay; the others are named.
    """
    manifest = backups.read_manifest(path)
    _refuse(manifest, home)
    with backups.unpacked(path, manifest, home) as copy:
        before, kept = None, list[Secret]()
        if has_data():
            before = backups.make(home, now=now, reason="vor-rueckspielung")
            kept = [secret for secret in Secret.objects.all() if secrets.read(secret.name) is not None]
        try:
            _replace(copy)
        except NotPossible as error:
            where = f" Der vorherige Stand liegt in {before}." if before else ""
            raise NotPossible(f"{error}{where}") from error
    found = backups.counts()
    if any(found.get(table, rows) != rows for table, rows in manifest.counts.items()):
        raise NotPossible("Die zurückgespielte Datenbank hat andere Zeilenzahlen als ihre Sicherung.")
    migrated = bring_up_to_date(home, now=now)
    for secret in kept:
        Secret.objects.update_or_create(name=secret.name, defaults={"token": secret.token})
    record(
        who="kulanz:restore",
        what="restored",
        kind="database",
        object_id=None,
        now=now,
        why=f"{path.name} vom {manifest.made_at}",
    )
    return Restored(manifest, before, migrated, _asked_again(manifest), backups.restore_pictures(path, home))


def _refuse(manifest: Manifest, home: Path) -> None:
    if manifest.format != backups.FORMAT:
        raise NotPossible(
            f"Diese Sicherung hat Format {manifest.format}, diese Version kennt {backups.FORMAT}."
        )
    if manifest.engine != connection.vendor:
        raise NotPossible(
            f"Die Sicherung stammt aus {manifest.engine}, dieser Datenordner nutzt {connection.vendor}. "
            "Eine Sicherung geht nur in dieselbe Art von Datenbank zurück."
        )
    other = running.of(home)
    if other:
        raise NotPossible(f"Auf {home} läuft Kulanz (Prozess {other.pid}). Beenden Sie es zuerst.")


def _replace(copy: Path) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connections.close_all()
        backups.postgres_call(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            str(copy),
        )
        return
    with closing(sqlite3.connect(copy)) as check:
        (verdict,) = check.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise NotPossible(f"Die Datenbank der Sicherung ist beschädigt: {verdict}")
    place = Path(str(connection.settings_dict["NAME"]))
    if place.exists():
        with (
            connection.cursor() as cursor
        ):  # empties the journal, so that the old one cannot meet the new file
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections.close_all()
    for journal in ("-wal", "-shm"):
        place.with_name(place.name + journal).unlink(missing_ok=True)
    copy.replace(place)


def _asked_again(manifest: Manifest) -> list[str]:
    """Mailboxes by their address, everything else by the secret's own name."""
    boxes = {
        box.secret_name: f"Postfach {box.username} auf {box.host}" for box in Mailbox.objects.order_by("id")
    }
    needed = sorted({*manifest.secrets, *boxes})
    return [boxes.get(name, name) for name in needed if name and secrets.read(name) is None]
