"""The sample shop's command: it is built once, starts fast again, and never touches anybody's data."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.processes import ROOT, ending, environment, within
from cli.test_running import free_port
from kulanz.cli.serve import address, answers
from kulanz.flow.sample import Sample, mark, new_password, sample_of


def demo(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kulanz.cli", "demo", "--home", str(home), *words]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)


def test_a_folder_with_other_data_is_refused(home: Path) -> None:
    (home / "kulanz.sqlite3").write_text("Daten")
    for words in ((), ("--fresh",)):
        done = demo(home, *words)
        assert (done.returncode, done.stderr) == (
            2,
            f"In {home} liegt schon etwas, das kein Beispielshop ist. Nennen Sie einen leeren Ordner.\n",
        )
    assert [path.name for path in home.iterdir()] == ["kulanz.sqlite3"]


def test_the_mark_keeps_the_sign_in_for_its_owner_alone(home: Path) -> None:
    assert sample_of(home) is None
    mark(home, Sample("Deich-Watt-Flut-00001", None))
    assert sample_of(home) == Sample("Deich-Watt-Flut-00001", None)
    assert (home / "demo").stat().st_mode & 0o777 == 0o600
    (home / "demo").write_text("")
    assert sample_of(home) == Sample("", None)


def test_passwords_are_random_and_long_enough() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) > 45
    assert min(map(len, made)) >= 12


@pytest.mark.slow
def test_it_is_built_once_and_starts_within_five_seconds(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    first = demo(home, "--build-only")
    assert first.returncode == 0, first.stderr
    told = json.loads((home / "demo").read_text())
    assert told["built_at"]
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "kulanz.cli",
        "demo",
        "--home",
        str(home),
        "--port",
        str(port),
        "--no-browser",
    ]
    for _ in range(2):
        started = time.monotonic()
        with ending(
            subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
        ) as process:
            assert within(60, lambda: answers(address("127.0.0.1", port)))
            seconds = time.monotonic() - started
            assert process.stdout is not None
            assert process.stdout.readline().decode().startswith(f"Kulanz läuft:  http://127.0.0.1:{port}/")
            assert told["password"] in process.stdout.readline().decode()
            process.terminate()
            process.wait(10)
    assert seconds < 5
    assert json.loads((home / "demo").read_text()) == told
