"""Backups: one ZIP file that holds the database, the shop's pictures and a manifest, but no secret.

Left out are stored passwords and tokens (rows of Secret), sessions, and the key files of the home: whoever finds a
backup can neither sign in nor fetch mail with it. SQLite is copied with its own backup interface while it is in use,
PostgreSQL with pg_dump.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.apps import apps
from django.db import connection, transaction

KEPT = 10
"""Newest backups kept in the home's own folder."""
FORMAT = 1
COPY_PAGES = 2000
"""SQLite pages copied at a time; between them others may write."""
WITHOUT_ROWS = ("kulanz_secret", "django_session")
CHUNK = 1024 * 1024
MEMBER_BYTES = 1 << 40
"""A database above 1 TB is no database of ours."""


class NotPossible(Exception):
    """What stands against it, in German, for people."""


@dataclass(slots=True)
class Content:
    """What a copy of the database holds."""

    version: str = ""
    """The last migration of ours that had run."""
    counts: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    audit_number: int = 0
    audit_digest: str = ""
    """Newest seal of the audit chain: a later chain must still contain it."""
    secrets: list[str] = field(default_factory=list)
    """Names, not values, of the passwords left out."""


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    made_at: str
    """ISO 8601, UTC."""
    reason: str
    engine: str
    """sqlite or postgresql: a backup goes back to the engine it came from."""
    sha256: str
    """Of the database member."""
    version: str
    counts: dict[str, int]
    audit_number: int
    audit_digest: str
    secrets: list[str]


def folder_of(home: Path) -> Path:
    return home / "backups"


def kept(home: Path) -> list[Path]:
    """The home's own backups, newest first."""
    return sorted(folder_of(home).glob("kulanz-*.zip"), key=lambda path: path.name, reverse=True)


def make(home: Path, *, now: datetime, reason: str = "", to: Path | None = None) -> Path:
    """Write one backup and return where it lies. Raises NotPossible; leaves no half file behind."""
    name = f"kulanz-{now:%Y%m%dT%H%M%S}Z{'-' if reason else ''}{reason}.zip"
    target = to / name if to and to.is_dir() else to or folder_of(home) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
            copy = Path(scratch) / "database"
            content = _dump(copy)
            made = Path(scratch) / "made.zip"
            manifest = Manifest(
                format=FORMAT,
                made_at=now.isoformat(timespec="seconds"),
                reason=reason,
                engine=connection.vendor,
                sha256=_digest_of_file(copy),
                **asdict(content),
            )
            _pack(made, home, copy, manifest)
            made.chmod(0o600)
            made.replace(target)
    except OSError as error:
        raise NotPossible(
            f"Die Sicherung nach {target} ist nicht möglich: {error.strerror or error}."
        ) from error
    if to is None:
        for old in kept(home)[KEPT:]:
            old.unlink()
    return target


def _dump(copy: Path) -> Content:
    return _dump_postgres(copy) if connection.vendor == "postgresql" else _dump_sqlite(copy)


def _dump_sqlite(copy: Path) -> Content:
    source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True, timeout=20)
    target = sqlite3.connect(copy)
    try:
        source.backup(target, pages=COPY_PAGES)
        target.execute("PRAGMA journal_mode=DELETE")
        target.execute("PRAGMA secure_delete=ON")
        named = "SELECT name FROM sqlite_master WHERE type='table'"
        content = _content(lambda sql: target.execute(sql).fetchall(), named)
        for table in WITHOUT_ROWS:
            if (table,) in target.execute(named).fetchall():
                target.execute(f"DELETE FROM {table}")  # noqa: S608
        target.commit()
    finally:
        target.close()
        source.close()
    return content


