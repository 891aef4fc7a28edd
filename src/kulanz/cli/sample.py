"""demo: a whole shop to try, in a home of its own. Nothing of it leaves the machine."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kulanz.cli.home import HomeOption, HostOption, PortOption, enter, usual
from kulanz.cli.show import WRONG_USE, fail, say

if TYPE_CHECKING:
    from kulanz.flow.sample import Sample

OLD = timedelta(hours=20)
"""From then on the sample's „heute“ is no longer today."""


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    home: HomeOption = None,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Den Beispielshop neu anlegen, auf heute gestellt.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Keinen Browser öffnen.")] = False,
    build_only: Annotated[bool, typer.Option("--build-only", help="Anlegen, aber nicht starten.")] = False,
) -> None:
    """Einen Beispielshop anlegen und starten. Keine Mail verlässt den Rechner."""
    folder = (home or usual("kulanz-demo")).expanduser().absolute()
    _take(folder, fresh)
    enter(folder)

    from kulanz.base.clock import now
    from kulanz.cli.serve import address, serve_all
    from kulanz.flow.sample import sample_of

    sample = sample_of(folder)
    if sample is None or sample.built_at is None:
        sample = _build(folder)
    elif now() - sample.built_at > OLD:
        say(f"Der Beispielshop steht auf dem {sample.built_at:%d.%m.%Y}; --fresh stellt ihn auf heute.")
    if build_only:
        return
    greeting = "\n".join(
        (
            f"Kulanz läuft:  {address(host, port)}   (Ende mit Strg+C)",
            f"Anmelden als:  miriam   (oder jonas, deniz, lager, buchhaltung)   Passwort: {sample.password}",
            f"Beispielshop:  {folder}; Mails landen in {folder / 'ausgang'}, keine verlässt diesen Rechner.",
        )
    )
    serve_all(folder, host=host, port=port, greeting=greeting, browser=not no_browser)


def _take(folder: Path, fresh: bool) -> None:
    """An empty or sample folder, marked before Django is set up: the mark makes it a sample's for every process.

    A folder with anything else in it is never touched.
    """
    marker = folder / "demo"
    there = folder.exists() and any(folder.iterdir())
    if there and not marker.exists():
        fail(
            f"In {folder} liegt schon etwas, das kein Beispielshop ist. Nennen Sie einen leeren Ordner.",
            WRONG_USE,
        )
    if there:
        from kulanz.cli import running

        half_made = '"built_at": null' in marker.read_text(encoding="utf-8")
        if (fresh or half_made) and (other := running.of(folder)):
            fail(f"Dieser Beispielshop läuft gerade (Prozess {other.pid}). Beenden Sie ihn zuerst.")
        if not fresh and not half_made:
            return
        for path in folder.iterdir():
            if path != marker:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker.write_text('{"password": "", "built_at": null}', encoding="utf-8")


def _build(folder: Path) -> "Sample":
    from kulanz.base.clock import now
    from kulanz.cli.database import ready
    from kulanz.cli.progress import counting
    from kulanz.flow import sample as shop
    from kulanz.flow.demo import build

    say("Beispielshop anlegen (einmalig) …")
    password = shop.new_password()
    shop.mark(folder, shop.Sample(password, None))
    ready()
    with counting() as progress:
        built = build(folder, now(), progress)
    counts = built.imported
    say(
        f"{counts['new']} Datensätze eingelesen, {counts['cases']} Fälle, {counts['quarantined']} nicht lesbar."
    )
    return shop.Sample(password, now())
