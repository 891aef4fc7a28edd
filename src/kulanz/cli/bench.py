"""`bench` runs a benchmark of the checkout's bench folder and holds its figures against their goals."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from kulanz.cli.show import WRONG_USE, fail, result, result_json

NAMES = ("mail", "search", "pages", "orders", "kill")
DEFAULT_SEED = 20261122


def register(app: typer.Typer) -> None:
    app.command("bench")(bench)


def bench(
    name: Annotated[str, typer.Argument(help="Name des Benchmarks.")] = "",
    show_list: Annotated[bool, typer.Option("--list", help="Die Namen zeigen.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Aus dieser Zahl entstehen die Daten.")] = DEFAULT_SEED,
    source: Annotated[
        Path | None, typer.Option("--input", help="Eigene Daten statt gemachter.", exists=True)
    ] = None,
    peer: Annotated[bool, typer.Option("--peer", help="Ein anderes Programm daneben laufen lassen.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Genau ein JSON-Dokument ausgeben, sonst nichts.")
    ] = False,
) -> None:
    """Messen und gegen die Ziele halten. Endet mit 1, wenn ein Ziel verfehlt ist."""
    if show_list:
        result("\n".join(NAMES))
        return
    if name not in NAMES:
        fail(f"Diesen Benchmark gibt es nicht. Es gibt: {', '.join(NAMES)}.", WRONG_USE)
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    figures_module = import_module("bench.figures")
    try:
        figures = import_module(f"bench.{name}").run(seed=seed, source=source, peer=peer)
    except figures_module.BenchError as error:
        fail(str(error))
    if as_json:
        result_json(figures_module.document(name, figures))
    else:
        result(figures_module.as_text(name, figures))
    if any(f.met is False for f in figures):
        raise typer.Exit(1)
