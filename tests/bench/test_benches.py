"""Every bench runs, small, and tells its figures in the agreed form. What they say at that size means nothing."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from bench.figures import THRESHOLDS

from kulanz.cli.bench import NAMES

ROOT = Path(__file__).resolve().parents[2]
FIGURE = {
    "what": str,
    "value": (int, float, type(None)),
    "unit": str,
    "goal": (int, float, type(None)),
    "direction": (str, type(None)),
    "met": (bool, type(None)),
    "compared_with": (str, type(None)),
    "compared_value": (int, float, type(None)),
    "ratio": (int, float, type(None)),
}
SCALE = {"mail": "0.02", "orders": "0.01", "search": "0.004", "pages": "0.004"}
"""Shares of the real counts."""
MISSED = 1
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases of one seed are made once for all tests here."""
    return tmp_path_factory.mktemp("cache")


def bench(*words: str, cache: Path, scale: str = "1") -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KULANZ_", "DJANGO_"))}
    settings = {"PYTHONPATH": str(ROOT / "src"), "KULANZ_BENCH_SCALE": scale, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "kulanz.cli", "bench", *words]
    return subprocess.run(command, env=kept | settings, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "kill"])  # tests/kill runs its harness
def test_a_bench_tells_its_figures_in_one_document(name: str, cache: Path) -> None:
    done = bench(name, "--json", "--seed", "7", cache=cache, scale=SCALE[name])
    assert done.returncode in (0, MISSED), done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert list(told) == ["name", "figures", "machine"]
    assert told["name"] == name
    for figure in told["figures"]:
        assert list(figure) == list(FIGURE)
        assert all(isinstance(figure[key], kind) for key, kind in FIGURE.items()), figure
    goals = tomllib.loads(THRESHOLDS.read_text())[name]
    held = {(f["goal"], f["direction"]) for f in told["figures"] if f["goal"] is not None}
    postgres = any("PostgreSQL" in figure["what"] for figure in told["figures"])
    assert held == {
        (goal["value"], goal["direction"])
        for key, goal in goals.items()
        if postgres or not key.startswith("postgresql")
    }
    assert all((f["met"] is None) == (f["goal"] is None) for f in told["figures"])
    assert (done.returncode == MISSED) == any(f["met"] is False for f in told["figures"])


def test_own_searches_are_timed(tmp_path: Path, cache: Path) -> None:
    asked = tmp_path / "suchen.txt"
    asked.write_text("Grün\n\nB-100003\n", encoding="utf-8")
    done = bench("search", "--json", "--seed", "7", "--input", str(asked), cache=cache, scale="0.004")
    told = [figure["what"] for figure in json.loads(done.stdout)["figures"]]
    assert [what for what in told if what.startswith("SQLite: Ihre Suchen")] == [
        "SQLite: Ihre Suchen, Datenbank, p95",
        "SQLite: Ihre Suchen, Seite, p95",
    ]


def test_an_empty_file_of_searches_is_refused(tmp_path: Path) -> None:
    asked = tmp_path / "suchen.txt"
    asked.write_text("\n")
    done = bench("search", "--input", str(asked), cache=tmp_path, scale="0.004")
    assert (done.returncode, done.stderr) == (
        1,
        f"{asked}: Die Datei enthält keine Suche; eine je Zeile.\n",
    )


def test_the_list_names_every_bench(tmp_path: Path) -> None:
    assert bench("--list", cache=tmp_path).stdout.split() == list(NAMES)


def test_an_unknown_bench_is_refused(tmp_path: Path) -> None:
    assert bench("speed", cache=tmp_path).returncode == 2
