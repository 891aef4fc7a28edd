"""Web and worker killed with -9 at 100 random instants while mail comes in and replies go out, on both databases.

The harness is the kill test's own (tests/kill): real processes, a real mailbox, a real mail server. A control runs a
worker without its fence beside it: if that does not break, the test proves nothing.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import postgres
from bench.figures import BenchError, Figure, figure
from bench.timing import scaled

KILLS = 100
CONTROL_KILLS = 12
TESTS = Path(__file__).resolve().parents[1] / "tests"


def run(*, seed: int, source: Path | None, peer: bool) -> list[Figure]:
    if source is not None:
        raise BenchError("kill macht seine Mails selbst und nimmt keine Datei.")
    sys.path.insert(0, str(TESTS))
    harness = import_module("kill.harness")
    figures = []
    for name in ("SQLite", "PostgreSQL") if postgres.answers() else ("SQLite",):
        with nullcontext("") if name == "SQLite" else postgres.database() as database:
            figures += _figures(name, harness.run(scaled(KILLS, least=2), seed, database))
    control = harness.run(scaled(CONTROL_KILLS, least=8), seed, "", control=True)
    figures += [
        figure("kill", "control_breaks", "Gegenprobe ohne Zaun bricht", float(control.twice > 0)),
        figure("kill", None, "Gegenprobe: zweimal gesendet", control.twice, unit="replies"),
    ]
    return figures


def _figures(name: str, result: Any) -> list[Figure]:
    """`broken` also counts every other promise: entries, phantom mails, the audit chain."""
    return [
        figure("kill", "lost", f"{name}: verloren", result.lost),
        figure("kill", "twice", f"{name}: zweimal gesendet ohne das Wort eines Menschen", result.twice),
        figure("kill", "broken", f"{name}: gebrochene Zusagen", len(result.broken)),
        figure(
            "kill",
            "hit_running_work",
            f"{name}: traf laufende Arbeit",
            result.hits / result.kills,
            compared_with="Tötungen",
            compared_value=result.kills,
        ),
        figure("kill", None, f"{name}: mails", result.mails, unit="mails"),
        figure("kill", None, f"{name}: Antworten gesendet", result.sent, unit="replies"),
        figure("kill", None, f"{name}: unklar, ein Mensch entschied", result.unclear, unit="replies"),
        figure("kill", None, f"{name}: Einträge der Audit-Kette", result.sealed, unit="entries"),
    ]
