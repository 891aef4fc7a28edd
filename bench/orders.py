"""50,000 orders of 2 lines and 1 stage from a report until raw, facts and changes are committed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from bench import postgres
from bench.command import Cost, kulanz
from bench.desk import DraftSaver
from bench.figures import Figure, figure, sync_rate
from bench.mails import write_mbox
from bench.order_files import write_report
from bench.timing import scaled

COUNT = 50_000
TABLES = ("kulanz_order", "kulanz_orderline", "kulanz_stage")
A_TRANSACTION = 1_000
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def run(*, seed: int, source: Path | None, peer: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-") as name:
        folder = Path(name)
        report = source or folder / "bestellungen.txt"
        if source is None:
            write_report(report, scaled(COUNT, least=50), seed)
        write_report(folder / "eine.txt", 1, seed + 1)
        write_mbox(folder / "ein-fall.mbox", 1, seed)
        figures = _sqlite(folder, report)
        if postgres.answers():
            figures += _postgres(folder, report)
    return figures


def _prepared(folder: Path, home: Path, database: str) -> Cost:
    """A migrated installation with one case; the cost of an import of one order, which is the command's start."""
    kulanz("import", "--account", "shop", str(folder / "ein-fall.mbox"), home=home, database=database)
    one = ("import", "--account", "amazon", "--new", str(folder / "eine.txt"))
    kulanz(*one, home=home, database=database)
    return kulanz(*one, home=home, database=database)


def _sqlite(folder: Path, report: Path) -> list[Figure]:
    home = folder / "home"
    start = _prepared(folder, home, "")
    bare_file = folder / "bare.sqlite3"
    # Closed before the copy: closing another handle of the file would drop the locks of a connection that stays.
    with closing(sqlite3.connect(home / "kulanz.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(home / "kulanz.sqlite3", bare_file)
    syncs = sync_rate(folder)
    cost, drafts = _import_beside_drafts(report, home, "")
    orders = cost.json["facts"]["order"]
    bare_cpu, bare_wall = _executemany(bare_file, _rows_of(home / "kulanz.sqlite3"))
    net = cost.cpu - start.cpu
    return [
        figure(
            "orders",
            "sqlite_times_executemany",
            "SQLite: CPU gegen bloßes executemany",
            net / bare_cpu,
            compared_with="sqlite3 executemany, CPU-Sekunden",
            compared_value=bare_cpu,
            ratio=net / bare_cpu,
        ),
        figure("orders", None, "SQLite: Bestellungen", orders, unit="orders"),
        figure("orders", None, "SQLite: CPU ohne Start des Befehls", net, unit="s"),
        figure(
            "orders",
            None,
            "SQLite: Dauer mit Start",
            cost.wall,
            unit="s",
            compared_with="executemany",
            compared_value=bare_wall,
        ),
        figure("orders", None, "SQLite: Speicher, Spitze", cost.peak_mb, unit="MB"),
        figure("orders", "draft_p95", "SQLite: Entwurf daneben gespeichert, p95", drafts.p95_ms),
        figure("orders", None, "SQLite: Entwürfe daneben", drafts.count, unit="drafts"),
        figure("orders", None, "Syncs der Platte je Sekunde", syncs, unit="1/s"),
    ]


def _import_beside_drafts(report: Path, home: Path, database: str) -> tuple[Cost, DraftSaver]:
    with DraftSaver(home=home, database=database) as drafts:
        cost = kulanz("import", "--account", "amazon", "--json", str(report), home=home, database=database)
    return cost, drafts


def _rows_of(file: Path) -> Rows:
    with closing(sqlite3.connect(file)) as connection:
        found: Rows = {}
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")
            found[table] = ([c[0] for c in cursor.description], cursor.fetchall())
        return found


def _executemany(file: Path, rows: Rows) -> tuple[float, float]:
    """CPU and wall seconds of the same rows into the same tables and indexes, 1,000 orders a transaction."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")
    started, wall = time.process_time(), time.perf_counter()
    share = {table: len(data) / max(len(rows["kulanz_order"][1]), 1) for table, (_, data) in rows.items()}
    for first in range(0, len(rows["kulanz_order"][1]), A_TRANSACTION):
        connection.execute("BEGIN IMMEDIATE")
        for table, (columns, data) in rows.items():
            part = data[round(first * share[table]) : round((first + A_TRANSACTION) * share[table])]
            connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})", part)
        connection.execute("COMMIT")
    connection.close()
    return time.process_time() - started, time.perf_counter() - wall


def _postgres(folder: Path, report: Path) -> list[Figure]:
    home = folder / "home-postgresql"
    with postgres.database() as address, postgres.database() as bare:
        start = _prepared(folder, home, address)
        _prepared(folder, folder / "home-bare", bare)
        cost, drafts = _import_beside_drafts(report, home, address)
        bare_wall = _copy(address, bare)
    wall = cost.wall - start.wall
    return [
        figure(
            "orders",
            "postgresql_times_copy",
            "PostgreSQL: Dauer gegen bloßes COPY",
            wall / bare_wall,
            compared_with="COPY, Sekunden",
            compared_value=bare_wall,
            ratio=wall / bare_wall,
        ),
        figure("orders", None, "PostgreSQL: Dauer ohne Start des Befehls", wall, unit="s"),
        figure("orders", None, "PostgreSQL: CPU des Befehls", cost.cpu, unit="s"),
        figure("orders", "draft_p95", "PostgreSQL: Entwurf daneben gespeichert, p95", drafts.p95_ms),
    ]


def _copy(address: str, bare: str) -> float:
    """Wall seconds of COPY of the same rows into the same tables; the server works, so CPU here says nothing."""
    with psycopg.connect(address) as connection:
        rows: Rows = {}
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")
            assert cursor.description
            rows[table] = ([c.name for c in cursor.description], _as_text(cursor.fetchall()))
    with psycopg.connect(bare) as connection:
        connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        connection.execute("SET session_replication_role = replica")
        connection.commit()
        started = time.perf_counter()
        for table, (columns, data) in rows.items():
            names = ", ".join(f'"{c}"' for c in columns)
            with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in data:
                    copy.write_row(row)
        connection.commit()
        return time.perf_counter() - started


def _as_text(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(v if v is None or not isinstance(v, dict | list) else str(v) for v in row) for row in rows]
