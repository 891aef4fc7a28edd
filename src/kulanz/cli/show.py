"""What commands print: results on stdout, everything else on stderr, so that --json stays one document."""

import json
from typing import Any, NoReturn

import typer

FAILED = 1
WRONG_USE = 2


def say(text: str) -> None:
    """What is being done, for a person who waits."""
    typer.echo(text, err=True)


def result(text: str) -> None:
    typer.echo(text)


def result_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def fail(text: str, code: int = FAILED) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
