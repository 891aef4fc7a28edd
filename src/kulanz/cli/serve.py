"""up, web, worker: what runs day and night."""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from kulanz.base.process import stop_event, tie_to_starter
from kulanz.cli.home import HomeOption, HostOption, PortOption, enter
from kulanz.cli.show import result, say

WORKER_STOP_SECONDS = 9.0
"""A worker that still runs this long after it was asked to stop ends itself."""
ANSWER_SECONDS = 30.0
Ready = Annotated[bool, typer.Option("--ready", hidden=True)]


def register(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("web")(web)
    app.command("worker")(worker)


def up(home: HomeOption = None, port: PortOption = 8000, host: HostOption = "127.0.0.1") -> None:
    """Sichern, Datenbank einrichten, dann Webserver und Arbeiter unter einem Dach."""
    folder = enter(home)
    serve_all(
        folder, host=host, port=port, greeting=f"Kulanz läuft: {address(host, port)}   (Ende mit Strg+C)"
    )


def web(
    home: HomeOption = None, port: PortOption = 8000, host: HostOption = "127.0.0.1", ready: Ready = False
) -> None:
    """Nur der Webserver; für mehrere Rechner an einer PostgreSQL-Datenbank."""
    tie_to_starter()
    enter(home)
    _prepare(done_before=ready)

    from kulanz.cli import statics, webserver

    if not ready:
        statics.collect()
    webserver.serve(host, port)


def worker(home: HomeOption = None, ready: Ready = False) -> None:
    """Nur der Arbeiter: Post holen und senden, Dateien einlesen, Fristen."""
    tie_to_starter()
    stop = stop_event(WORKER_STOP_SECONDS)
    enter(home)
    _prepare(done_before=ready)

    from kulanz.flow.worker import main

    main(stop)


def _prepare(*, done_before: bool) -> None:
    if done_before:
        return

    from django.db import connections

    from kulanz.cli.database import ready

    ready()
    connections.close_all()


def serve_all(folder: Path, *, host: str, port: int, greeting: str, browser: bool = False) -> None:
    """What `up` and `demo` share: hold the home, prepare it, run web and worker until told to stop."""
    from kulanz.base.clock import now
    from kulanz.cli import running, statics
    from kulanz.cli.supervisor import Child, Supervisor

    with running.alone(folder, host=host, port=port, now=now()):
        _prepare(done_before=False)
        statics.collect()
        us = [sys.executable, "-m", "kulanz.cli"]
        where = ["--home", str(folder), "--ready"]
        children = [
            Child("Webserver", [*us, "web", "--host", host, "--port", str(port), *where]),
            Child("Arbeiter", [*us, "worker", *where]),
        ]
        supervisor = Supervisor(children, say)
        greeter = threading.Thread(
            target=_greet, args=(host, port, greeting, supervisor.stop, browser), daemon=True
        )
        greeter.start()
        supervisor.run()
    say("Kulanz ist beendet.")


def address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}/"


def _greet(host: str, port: int, greeting: str, stop: threading.Event, browser: bool) -> None:
    """Say where to go as soon as a page answers there."""
    url = address(host, port)
    end = time.monotonic() + ANSWER_SECONDS
    while not stop.is_set() and time.monotonic() < end:
        if answers(url):
            result(greeting)
            sys.stdout.flush()
            if browser:
                open_browser(url)
            return
        stop.wait(0.2)
    if not stop.is_set():
        say(f"Der Webserver antwortet seit {ANSWER_SECONDS:.0f} Sekunden nicht auf {url}.")


def answers(url: str) -> bool:
    """Whether the application answers at all; behind HTTPS it may refuse the name 127.0.0.1."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def open_browser(url: str) -> None:
    """In the user's browser, where there is a screen to show it on."""
    import webbrowser

    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    webbrowser.open(url)
