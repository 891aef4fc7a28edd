"""One `up` a home, and a port that is taken."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cli.processes import ending, environment, within
from factories import NOW
from kulanz.cli import running

HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from kulanz.cli import running
with running.alone(Path(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), now=datetime.now(UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def hold(home: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), str(port)], env=environment(), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_nothing_runs_on_a_fresh_home(home: Path) -> None:
    assert running.of(home) is None


def test_who_runs_is_told_and_a_second_one_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with ending(hold(home, port)) as first:
        told = running.of(home)
        assert told is not None
        assert (told.pid, told.host, told.port) == (first.pid, "127.0.0.1", port)
        with pytest.raises(typer.Exit) as refused, running.alone(home, host="127.0.0.1", port=1, now=NOW):
            pass
        assert refused.value.exit_code == 1
    assert capsys.readouterr().err == (
        f"Auf dem Datenordner {home} läuft Kulanz schon (Prozess {first.pid}, http://127.0.0.1:{port}). "
        "Beenden Sie es zuerst.\n"
    )


def test_a_killed_one_does_not_stand_in_the_way(home: Path) -> None:
    port = free_port()
    with ending(hold(home, port)) as first:
        first.kill()
        first.wait()
    assert running.of(home) is None
    with running.alone(home, host="127.0.0.1", port=port, now=NOW):
        told = json.loads((home / "run/up.json").read_text())
        assert told == {
            "pid": os.getpid(),
            "host": "127.0.0.1",
            "port": port,
            "since": "2026-11-27T12:07:00+00:00",
        }
    assert not (home / "run/up.json").exists()


def test_a_taken_port_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(typer.Exit), running.alone(home, host="127.0.0.1", port=port, now=NOW):
            pass
    assert capsys.readouterr().err == (
        f"Anschluss {port} ist belegt: Dort läuft schon ein Programm. "
        f"Nehmen Sie einen anderen, zum Beispiel --port {port + 1}.\n"
    )


def test_what_a_killed_one_left_on_the_port_is_waited_for(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run/up.json").write_text(json.dumps({"pid": 1, "host": "127.0.0.1", "port": 1, "since": ""}))
    script = (
        "import socket, sys, time\ns = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\n"
    )
    script += "print('listening', flush=True); time.sleep(1)"
    port = free_port()
    left = subprocess.Popen([sys.executable, "-c", script, str(port)], stdout=subprocess.PIPE)
    with ending(left):
        assert left.stdout is not None
        assert left.stdout.readline() == b"listening\n"
        with running.alone(home, host="127.0.0.1", port=port, now=NOW):
            assert within(2, lambda: left.poll() is not None)
