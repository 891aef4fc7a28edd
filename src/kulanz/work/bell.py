"""Tell sleeping workers that something may be due. Only a hint: the row is the truth."""

import logging
import threading
from collections.abc import Iterable

from django.db import DatabaseError, connection, connections

log = logging.getLogger("kulanz.work")
CHANNEL = "kulanz_work"
EVERYONE = "*"
LOOK_SECONDS = 0.25
"""How often SQLite is asked whether another connection committed."""
RECONNECT_SECONDS = 1.0


def ring(lane: str) -> None:
    """Wake this lane in every worker once the present transaction commits.

    PostgreSQL carries it by NOTIFY. On SQLite workers notice a foreign commit by themselves (PRAGMA data_version).
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, lane])


class Bell:
    """One in each worker process: lanes sleep on it, a thread of its own rings it when the database moved."""

    def __init__(self, lanes: Iterable[str]) -> None:
        self._rung = {lane: threading.Event() for lane in lanes}

    def wait(self, lane: str, seconds: float) -> None:
        """Sleep until the lane is rung or the seconds are over."""
        if seconds > 0:
            self._rung[lane].wait(seconds)
        self._rung[lane].clear()

    def ring_here(self, lane: str = EVERYONE) -> None:
        for name, event in self._rung.items():
            if lane in (EVERYONE, name):
                event.set()

    def listen(self, stop: threading.Event) -> None:
        """The thread's work, until `stop`. A lost database is waited for; every lane looks again after it."""
        try:
            while not stop.is_set():
                try:
                    if connection.vendor == "postgresql":
                        self._listen_postgresql(stop)
                    else:
                        self._watch_sqlite(stop)
                except DatabaseError as error:
                    log.warning("bell lost the database: %s", error)
                    connection.close()
                    stop.wait(RECONNECT_SECONDS)
                    self.ring_here()
        finally:
            connections.close_all()

    def _listen_postgresql(self, stop: threading.Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        raw = connection.connection
        self.ring_here()
        while not stop.is_set():
            for notice in raw.notifies(timeout=1.0, stop_after=1):
                self.ring_here(notice.payload)
            if raw.closed:
                raise DatabaseError("the listening connection is closed")

    def _watch_sqlite(self, stop: threading.Event) -> None:
        seen = None
        while not stop.is_set():
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA data_version")
                now = cursor.fetchone()
            if now != seen:
                seen = now
                self.ring_here()
            stop.wait(LOOK_SECONDS)
