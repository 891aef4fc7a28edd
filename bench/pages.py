"""Queue and case page over 20,000 cases on `kulanz web` as shipped: time at two clients at once, statements, bytes of
a first view, and what the poll of an open page costs the server. Goals are held against the server's CPU time; what
a reader waited, with a second one at work, stands beside it."""

from __future__ import annotations

import re
import tempfile
import threading
from functools import partial
from pathlib import Path

from bench import inside
from bench.desk import USER, Client, Desk, DeskError, case_ids
from bench.desk_data import COUNT, build
from bench.figures import Figure, figure
from bench.first_view import first_view
from bench.peers import helpdesk_reading
from bench.timing import p50, p95, scaled

REQUESTS = 150
"""Of each page by each of two clients."""
POLLS = 500
LISTS = ("/faelle/", "/faelle/gruppe/kunden/", "/faelle/gruppe/danach/", "/faelle/gruppe/heute/")


def run(*, seed: int, source: Path | None, peer: bool) -> list[Figure]:
    """`source` is a home folder to measure a copy of your own data: its newest cases are opened."""
    count = scaled(COUNT, least=50)
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-") as folder:
        home = Path(folder) / "home"
        if source is None:
            built = build(home, count, seed)
            told = [
                figure(
                    "pages", None, f"{built.cases} Fälle gemacht oder zurückgespielt", built.seconds, unit="s"
                )
            ]
        else:
            home, told = source, []
        with Desk(home) as desk:
            client = desk.signed_in()
            cases = _some_cases(client)
            _at_once(desk, client, ["/faelle/", *(f"/faelle/{pk}/" for pk in cases[:6])], 10)
            figures = _times(desk, client, cases)
            figures += _statements(home, cases)
            figures += _bytes(desk, cases[0])
            figures += _polls(desk, client, cases[0])
    if peer:
        figures.append(_beside(figures, helpdesk_reading(count, seed, []).page))
    return figures + told


def _some_cases(client: Client) -> list[int]:
    """Open, waiting and closed ones, as the lists show them."""
    found: dict[int, None] = {}
    for path in LISTS:
        try:
            found |= dict.fromkeys(case_ids(client, path))
        except DeskError:
            continue
    newest = max(found)
    found |= dict.fromkeys(pk for pk in range(max(newest - 4000, 1), newest, 97))
    return [pk for pk in found if client.get(f"/faelle/{pk}/").status == 200]


def _at_once(desk: Desk, client: Client, paths: list[str], times: int) -> list[float]:
    """Milliseconds of every page, asked for by two clients at once, each over a connection of its own."""
    took: list[float] = []
    trouble: list[str] = []

    def browse(first: int) -> None:
        browser = client.copy()
        for number in range(times):
            path = paths[(first + 2 * number) % len(paths)]
            answer = browser.get(path)
            if answer.status != 200:
                trouble.append(f"{path} answered {answer.status}")
                return
            took.append(answer.ms)

    browsers = [threading.Thread(target=browse, args=(first,)) for first in (0, 1)]
    for browser in browsers:
        browser.start()
    for browser in browsers:
        browser.join()
    if trouble:
        raise DeskError(trouble[0])
    return took


def _times(desk: Desk, client: Client, cases: list[int]) -> list[Figure]:
    figures = []
    pages = (
        ("queue", "Fälle", ["/faelle/"]),
        ("case", "Fall", [f"/faelle/{pk}/" for pk in cases]),
        (None, "Heute", ["/"]),
    )
    for key, name, paths in pages:
        waited = _at_once(desk, client, paths, scaled(REQUESTS, least=5))
        meter = desk.meter()
        cpu = [
            meter.around(partial(client.page, paths[number % len(paths)]))[1]
            for number in range(scaled(REQUESTS, least=5))
        ]
        figures += [
            figure(
                "pages",
                f"{key}_p95" if key else None,
                f"{name}: CPU des Servers, p95",
                p95(cpu),
                unit="ms",
                compared_with="Wartezeit bei zwei Lesern zugleich, p95, ms",
                compared_value=p95(waited),
                ratio=p95(waited) / p95(cpu),
            ),
            figure("pages", None, f"{name}: CPU des Servers, p50", p50(cpu), unit="ms"),
            figure("pages", None, f"{name}: Wartezeit bei zwei Lesern zugleich, p50", p50(waited), unit="ms"),
        ]
    return figures


def _statements(home: Path, cases: list[int]) -> list[Figure]:
    paths = ["/", "/faelle/", *(f"/faelle/{pk}/" for pk in cases[:20])]
    counts: dict[str, int] = inside.ask("queries", {"user": USER, "paths": paths}, home=home)
    most = max(counts[path] for path in paths[2:])
    return [
        figure("pages", "queries", "Fälle: Anweisungen an die Datenbank", counts["/faelle/"]),
        figure("pages", "queries", "Fall: Anweisungen an die Datenbank, höchstens", most),
        figure("pages", "queries", "Heute: Anweisungen an die Datenbank", counts["/"]),
    ]


def _bytes(desk: Desk, case: int) -> list[Figure]:
    figures = []
    for name, path in (("Fälle", "/faelle/"), ("Fall", f"/faelle/{case}/"), ("Heute", "/")):
        view = first_view(desk, path)
        figures += [
            figure("pages", "first_view_cold", f"{name}: erster Aufruf, kalt", view.cold / 1000),
            figure("pages", "first_view_warm", f"{name}: erneuter Aufruf, warm", view.warm / 1000),
            figure("pages", None, f"{name}: Dateien beim ersten Aufruf", len(view.parts), unit="files"),
        ]
    return figures


def _polls(desk: Desk, client: Client, case: int) -> list[Figure]:
    """Each poll asks as the page's own script does: with what it shows; every third says its reader is here."""
    figures = []
    for name, path in (("Fälle", "/faelle/"), ("Fall", f"/faelle/{case}/")):
        page = client.page(path).text
        live, since = re.search(r'data-live="([^"]+)"', page), re.search(r'data-since="([^"]*)"', page)
        if live is None or since is None:
            raise DeskError(f"{path} polls nothing")
        token, here = since[1], "data-here" in page
        times = scaled(POLLS, least=20)
        _poll(client, live[1], token, here, 20)
        took, cpu = desk.meter().around(partial(_poll, client, live[1], token, here, times))
        figures += [
            figure("pages", "poll_cpu", f"{name}: CPU des Servers je Nachfrage", cpu / times),
            figure("pages", None, f"{name}: Nachfrage, p95", p95(took), unit="ms"),
        ]
    return figures


def _poll(client: Client, live: str, since: str, here: bool, times: int) -> list[float]:
    took = []
    for number in range(times):
        answer = client.get(f"{live}?seit={since}" + ("&hier=1" if here and number % 3 == 0 else ""))
        if answer.status == 200:
            since = answer.text
        elif answer.status != 204:
            raise DeskError(f"{live} answered {answer.status}")
        took.append(answer.ms)
    return took


def _beside(ours: list[Figure], theirs: list[float]) -> Figure:
    """Their page was rendered without a server in between, which favours them."""
    mine = next(f.value for f in ours if f.what.startswith("Fall: CPU des Servers, p95")) or 0.0
    return figure(
        "pages",
        None,
        "Fall, CPU, gegen django-helpdesks Ticketseite, p95",
        mine,
        unit="ms",
        compared_with="django-helpdesk, ohne Server und ohne zweiten Leser",
        compared_value=p95(theirs),
        ratio=p95(theirs) / mine if mine else None,
    )
