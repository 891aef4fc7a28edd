"""On-CPU time of processes, in nanoseconds, as the kernel's scheduler counts it.

Clock time says what a reader waits; on a machine that others use at the same moment it says little about the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg

T = TypeVar("T")


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def backends(database: str) -> list[int]:
    """Processes of a PostgreSQL server that serve this database; empty for SQLite, or if it runs elsewhere."""
    if not database:
        return []
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return [pid for (pid,) in rows if Path(f"/proc/{pid}/schedstat").exists()]


def spent_ns(pids: Sequence[int]) -> int:
    """On-CPU time of all threads of these processes so far; those that ended count nothing."""
    total = 0
    for pid in pids:
        try:
            for thread in Path(f"/proc/{pid}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total


@dataclass(frozen=True, slots=True)
class Meter:
    """On-CPU milliseconds of fixed processes around single calls."""

    pids: tuple[int, ...]

    def around(self, call: Callable[[], T]) -> tuple[T, float]:
        before = spent_ns(self.pids)
        result = call()
        return result, (spent_ns(self.pids) - before) / 1e6
