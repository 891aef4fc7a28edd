"""backup, restore, migrate, update: what keeps the data."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kulanz.cli.home import HomeOption, JsonOption, enter
from kulanz.cli.show import fail, result, result_json, say

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = (
    "Nicht enthalten sind gespeicherte Passwörter und Zugänge, die Schlüsseldateien des Datenordners und Anmeldungen. "
    "Bewahren Sie secret.key getrennt auf, wenn Sie nach einer Rückspielung keine Passwörter neu eingeben möchten."
)


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("migrate")(migrate)
    app.command("update")(update)


def backup(
    home: HomeOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Datei oder Ordner, etwa auf einer anderen Platte.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Die Datenbank in eine Datei sichern, auch im laufenden Betrieb."""
    folder = enter(home)

    from kulanz.base.clock import now
    from kulanz.cli import backups, database

    if not database.has_data():
        fail(f"In {folder} liegen noch keine Daten.")
    try:
        made = backups.make(folder, now=now(), to=to.expanduser() if to else None)
    except backups.NotPossible as error:
        fail(str(error))
    manifest = backups.read_manifest(made)
    if as_json:
        result_json(
            {"path": str(made), "bytes": made.stat().st_size, "left_out": LEFT_OUT, **asdict(manifest)}
        )
        return
    result(f"Gesichert: {made} ({made.stat().st_size / 1e6:.1f} MB, {sum(manifest.counts.values())} Zeilen)")
    result(LEFT_OUT)


def restore(
    path: Annotated[Path, typer.Argument(help="Datei, die ./kulanz backup geschrieben hat.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Eine Sicherung zurückspielen. Was da ist, wird vorher gesichert."""
    folder = enter(home)

    from kulanz.base.clock import now
    from kulanz.cli import backups, restoring

    try:
        done = restoring.restore(path.expanduser(), folder, now=now())
    except backups.NotPossible as error:
        fail(str(error))
    if as_json:
        result_json(asdict(done))
        return
    result(f"Zurückgespielt: Stand vom {done.manifest.made_at}, {sum(done.manifest.counts.values())} Zeilen.")
    if done.before:
        result(f"Was vorher da war, liegt in {done.before}.")
    for line in done.asked_again:
        result(f"Passwort neu eingeben (Einstellungen): {line}")


def migrate(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Die Datenbank auf den Stand dieser Version bringen, nach einer Sicherung."""
    folder = enter(home)

    from kulanz.base.clock import now
    from kulanz.cli import backups, database

    try:
        applied = database.bring_up_to_date(folder, now=now())
    except backups.NotPossible as error:
        fail(str(error))
    if as_json:
        result_json({"applied": applied})
    else:
        result(f"{len(applied)} Umstellungen ausgeführt." if applied else "Die Datenbank ist auf dem Stand.")


def update(
    home: HomeOption = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Zurück zur vorigen Version und ihrer Sicherung.")
    ] = False,
) -> None:
    """Sichern, neue Version holen, Datenbank umstellen. Danach den Dienst neu starten."""
    folder = enter(home)

    from kulanz.cli import running

    if rollback and running.of(folder):
        fail("Beenden Sie Kulanz zuerst; die Sicherung ersetzt die Datenbank.")
    note = folder / "update.before"
    if rollback:
        _roll_back(folder, note)
    else:
        _step_forward(folder, note)
    again = (
        "Kulanz läuft noch mit der alten Version: Starten Sie den Dienst neu." if running.of(folder) else ""
    )
    result(" ".join(filter(None, ["Fertig.", again])))


def _step_forward(folder: Path, note: Path) -> None:
    from kulanz.base.clock import now
    from kulanz.cli import backups, database

    before = _git("rev-parse", "HEAD")
    if _git("status", "--porcelain", "--untracked-files=no"):
        fail("Im Programmordner sind Dateien geändert; so lässt sich keine neue Version holen.")
    if database.has_data():
        try:
            made = backups.make(folder, now=now(), reason="vor-update")
        except backups.NotPossible as error:
            fail(str(error))
        note.write_text(f"{before}\n{made}\n")
        say(f"Gesichert: {made}")
    _git("pull", "--ff-only", "--quiet")
    if _git("rev-parse", "HEAD") == before:
        say("Es gibt keine neuere Version.")
    # The new version's own launcher: it syncs the environment and knows the new migrations.
    done = subprocess.run([str(ROOT / "kulanz"), "migrate", "--home", str(folder)], cwd=ROOT)
    if done.returncode:
        fail("Die Umstellung ist fehlgeschlagen. Zurück geht es mit: ./kulanz update --rollback")


def _roll_back(folder: Path, note: Path) -> None:
    if not note.exists():
        fail("Es gibt kein Update, das sich zurücknehmen ließe.")
    commit, made = note.read_text().splitlines()[:2]
    _git("reset", "--keep", "--quiet", commit)
    done = subprocess.run([str(ROOT / "kulanz"), "restore", made, "--home", str(folder)], cwd=ROOT)
    if done.returncode:
        fail(f"Die Version ist zurück, die Daten nicht: ./kulanz restore {made}")
    note.unlink()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        fail(f"git {words[0]} ist fehlgeschlagen; es wurde nichts umgestellt.")
    return done.stdout.strip()
