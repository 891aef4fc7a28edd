"""A sign of life of each process, from a thread of its own, so that long work does not look like death."""

import logging
import os
import socket
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, connections

from kulanz.base import clock
from kulanz.work.models import Heartbeat

log = logging.getLogger("kulanz.work")
BEAT_SECONDS = 5.0
DEAD_SECONDS = 30.0
"""Not seen for this long: the process is gone."""
FORGET_SECONDS = 24 * 3600.0


def process_name() -> str:
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def beat(role: str, now: datetime, *, process: str = "") -> None:
    """One sign of life; the first makes the row."""
    process = process or process_name()
    if not Heartbeat.objects.filter(process=process).update(seen_at=now, role=role):
        Heartbeat.objects.create(process=process, role=role, started_at=now, seen_at=now)
        Heartbeat.objects.filter(seen_at__lt=now - timedelta(seconds=FORGET_SECONDS)).delete()


def leave(*, process: str = "") -> None:
    """A clean end leaves no row that looks like a death."""
    Heartbeat.objects.filter(process=process or process_name()).delete()


def alive(role: str, now: datetime) -> list[Heartbeat]:
    """Processes of this role seen within DEAD_SECONDS, longest running first."""
    since = now - timedelta(seconds=DEAD_SECONDS)
    return list(Heartbeat.objects.filter(role=role, seen_at__gte=since).order_by("started_at"))


def keep_beating(role: str, stop: threading.Event) -> None:
    """The thread's work, until `stop`."""
    try:
        while True:
            try:
                beat(role, clock.now())
            except DatabaseError as error:
                log.warning("no heartbeat: %s", error)
                connections.close_all()
            if stop.wait(BEAT_SECONDS):
                break
        leave()
    except DatabaseError as error:
        log.warning("heartbeat left behind: %s", error)
    finally:
        connections.close_all()
