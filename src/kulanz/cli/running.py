"""One `up` a home: who runs here, on which port, and whether the port is free."""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kulanz.cli.show import fail

LEFTOVER_SECONDS = 8.0
"""How long children of a killed `up` may still hold its port."""


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    host: str
    port: int
    since: str


def of(home: Path) -> Running | None:
    """What runs on this home now; None when nothing holds its lock."""
    lock = home / "run/up.lock"
    if not lock.exists():
        return None
    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _told(home) or Running(0, "", 0, "")
    return None


def _told(home: Path) -> Running | None:
    try:
        return Running(**json.loads((home / "run/up.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def alone(home: Path, *, host: str, port: int, now: datetime) -> Iterator[None]:
    """Hold this home while serving it. Fails in German when somebody else does, or when the port is taken."""
    folder = home / "run"
    folder.mkdir(exist_ok=True)
    with (folder / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _told(home)
            where = f" (Prozess {other.pid}, http://{other.host}:{other.port})" if other else ""
            fail(f"Auf dem Datenordner {home} läuft Kulanz schon{where}. Beenden Sie es zuerst.")
        was_killed = _told(home) is not None
        _wait_for_port(host, port, LEFTOVER_SECONDS if was_killed else 0.0)
        state = folder / "up.json"
        told = {"pid": os.getpid(), "host": host, "port": port, "since": now.isoformat(timespec="seconds")}
        state.write_text(json.dumps(told))
        try:
            yield
        finally:
            state.unlink(missing_ok=True)


def _wait_for_port(host: str, port: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while trouble := _bind_trouble(host, port):
        if time.monotonic() >= end:
            fail(trouble)
        time.sleep(0.2)


def _bind_trouble(host: str, port: int) -> str:
    """Why nothing can listen there, in German; empty when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            match error.errno:
                case errno.EADDRINUSE:
                    return (
                        f"Anschluss {port} ist belegt: Dort läuft schon ein Programm. "
                        f"Nehmen Sie einen anderen, zum Beispiel --port {port + 1 if port < 65535 else 8000}."
                    )
                case errno.EACCES:
                    return f"Anschluss {port} darf nur der Systemverwalter öffnen. Nehmen Sie einen ab 1024."
                case _:
                    return f"Auf {host}:{port} kann nicht gehört werden: {error.strerror}."
    return ""
