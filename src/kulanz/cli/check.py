"""doctor: whether all is well, and what to do where it is not."""

import typer

from kulanz.cli.home import HomeOption, JsonOption, enter
from kulanz.cli.show import FAILED, result, result_json


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Prüfen, ob alles läuft: Datenbank, Arbeiter, Postfächer, Daten, Uhr, Platte, Protokoll, Sicherung."""
    folder = enter(home)

    from kulanz.base.clock import now
    from kulanz.cli.health import MARKS, Level, look

    lines = look(folder, now())
    failed = any(line.level is Level.FAIL for line in lines)
    if as_json:
        checks = [{"name": n.name, "level": n.level.value, "text": n.text, "todo": n.todo} for n in lines]
        result_json({"ok": not failed, "home": str(folder), "checks": checks})
    else:
        for line in lines:
            result(f"{MARKS[line.level]} {line.name}: {line.text}")
            if line.todo:
                result(f"    → {line.todo}")
    if failed:
        raise typer.Exit(FAILED)
