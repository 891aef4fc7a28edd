"""The launcher, in a clone of its own; it needs a source of packages."""

import fcntl
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.processes import ROOT, ending, environment

pytestmark = pytest.mark.slow
HELP_NEEDS = ("annotated-doc", "click", "markdown-it-py", "mdurl", "pygments", "rich", "shellingham", "typer")
COPIED = ("kulanz", "requirements", "src/kulanz/__init__.py", "src/kulanz/cli", "src/kulanz/base")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough of the checkout for `--help`, with an environment made by the launcher from the part of the lock that
    `--help` needs: it is made anew nine times here."""
    root = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    lock = root / "requirements/run.lock"
    blocks = re.split(r"\n(?=\S)", lock.read_text())
    lock.write_text("\n".join(block for block in blocks if block.split("==")[0] in HELP_NEEDS) + "\n")
    done = launch(root)
    assert (done.returncode, "Umgebung fertig nach" in done.stderr) == (0, True), done.stderr
    return root


def own_environment() -> dict[str, str]:
    env = environment()
    del env["PYTHONPATH"]
    return env


def launch(root: Path, *words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, str(root / "kulanz"), *(words or ("--help",))]
    return subprocess.run(command, env=own_environment(), capture_output=True, text=True, timeout=300)


def marker(root: Path) -> dict[str, str]:
    told: dict[str, str] = json.loads((root / ".venv/kulanz.json").read_text())
    return told


def test_the_environment_runs_the_commands_from_the_checkout(checkout: Path) -> None:
    done = launch(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "demo" in done.stdout
    python = checkout / ".venv/bin/python"
    where = "import kulanz, typer; print(kulanz.__file__); print(typer.__file__.split('/lib/')[0])"
    printed = subprocess.run([python, "-c", where], env=own_environment(), capture_output=True, text=True)
    assert printed.stdout.splitlines() == [
        str(checkout / "src/kulanz/__init__.py"),
        str(checkout / ".venv"),
    ]


def test_the_next_start_is_fast(checkout: Path) -> None:
    times = []
    for _ in range(3):
        started = time.monotonic()
        launch(checkout)
        times.append(time.monotonic() - started)
    assert min(times) < 2


def test_a_changed_lock_brings_the_environment_up_to_date(checkout: Path) -> None:
    lock = checkout / "requirements/run.lock"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    done = launch(checkout)
    assert "Pakete einspielen …" in done.stderr
    assert "Umgebung anlegen" not in done.stderr
    assert launch(checkout).stderr == ""
    lock.write_text(before)
    launch(checkout)


@pytest.mark.parametrize("damage", ["marker", "half a marker", "python", "moved"])
def test_a_broken_environment_is_made_anew(checkout: Path, damage: str) -> None:
    match damage:
        case "marker":
            (checkout / ".venv/kulanz.json").unlink()
        case "half a marker":
            (checkout / ".venv/kulanz.json").write_text('{"kind": "ru')
        case "python":
            (checkout / ".venv/bin/python").unlink()
        case "moved":
            (checkout / ".venv/kulanz.json").write_text(json.dumps(marker(checkout) | {"root": "/elsewhere"}))
    done = launch(checkout)
    assert done.returncode == 0
    assert [line.split(" ")[0] for line in done.stderr.splitlines()] == ["Umgebung", "Pakete", "Umgebung"]
    assert launch(checkout).stderr == ""


def test_starts_at_the_same_time_make_one_environment(checkout: Path) -> None:
    (checkout / ".venv/kulanz.json").unlink()
    command = [sys.executable, str(checkout / "kulanz"), "--help"]
    pair = [
        subprocess.Popen(command, env=own_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=300) for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert sorted(err.decode().count("Umgebung anlegen") for _, err in told) == [0, 1]
    assert sum(err.decode().count("ich warte") for _, err in told) <= 1


def test_who_waits_says_so(checkout: Path) -> None:
    (checkout / ".venv/kulanz.json").unlink()
    with (checkout / ".env-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, str(checkout / "kulanz"), "--help"]
        with ending(subprocess.Popen(command, env=own_environment(), stderr=subprocess.PIPE)) as waiting:
            assert waiting.stderr is not None
            line = waiting.stderr.readline().decode()
            assert line == "Ein anderer Start richtet die Umgebung gerade ein; ich warte …\n"
    launch(checkout)


def test_a_python_without_venv_names_the_package(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".venv/kulanz.json").unlink()
    script = (
        "import importlib.util, runpy, sys\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'ensurepip' else real(name, *more)\n"
        f"sys.argv = ['kulanz', '--help']\nrunpy.run_path({str(checkout / 'kulanz')!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=own_environment(), capture_output=True, text=True
    )
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert (done.returncode, done.stderr.splitlines()[1]) == (
        1,
        f"Unter Debian und Ubuntu: sudo apt install python{version}-venv   (danach ./kulanz noch einmal starten)",
    )
    launch(checkout)


def test_an_old_python_is_refused_in_words(checkout: Path) -> None:
    head = (checkout / "kulanz").read_text().split("import fcntl")[0]
    script = head.replace("import sys", "import sys\nsys.version_info = (3, 9, 2)", 1)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        f"Kulanz braucht Python 3.11 oder neuer, gefunden wurde 3.9 ({sys.executable}).",
    )
