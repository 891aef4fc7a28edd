"""Search over 20,000 cases: newest 25, in the database and through the page, on both databases.

In the database: the public search function, called in a child process started for it, one call after the other.
Through the page: `/suche/?q=` of a running `kulanz web`, one request after the other over one connection.
Goals are held against CPU time (of the process and, on PostgreSQL, of the server process that serves it); what a
reader waited on this machine stands beside it.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bench import inside, postgres
from bench.desk import USER, Desk, DeskError
from bench.desk_data import COUNT, Built, build, newest_of_today
from bench.figures import BenchError, Figure, figure
from bench.letters import Letter, letters
from bench.peers import HelpdeskReading, helpdesk_reading
from bench.timing import p50, p95, scaled

OF_EACH_KIND = 25
Query = tuple[str, str]
"""Kind and text."""
_OTHER_SPELLING = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ö": "OE", "Ä": "AE", "Ü": "UE"})


def _words(letter: Letter) -> list[str]:
    return [word.strip(".,!?") for word in letter.text.split() if len(word) > 4]


KINDS: dict[str, Callable[[Letter, random.Random], str]] = {
    "ganze Bestellnummer": lambda letter, rng: letter.bought.number,
    "Teil einer Bestellnummer": lambda letter, rng: letter.bought.number[-6:],
    "Name in anderer Schreibweise": lambda letter, rng: letter.bought.buyer.translate(
        _OTHER_SPELLING
    ).upper(),
    "Wort aus dem Text": lambda letter, rng: rng.choice(_words(letter)),
    "zwei Wörter": lambda letter, rng: f"{letter.bought.buyer.split()[-1]} {rng.choice(_words(letter))}",
    "sehr häufiges Wort": lambda letter, rng: rng.choice(["Guten", "Tag", "die", "ist", "de"]),
    "kein Treffer": lambda letter, rng: f"Xylophon{rng.randrange(10**6)}",
    "Sendungsnummer": lambda letter, rng: letter.bought.parcel,
}


def queries(count: int, seed: int) -> list[Query]:
    """Of each kind OF_EACH_KIND, mixed; every one but the last kind's has a hit."""
    rng = random.Random(seed)
    told = list(letters(count, seed, newest_of_today()))
    asked = [
        (kind, make(letter, rng))
        for kind, make in KINDS.items()
        for letter in rng.choices(told, k=OF_EACH_KIND)
    ]
    rng.shuffle(asked)
    return asked


def run(*, seed: int, source: Path | None, peer: bool) -> list[Figure]:
    count = scaled(COUNT, least=50)
    if source is None:
        asked = queries(count, seed)
    else:
        lines = source.read_text(encoding="utf-8").splitlines()
        asked = [("Ihre Suchen", line.strip()) for line in lines if line.strip()]
    if not asked:
        raise BenchError(f"{source}: Die Datei enthält keine Suche; eine je Zeile.")
    figures, ours = _on("sqlite", "", count, seed, asked)
    if postgres.answers():
        with postgres.database() as address:
            figures += _on("postgresql", address, count, seed, asked)[0]
    if peer:
        figures += _beside(ours, helpdesk_reading(count, seed, [text for _, text in asked]))
    return figures


def _on(
    engine: str, database: str, count: int, seed: int, asked: list[Query]
) -> tuple[list[Figure], list[float]]:
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-") as folder:
        home = Path(folder) / "home"
        built = build(home, count, seed, database=database)
        with Desk(home, database) as desk:
            given = {"user": USER, "queries": [t for _, t in asked], "warm": [t for _, t in asked[:8]]}
            found = inside.ask("search", given, home=home, database=database)
            waited, through = _through_the_page(desk, asked)
    took: list[float] = found["cpu"]
    _hits_as_expected(asked, found["hits"])
    figures = [
        _goal(f"{engine}_database_p95", f"{name}: in der Datenbank, p95", took, found["took"]),
        figure("search", None, f"{name}: in der Datenbank, p50", p50(took), unit="ms"),
        _goal(f"{engine}_page_p95", f"{name}: über die Seite, p95", through, waited),
        figure("search", None, f"{name}: über die Seite, p50", p50(through), unit="ms"),
        *_by_kind(name, asked, took, through),
        _told(name, built),
    ]
    return figures, took


def _goal(key: str, what: str, cpu: list[float], waited: list[float]) -> Figure:
    """CPU time against the goal, the clock's beside it."""
    return figure(
        "search",
        key,
        what,
        p95(cpu),
        compared_with="Wartezeit auf dieser Maschine, ms",
        compared_value=p95(waited),
        ratio=p95(waited) / max(p95(cpu), 1e-9),
    )


def _told(name: str, built: Built) -> Figure:
    how = "zurückgespielt" if built.from_cache else "gemacht"
    return figure("search", None, f"{name}: {built.cases} Fälle {how}", built.seconds, unit="s")


def _through_the_page(desk: Desk, asked: list[Query]) -> tuple[list[float], list[float]]:
    """Milliseconds the reader waits, and CPU of the server and its database; an exact number may lead straight to
    its case."""
    client = desk.signed_in()
    took, cpu = [], []
    for _, text in asked[:8]:
        client.get(f"/suche/?q={quote(text)}")
    meter = desk.meter()
    for _, text in asked:
        answer, spent = meter.around(partial(client.get, f"/suche/?q={quote(text)}"))
        if answer.status not in (200, 302):
            raise DeskError(f"the search for {text!r} answered {answer.status}")
        took.append(answer.ms)
        cpu.append(spent)
    return took, cpu


def _hits_as_expected(asked: list[Query], hits: list[int]) -> None:
    """Raises BenchError: a search that finds nothing is fast, and worth nothing."""
    for (kind, text), count in zip(asked, hits, strict=True):
        if kind in KINDS and (count == 0) != (kind == "kein Treffer"):
            raise BenchError(f"{kind}: {text!r} has {count} hits")


def _by_kind(name: str, asked: list[Query], took: list[float], through: list[float]) -> list[Figure]:
    figures = []
    for kind in dict.fromkeys(kind for kind, _ in asked):
        mine = [place for place, (found, _) in enumerate(asked) if found == kind]
        for where, values in (("Datenbank", took), ("Seite", through)):
            value = p95([values[place] for place in mine])
            figures.append(figure("search", None, f"{name}: {kind}, {where}, p95", value, unit="ms"))
    return figures


def _beside(ours: list[float], theirs: HelpdeskReading) -> list[Figure]:
    return [
        figure(
            "search",
            None,
            f"SQLite gegen django-helpdesk, {label}",
            share(ours),
            unit="ms",
            compared_with="django-helpdesk, icontains, die neuesten 25",
            compared_value=share(theirs.search),
            ratio=share(theirs.search) / share(ours),
        )
        for label, share in (("p50", p50), ("p95", p95))
    ]
