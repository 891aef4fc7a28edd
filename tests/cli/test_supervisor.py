"""The supervisor against real processes: stop, sudden death of the parent, a child that dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.processes import alive, ending, environment, pids, within
from kulanz.cli import supervisor

PARENT = Path(__file__).with_name("parent_of_test.py")


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(PARENT), *words], env=environment(), stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    ("deaths", "seconds"), [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (400, 30)]
)
def test_the_pause_before_a_restart_doubles_up_to_half_a_minute(deaths: int, seconds: float) -> None:
    assert supervisor.back_off(deaths) == seconds


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_ends_children_and_grandchildren(tmp_path: Path, how: signal.Signals) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with ending(start(f"good={one}", f"good={two}")) as parent:
        assert within(10, lambda: bool(pids(one) and pids(two)))
        family = pids(one)[0] + pids(two)[0]
        parent.send_signal(how)
        parent.wait(3)
        assert parent.returncode == 0
        assert [pid for pid in family if alive(pid)] == []


@pytest.mark.slow
def test_a_child_that_does_not_listen_is_killed_within_ten_seconds(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ending(start(f"deaf={told}")) as parent:
        assert within(10, lambda: bool(pids(told)))
        begun = time.monotonic()
        parent.terminate()
        parent.wait(10)
        assert supervisor.STOP_SECONDS <= time.monotonic() - begun < 10
        assert [pid for pid in pids(told)[0] if alive(pid)] == []


def test_children_and_grandchildren_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ending(start(f"good={told}")) as parent:
        assert within(10, lambda: bool(pids(told)))
        parent.kill()
        parent.wait(3)
        assert within(5, lambda: not any(alive(pid) for pid in pids(told)[0]))


def test_a_killed_child_takes_its_workers_along_and_comes_back(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ending(start(f"good={told}")) as parent:
        assert within(10, lambda: bool(pids(told)))
        first = pids(told)[0]
        os.kill(first[0], signal.SIGKILL)
        assert within(10, lambda: len(pids(told)) == 2)
        assert [alive(pid) for pid in first + pids(told)[1]] == [False, False, True, True]
        parent.terminate()
        parent.wait(5)
        assert parent.stderr is not None
        assert (
            "good ist ausgefallen (Signal SIGKILL) und startet in 1 s neu." in parent.stderr.read().decode()
        )


def test_a_child_that_dies_at_once_is_started_with_growing_pauses(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with ending(start(f"dies={told}")) as parent:
        assert within(10, lambda: len(pids(told)) == 3)
        parent.terminate()
        parent.wait(5)
        assert parent.stderr is not None
        lines = parent.stderr.read().decode().splitlines()
    assert lines[:2] == [
        "dies ist ausgefallen (Code 3) und startet in 1 s neu.",
        "dies ist ausgefallen (Code 3) und startet in 2 s neu.",
    ]
