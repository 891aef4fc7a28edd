"""Starting and watching real processes in tests."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


def environment(**more: str) -> dict[str, str]:
    """A clean environment: no home, database or supervisor of the test run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KULANZ_")}
    return kept | {"PYTHONPATH": str(SOURCE)} | more


def alive(pid: int) -> bool:
    """Running, and not merely waiting to be collected."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.03)
    return condition()


def pids(told: Path) -> list[list[int]]:
    """The lines of a file of process numbers; complete lines alone."""
    if not told.exists():
        return []
    whole = told.read_text().rpartition("\n")[0]
    return [[int(word) for word in line.split()] for line in whole.splitlines()]


@contextmanager
def ending(process: Popen[bytes]) -> Iterator[Popen[bytes]]:
    """Leave nothing behind, whatever the test finds."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
