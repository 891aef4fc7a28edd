"""`import` takes files into an account; `read` shows what Kulanz understands of one mail."""

from pathlib import Path
from typing import Annotated

import typer

from kulanz.cli.home import HomeOption, JsonOption, enter
from kulanz.cli.show import WRONG_USE, fail, result, result_json

TIDY_AFTER = 1_000
"""After so many new records of one import the search's index is tidied; the worker does it once a day."""
Paths = Annotated[
    list[Path],
    typer.Argument(
        help="Mails (.eml, .mbox, Maildir), Bestellberichte, Wawi-Exporte, DHL-Antworten oder Ordner."
    ),
]


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command("read")(read)


def import_(
    paths: Paths,
    account: Annotated[
        str, typer.Option("--account", help="Konto, in das eingelesen wird; ein neuer Name legt es an.")
    ],
    sent: Annotated[bool, typer.Option("--sent", help="Die Mails sind unsere eigenen Antworten.")] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Konto anlegen, auch wenn ein ähnliches besteht.")
    ] = False,
    channel: Annotated[
        str,
        typer.Option("--channel", help="Kanal eines neuen Kontos: amazon, otto, ebay, kaufland, shop, wawi."),
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dateien einlesen. Ein Import schreibt nie an Kunden."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        fail(f"Diese Datei gibt es nicht: {', '.join(missing)}", WRONG_USE)
    enter(home)

    from kulanz.base import clock
    from kulanz.cases import search
    from kulanz.cli.database import ready
    from kulanz.cli.progress import counting
    from kulanz.flow.importing import ImportRefused, account_named, import_paths

    ready()
    now = clock.now()
    try:
        into = account_named(account, paths=paths, by="cli", now=now, allow_new=new, channel=channel)
        with counting(quiet=as_json) as progress:
            done = import_paths(paths, account=into, now=now, sent=sent, progress=progress)
    except ImportRefused as error:
        fail(str(error), WRONG_USE)
    counts = done.as_json()
    if done.received.raw >= TIDY_AFTER:
        search.tidy()
    if as_json:
        result_json(counts)
        return
    result(
        f"{into.title}: {counts['raw']} Datensätze aus {counts['files']} Dateien, {counts['new']} neu, "
        f"{counts['duplicate']} schon bekannt, {counts['quarantined']} nicht lesbar, {counts['cases']} Fälle eröffnet."
    )
    for problem in done.problems:
        result(f"  nicht lesbar: {problem}")
    if done.problems:
        result(
            "Nicht Lesbares ist aufgehoben und lässt sich unter Einstellungen, „Nicht lesbar“ erneut lesen."
        )


def read(
    file: Annotated[
        Path, typer.Argument(help="Eine Mail als Datei (.eml).", exists=True, dir_okay=False, readable=True)
    ],
    as_json: JsonOption = False,
) -> None:
    """Zeigen, was Kulanz aus einer Mail liest: Absender, Art, Schlüssel, eigener und zitierter Text, Anhänge."""
    from kulanz.channels.mail.model import MAX_MAIL_BYTES, MailTooLarge
    from kulanz.channels.mail.parse import read_mail
    from kulanz.channels.mail.show import as_json as shown_json
    from kulanz.channels.mail.show import as_text

    with file.open("rb") as stream:
        raw = stream.read(MAX_MAIL_BYTES + 1)
    try:
        mail = read_mail(raw)
    except MailTooLarge as error:
        fail(f"{file.name}: {error}")
    if as_json:
        result_json(shown_json(mail))
    else:
        result(as_text(mail))