def postgres_call(program: str, *words: str) -> None:
    """Run one of PostgreSQL's own programs on our database. Raises NotPossible with its words."""
    found = shutil.which(program)
    if not found:
        raise NotPossible(
            f"Dem Rechner fehlt {program}. Unter Debian und Ubuntu: sudo apt install postgresql-client"
        )
    given = connection.settings_dict
    environment = {
        **os.environ,
        **{
            name: str(given[key])
            for name, key in (
                ("PGHOST", "HOST"),
                ("PGPORT", "PORT"),
                ("PGUSER", "USER"),
                ("PGPASSWORD", "PASSWORD"),
            )
            if given[key]
        },
    }
    done = subprocess.run(
        [found, "--dbname", str(given["NAME"]), *words], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise NotPossible(f"{program} meldet: {done.stderr.strip()[:2000]}")


def _dump_postgres(copy: Path) -> Content:
    """One snapshot for the dump and for what the manifest counts, while others go on writing."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ((snapshot,),) = ask("SELECT pg_export_snapshot()")
        without = [f"--exclude-table-data=public.{table}" for table in WITHOUT_ROWS]
        words = [
            "-Fc",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            *without,
            "--file",
            str(copy),
        ]
        postgres_call("pg_dump", *words)
        return _content(ask, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")


def _content(ask: Callable[[str], list[tuple[Any, ...]]], named: str) -> Content:
    """What lies in a database, asked by SQL of the copy or snapshot itself."""
    present = {name for (name,) in ask(named)}
    found = Content()
    for table in tables():
        if table in present:
            ((found.counts[table],),) = ask(f"SELECT count(*) FROM {table}")  # noqa: S608
    for (found.version,) in ask(
        "SELECT name FROM django_migrations WHERE app = 'kulanz' ORDER BY name DESC LIMIT 1"
    ):
        pass
    if "kulanz_auditseal" in present:
        newest = "SELECT number, digest FROM kulanz_auditseal ORDER BY number DESC LIMIT 1"
        for found.audit_number, found.audit_digest in ask(newest):
            pass
    if "kulanz_secret" in present:
        found.secrets.extend(name for (name,) in ask("SELECT name FROM kulanz_secret ORDER BY name"))
    return found


def tables() -> list[str]:
    """Our tables whose rows a backup carries."""
    models = apps.get_app_config("kulanz").get_models()
    return sorted({model._meta.db_table for model in models} - set(WITHOUT_ROWS))


def counts() -> dict[str, int]:
    """Rows of each of our tables in the database as it stands."""
    present = set(connection.introspection.table_names())
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in tables():
            if table in present:
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
                found[table] = cursor.fetchone()[0]
    return found


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(target: Path, home: Path, copy: Path, manifest: Manifest) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("manifest.json", json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        archive.write(copy, "database")
        for picture in sorted((home / "bilder").glob("**/*")):
            if picture.is_file():
                archive.write(picture, f"bilder/{picture.relative_to(home / 'bilder')}")


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself. Raises NotPossible when it is none of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            told: dict[str, Any] = json.loads(archive.read("manifest.json"))
            return Manifest(**told)
    except FileNotFoundError:
        raise NotPossible(f"Die Datei {path} gibt es nicht.") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise NotPossible(f"{path} ist keine Sicherung von Kulanz: {error}") from error


@contextmanager
def unpacked(path: Path, manifest: Manifest, home: Path) -> Iterator[Path]:
    """The database member in a scratch file of the home, its digest checked."""
    with TemporaryDirectory(prefix=".restore-", dir=home) as scratch:
        copy = Path(scratch) / "database"
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo("database").file_size > MEMBER_BYTES:
                    raise NotPossible(f"Die Datenbank in {path} ist größer als 1 TB (MEMBER_BYTES).")
                with archive.open("database") as member, copy.open("wb") as file:
                    shutil.copyfileobj(member, file, CHUNK)
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise NotPossible(f"{path} lässt sich nicht entpacken: {error}") from error
        if _digest_of_file(copy) != manifest.sha256:
            raise NotPossible(f"{path} ist beschädigt: Die Prüfsumme der Datenbank stimmt nicht.")
        yield copy


def restore_pictures(path: Path, home: Path) -> int:
    """Pictures of the backup back into the home; names that would leave the folder are passed over."""
    folder = (home / "bilder").resolve()
    number = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            place = (home / member.filename).resolve()
            if member.filename.startswith("bilder/") and place.is_relative_to(folder) and not member.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(member))
                number += 1
    return number
