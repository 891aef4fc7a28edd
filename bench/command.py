"""Run a public command as a process of its own and read what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import BenchError


@dataclass(frozen=True, slots=True)
class Cost:
    wall: float
    cpu: float
    """User and system seconds of the process and its children."""
    peak_mb: float
    out: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(home: Path, database: str = "") -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KULANZ_", "DJANGO_"))}
    source = str(Path(__file__).resolve().parents[1] / "src")
    return kept | {"KULANZ_HOME": str(home), "KULANZ_DATABASE": database, "PYTHONPATH": source}


def kulanz(*arguments: str, home: Path, database: str = "") -> Cost:
    """`kulanz ARGUMENTS` with this home. Raises BenchError with its stderr when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "kulanz.cli", *arguments],
        env=environment(home, database),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stderr
    out = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError(f"kulanz {' '.join(arguments)} ended with {process.returncode}:\n{errors[-3000:]}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out)
