"""What a bench must measure inside Kulanz: run as a child with the home's own settings.

    search    milliseconds (clock and CPU) and hits of the public search function for each query, as JSON from stdin
    queries   SQL statements of each page, counted by Django's test client

Prints one JSON document.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.command import environment
from bench.cpu import Meter
from bench.figures import BenchError

ROOT = Path(__file__).resolve().parents[1]


def ask(step: str, given: dict[str, Any], *, home: Path, database: str = "") -> Any:
    """Run one step in a process of its own. Raises BenchError with its stderr."""
    surroundings = environment(home, database)
    surroundings["PYTHONPATH"] = f"{surroundings['PYTHONPATH']}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", "bench.inside", step],
        input=json.dumps(given),
        env=surroundings | {"DJANGO_SETTINGS_MODULE": "kulanz.settings"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchError(f"bench.inside {step} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def _search(given: dict[str, Any]) -> Any:
    from django.db import connection  # noqa: PLC0415  after the set-up

    from kulanz.cases.search import find  # noqa: PLC0415
    from kulanz.people.models import User  # noqa: PLC0415

    user = User.objects.get(username=given["user"])
    took: list[float] = []
    cpu: list[float] = []
    hits: list[int] = []
    # On PostgreSQL the server's own process does the work.
    server = Meter(
        tuple([connection.connection.info.backend_pid] if connection.vendor == "postgresql" else [])
    )
    for text in [*given["warm"], *given["queries"]]:
        started = time.perf_counter()
        own = time.process_time()
        found, theirs = server.around(lambda text=text: find(text, user=user, limit=25))  # type: ignore[misc]
        cpu.append((time.process_time() - own) * 1000 + theirs)
        took.append((time.perf_counter() - started) * 1000)
        hits.append(len(found))
    skip = len(given["warm"])
    return {"took": took[skip:], "cpu": cpu[skip:], "hits": hits[skip:]}


def _queries(given: dict[str, Any]) -> Any:
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(get_user_model().objects.get(username=given["user"]))
    counts: dict[str, int] = {}
    for path in given["paths"]:
        client.get(path)  # what a process looks up once is not the page's
        with CaptureQueriesContext(
            connection,
        ) as seen:
            status = client.get(path).status_code
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        counts[path] = len(seen)
    return counts


if __name__ == "__main__":
    import django

    django.setup()
    step = {"search": _search, "queries": _queries}[sys.argv[1]]
    print(json.dumps(step(json.load(sys.stdin))))
