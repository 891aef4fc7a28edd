"""Bring the database of a home up to date: back up, then migrate, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kulanz.base import clock
from kulanz.cli import backups
from kulanz.cli.show import fail, say

MIGRATION_LOCK = 7_206_001
"""Key of the PostgreSQL advisory lock; any number nobody else uses."""


def pending() -> list[str]:
    """Names of migrations this database still lacks, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def has_data() -> bool:
    """Whether anything of ours was ever created here."""
    return "kulanz_account" in connection.introspection.table_names()


@contextmanager
def one_at_a_time(home: Path) -> Iterator[None]:
    """SQLite: a lock on a file beside it. PostgreSQL: an advisory lock, for machines that share the database."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        return
    with (home / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ready() -> None:
    """What every command with data does first: the database of the present home as this version needs it."""
    try:
        bring_up_to_date(Path(settings.HOME), now=clock.now())
    except backups.NotPossible as error:
        fail(f"{error} Die Datenbank blieb, wie sie war.")


def bring_up_to_date(home: Path, *, now: datetime) -> list[str]:
    """Migrate if anything is pending, after a backup of what is there. Returns what was applied."""
    if not pending():
        return []
    with one_at_a_time(home):
        applied = pending()  # another process may just have done it
        if applied:
            if has_data():
                say("Sicherung vor der Umstellung der Datenbank …")
                backups.make(home, now=now, reason="vor-umstellung")
            say("Datenbank einrichten …")
            call_command("migrate", verbosity=0, interactive=False)
    return applied
