"""The home folder of a command: where the data lies, chosen before Django is set up."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kulanz.cli.show import fail

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar="KULANZ_HOME", help="Datenordner. Ohne Angabe der Ihres Benutzers.", file_okay=False
    ),
]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Anschluss des Webservers.")]
HostOption = Annotated[str, typer.Option("--host", help="Adresse, auf der der Webserver hört.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Genau ein JSON-Dokument ausgeben, sonst nichts.")]

SETTINGS_FILE = "kulanz.env"
"""Lines NAME=value in the home folder, so that every command of this installation finds its database."""


def usual(name: str = "kulanz") -> Path:
    """The user's data folder, as the XDG base directory rules name it."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / name


def enter(home: Path | None, *, default: str = "kulanz") -> Path:
    """Make the home folder, take its settings into the environment, set Django up. Returns its absolute path.

    A sample shop's home always has its own SQLite database, whatever the environment says.
    """
    folder = (home or usual(default)).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fail(f"Der Datenordner {folder} lässt sich nicht anlegen: {error.strerror}.")
    if not os.access(folder, os.W_OK | os.X_OK):
        fail(f"In den Datenordner {folder} darf nicht geschrieben werden.")
    os.environ["KULANZ_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "kulanz.settings"
    for name, value in settings_of(folder).items():
        os.environ.setdefault(name, value)
    if (folder / "demo").exists():
        os.environ["KULANZ_DATABASE"] = ""

    import django

    django.setup()
    return folder


def settings_of(folder: Path) -> dict[str, str]:
    """KULANZ_… settings from the home's own file; comments and other names are passed over."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        return {}
    pairs = (
        line.strip().split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line
    )
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs if name.startswith("KULANZ_")}
