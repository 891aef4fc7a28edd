"""The application: every group of commands registers itself here."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import typer

GROUPS = ("sample", "serve", "people", "importing", "keep", "check", "bench", "testing")
"""Modules of this package, in the order of the help. Each offers `register(app)`."""

app = typer.Typer(
    name="kulanz",
    help="Kulanz: Kundendienst für Händler. Jeder Befehl erklärt sich mit --help.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _register() -> None:
    for name in GROUPS:
        if find_spec(f"kulanz.cli.{name}"):
            register: Callable[[typer.Typer], None] = import_module(f"kulanz.cli.{name}").register
            register(app)


_register()
