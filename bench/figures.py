"""A bench's result: figures with goals, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class BenchError(RuntimeError):
    """The bench cannot be run or told; for people."""


THRESHOLDS = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: float | None
    unit: str
    goal: float | None = None
    direction: str | None = None
    met: bool | None = None
    compared_with: str | None = None
    compared_value: float | None = None
    ratio: float | None = None


def figure(
    bench: str,
    goal: str | None,
    what: str,
    value: float | None,
    *,
    unit: str = "",
    compared_with: str | None = None,
    compared_value: float | None = None,
    ratio: float | None = None,
) -> Figure:
    """One figure; `goal` names its threshold in thresholds.toml, None is only told."""
    rounded = None if value is None else round(value, 4)
    limit: dict[str, Any] = tomllib.loads(THRESHOLDS.read_text())[bench][goal] if goal else {}
    met = None
    if limit:
        at_least = limit["direction"] == "at_least"
        met = value is not None and (value >= limit["value"] if at_least else value <= limit["value"])
    return Figure(
        what=what,
        value=rounded,
        unit=unit or limit.get("unit", ""),
        goal=limit.get("value"),
        direction=limit.get("direction"),
        met=met,
        compared_with=compared_with,
        compared_value=None if compared_value is None else round(compared_value, 4),
        ratio=None if ratio is None else round(ratio, 3),
    )


def sync_rate(folder: Path, seconds: float = 0.5) -> float:
    """Durable syncs a second of the disk under `folder`: what a commit costs here and now."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        count, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            file.write(b"x" * 512)
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
        return count / seconds


def loop_ms() -> float:
    """CPU milliseconds of a fixed piece of plain Python, best of five: how fast this machine is just now."""
    took = []
    for _ in range(5):
        started, total = time.process_time(), 0
        for number in range(200_000):
            total += number ^ (number >> 3)
        took.append((time.process_time() - started) * 1000)
    return min(took)


def machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "loop_ms": round(loop_ms(), 1),
    }


def document(name: str, figures: list[Figure]) -> dict[str, Any]:
    return {"name": name, "figures": [asdict(f) for f in figures], "machine": machine()}


def as_text(name: str, figures: list[Figure]) -> str:
    """The same for people: one line a figure, ✓ met, ✕ missed, · only told."""
    lines = [name]
    for f in figures:
        mark = "·" if f.met is None else ("✓" if f.met else "✕")
        value = "—" if f.value is None else f"{f.value:g}"
        goal = f" (Ziel {'≥' if f.direction == 'at_least' else '≤'} {f.goal:g})" if f.goal is not None else ""
        beside = ""
        if f.compared_with:
            beside = f"; {f.compared_with}: {f.compared_value if f.compared_value is not None else '—'}"
            beside += f", Verhältnis {f.ratio:g}" if f.ratio is not None else ""
        lines.append(f"  {mark} {f.what}: {value} {f.unit}{goal}{beside}")
    return "\n".join(lines)
