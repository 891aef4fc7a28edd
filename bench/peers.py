"""Other programs run beside ours, in the same run and on the same data. Only with --peer.

django-helpdesk is installed by pip into a private environment that is thrown away at the end; its project is
bench/helpdesk. Errors say what is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import BenchError
from bench.letters import letters
from bench.mails import mails

VERSION = "2.6.1"
ROOT = Path(__file__).resolve().parents[1]


class PeerMissing(BenchError):
    """The peer cannot be run here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Helpdesk:
    """One project of django-helpdesk with an empty database."""

    python: Path
    folder: Path

    @property
    def mails(self) -> Path:
        return self.folder / "mails"

    def run(self, *arguments: str) -> tuple[float, str]:
        """CPU seconds of one process of the project, and what it printed."""
        before = os.times()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KULANZ_", "DJANGO_", "PYTHON"))}
        settings = {"DJANGO_SETTINGS_MODULE": "bench.helpdesk.settings", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [str(self.python), *arguments],
            env=kept | settings | {"BENCH_HELPDESK_FOLDER": str(self.folder)},
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PeerMissing(f"django-helpdesk ended with {done.returncode}:\n{done.stderr[-2000:]}")
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return cpu, done.stdout

    def step(self, name: str, **given: Any) -> Any:
        return json.loads(self.run("-m", "bench.helpdesk.steps", name, json.dumps(given))[1])

    def take_in(self) -> float:
        """CPU seconds of its own command over the mails that lie in the folder now."""
        return self.run("-m", "django", "get_email", "--quiet")[0]

    def put(self, raws: Sequence[bytes]) -> None:
        for number, raw in enumerate(raws):
            (self.mails / f"{number:06d}.eml").write_bytes(raw)


@contextmanager
def helpdesk() -> Iterator[Helpdesk]:
    """Install django-helpdesk and set a project up; gone at the end. Raises PeerMissing."""
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-peer-") as name:
        folder = Path(name)
        environment = folder / "environment"
        python = environment / "bin/python"
        _or_missing([sys.executable, "-m", "venv", str(environment)], "an environment (python3-venv)")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _or_missing([*pip, f"django-helpdesk=={VERSION}"], f"django-helpdesk {VERSION} by pip")
        peer = Helpdesk(python, folder)
        peer.mails.mkdir()
        peer.step("setup", mails=str(peer.mails))
        yield peer


def _or_missing(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PeerMissing(f"{what} could not be had:\n{done.stderr[-2000:]}")


def helpdesk_mails(count: int, seed: int) -> float:
    """Mails per CPU second of its get_email over a folder of the same mails, without the start of the command."""
    with helpdesk() as peer:
        peer.put(list(mails(1, seed + 1)))
        start = peer.take_in()
        peer.put(list(mails(count, seed)))
        cost = peer.take_in()
        followups = peer.step("count")["followups"]
    if followups != count + 1:
        raise PeerMissing(f"django-helpdesk took {followups} of {count + 1} mails")
    return count / max(cost - start, 1e-9)


@dataclass(frozen=True, slots=True)
class HelpdeskReading:
    """Milliseconds of every query and of every ticket page."""

    search: list[float]
    page: list[float]


def helpdesk_reading(count: int, seed: int, queries: Sequence[str], times: int = 2) -> HelpdeskReading:
    """Its search and its ticket page over tickets of the same mails. Its page is asked for without a server."""
    with helpdesk() as peer:
        rows = [{"subject": m.subject, "text": m.text, "sender": m.address} for m in letters(count, seed)]
        file = peer.folder / "tickets.json"
        file.write_text(json.dumps(rows), encoding="utf-8")
        peer.step("fill", tickets=str(file))
        found = peer.step("search", queries=list(queries), times=times)
        return HelpdeskReading(found["took"], peer.step("page", times=100)["took"])
