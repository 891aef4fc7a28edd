"""test: lint, types, layers, templates, then every test; on SQLite always, on PostgreSQL wherever one answers."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from xml.etree import ElementTree

import typer

from kulanz.cli import machine
from kulanz.cli.show import say

ROOT = Path(__file__).resolve().parents[3]
ALLOWED_SKIPS = ROOT / "tests/allowed_skips.txt"
NOT_FAST = "not slow and not kill and not browser and not dovecot and not postgres"
POSTGRES_FOLDERS = (
    "audit",
    "facts",
    "intake",
    "outbox",
    "work",
    "people",
    "cases",
    "replies",
    "flow",
    "kill",
    "web",
)
POSTGRES_FILES = ("cli/test_backups.py", "cli/test_health.py")
WORKERS = "2"
PASSED_ON = ("KULANZ_SHARED", "KULANZ_KILLS", "KULANZ_KILL_SEED")
"""Settings of the tests themselves; those of an installation must not reach them."""


@dataclass(slots=True)
class Outcome:
    """How a part ended: whether it passed, after how many seconds, and what it skipped and why."""

    name: str
    passed: bool
    seconds: float
    skips: list[tuple[str, str]] = field(default_factory=list)
    """(test, reason)"""


@dataclass(slots=True)
class Run:
    """One `./kulanz test`."""

    strict: bool
    """In CI: what is missing fails, and so does a skip nobody allowed."""
    outcomes: list[Outcome] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def tool(self, name: str, *command: str) -> None:
        say(f"── {name}")
        started = time.monotonic()
        code = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]], cwd=ROOT
        ).returncode
        self.outcomes.append(Outcome(name, code == 0, time.monotonic() - started))

    def pytest(self, name: str, arguments: Iterable[str], database: str = "") -> None:
        say(f"── {name}")
        environment = {k: v for k, v in os.environ.items() if k in PASSED_ON or not k.startswith("KULANZ_")}
        environment |= {"KULANZ_TEST_DATABASE": database} if database else {}
        if self.strict:
            environment["KULANZ_CI"] = "1"
        started = time.monotonic()
        with TemporaryDirectory(prefix="kulanz-test-") as scratch:
            report = Path(scratch) / "report.xml"
            command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
            code = subprocess.run(command, cwd=ROOT, env=environment).returncode
            skips = list(_skips(report))
        self.outcomes.append(Outcome(name, code == 0, time.monotonic() - started, skips))

    def missing(self, what: str) -> None:
        self.left_out.append(what)


def register(app: typer.Typer) -> None:
    app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(test)


def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Nur der schnelle Teil, unter 90 Sekunden.")] = False,
) -> None:
    """Alles prüfen: Stil, Typen, Schichten, Vorlagen und alle Tests. Weitere Wörter gehen an pytest."""
    strict = os.environ.get("KULANZ_CI") == "1" or os.environ.get("CI", "").lower() not in ("", "0", "false")
    run = Run(strict and not fast)
    words = list(context.args)
    if not words:
        _tools(run)
    if fast:
        run.pytest("Tests, schneller Teil", ["-n", WORKERS, "-m", NOT_FAST, *words])
    else:
        _complete(run, words)
    sys.exit(_report(run))


def _tools(run: Run) -> None:
    run.tool("Stil", "ruff", "check", ".", "kulanz")
    run.tool("Form", "ruff", "format", "--check", ".", "kulanz")
    run.tool("Typen", "mypy")
    run.tool("Schichten", "lint-imports")
    run.tool("Vorlagen", "djlint", "--lint", "--quiet", "src/kulanz/web/templates")


def _complete(run: Run, words: list[str]) -> None:
    here = machine.this_machine()
    lacking = machine.missing_programs()
    if lacking and here.may_install:
        say(f"── {', '.join(lacking)} einrichten")
        machine.install(lacking.values())
    for name, package in machine.missing_programs().items():
        run.missing(f"{name} fehlt (apt install {package}): Tests damit übersprungen.")
    run.pytest("Tests auf SQLite", ["-n", WORKERS, "-m", "not postgres", *words])
    address = _postgres(run, here)
    if address:
        folders = [f"tests/{place}" for place in (*POSTGRES_FOLDERS, *POSTGRES_FILES)]
        places = [place for place in folders if (ROOT / place).exists()]
        run.pytest("Tests auf PostgreSQL", ["-n", WORKERS, "-m", "not browser", *(words or places)], address)


def _postgres(run: Run, here: machine.Machine) -> str:
    """Where the tests find a PostgreSQL; empty, and said so, when there is none."""
    given = os.environ.get("KULANZ_TEST_DATABASE", "")
    if given:
        return given
    if not machine.postgres_answers() and here.is_root:
        if run.strict and here.may_install and not machine.has("pg_ctlcluster"):
            machine.install([machine.POSTGRES_PACKAGE])
        machine.start_postgres()
    if not machine.postgres_answers():
        run.missing("PostgreSQL antwortet nicht auf 127.0.0.1:5432: Tests darauf übersprungen.")
        return ""
    address = machine.postgres_address(may_make_role=run.strict and here.is_root)
    if not address:
        run.missing(
            "PostgreSQL lässt niemanden Datenbanken anlegen: KULANZ_TEST_DATABASE=postgresql://… nennt einen Zugang."
        )
    return address


def _skips(report: Path) -> Iterable[tuple[str, str]]:
    """Test and reason of every skip in a JUnit report that pytest has just written."""
    if not report.exists():
        return
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (our own file)
        for skip in case.iter("skipped"):
            yield (
                f"{case.get('classname')}::{case.get('name')}",
                (skip.get("message") or "").removeprefix("Skipped: "),
            )


def allowed(text: str) -> set[str]:
    """The reasons of allowed_skips.txt; lines with # are remarks."""
    return {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}


def _report(run: Run) -> int:
    """Durations, every skip, what was left out; the exit code."""
    say("")
    for part in run.outcomes:
        say(f"{'✓' if part.passed else '✕'} {part.name}: {part.seconds:.1f} s")
    may_skip = allowed(ALLOWED_SKIPS.read_text(encoding="utf-8"))
    forbidden = 0
    for part in run.outcomes:
        for test_name, reason in part.skips:
            bad = run.strict and reason not in may_skip
            forbidden += bad
            say(f"{'✕' if bad else '!'} übersprungen: {test_name} ({reason})")
    for line in run.left_out:
        say(f"{'✕' if run.strict else '!'} {line}")
    total = sum(part.seconds for part in run.outcomes)
    failed = [part.name for part in run.outcomes if not part.passed]
    if failed or forbidden or (run.strict and run.left_out):
        say(f"✕ Nicht bestanden nach {total:.0f} s" + (f": {', '.join(failed)}" if failed else ""))
        return 1
    say(f"✓ Bestanden in {total:.0f} s")
    return 0
