"""`up` with real processes: it serves, stops in time, ends when killed, and lets nobody in beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.processes import ROOT, alive, ending, environment, within
from cli.test_running import free_port
from kulanz.cli.serve import address, answers

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Up:
    process: subprocess.Popen[bytes]
    port: int
    home: Path

    def family(self) -> list[int]:
        """Everything it started, workers of the web server too."""
        return descendants(self.process.pid)


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def kulanz(*words: str) -> list[str]:
    return [sys.executable, "-m", "kulanz.cli", *words]


@contextmanager
def up(home: Path, port: int = 0) -> Iterator[Up]:
    port = port or free_port()
    command = kulanz("up", "--home", str(home), "--port", str(port))
    log = (home.parent / "log").open("ab")
    with (
        log,
        ending(subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)) as process,
    ):
        started = Up(process, port, home)
        assert within(60, lambda: answers(address("127.0.0.1", port))), (home.parent / "log").read_text()
        assert within(20, lambda: len(started.family()) >= 4), "web, its two workers, and the worker"
        yield started
        family = started.family()
    assert within(10, lambda: not any(alive(pid) for pid in family))


def refusal(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        kulanz(*words), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr


def test_it_serves_and_stops_within_ten_seconds(home: Path) -> None:
    with up(home) as one:
        told = json.loads((home / "run/up.json").read_text())
        assert (told["pid"], told["port"]) == (one.process.pid, one.port)
        code, words = refusal("up", "--home", str(home), "--port", str(free_port()))
        assert (code, words.startswith(f"Auf dem Datenordner {home} läuft Kulanz schon")) == (1, True)
        other = home.parent / "other"
        assert refusal("up", "--home", str(other), "--port", str(one.port)) == (
            1,
            f"Anschluss {one.port} ist belegt: Dort läuft schon ein Programm. "
            f"Nehmen Sie einen anderen, zum Beispiel --port {one.port + 1}.\n",
        )
        family = one.family()
        begun = time.monotonic()
        one.process.terminate()
        one.process.wait(10)
        assert one.process.returncode == 0
        assert time.monotonic() - begun < 10
        assert [pid for pid in family if alive(pid)] == []
        assert not (home / "run/up.json").exists()


def test_everything_ends_when_the_parent_is_killed_and_starts_again(home: Path) -> None:
    with up(home) as one:
        family = one.family()
        one.process.kill()
        one.process.wait()
        assert within(10, lambda: not any(alive(pid) for pid in family))
    with up(home, one.port) as again:
        again.process.send_signal(signal.SIGINT)
        again.process.wait(10)
        assert again.process.returncode == 0


def test_a_killed_web_server_takes_its_workers_along_and_comes_back(home: Path) -> None:
    with up(home) as one:
        web = next(pid for pid in one.family() if descendants(pid))
        workers = descendants(web)
        assert len(workers) == 2
        os.kill(web, signal.SIGKILL)
        assert within(5, lambda: not any(alive(pid) for pid in workers))
        assert within(20, lambda: answers(address("127.0.0.1", one.port)))
        one.process.terminate()
        one.process.wait(10)


def test_a_killed_worker_of_the_web_server_comes_back(home: Path) -> None:
    with up(home) as one:
        web = next(pid for pid in one.family() if descendants(pid))
        os.kill(descendants(web)[0], signal.SIGKILL)
        assert within(20, lambda: len(descendants(web)) == 2)
        assert within(20, lambda: answers(address("127.0.0.1", one.port)))
        one.process.terminate()
        one.process.wait(10)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("::", "http://127.0.0.1:8000/"),
        ("192.168.1.4", "http://192.168.1.4:8000/"),
        ("fe80::1", "http://[fe80::1]:8000/"),
    ],
)
def test_the_address_is_one_a_browser_takes(host: str, shown: str) -> None:
    assert address(host, 8000) == shown
