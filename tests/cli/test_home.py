"""Where a command keeps its data, and how it prints."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.processes import ROOT, environment
from kulanz.cli.home import settings_of, usual
from kulanz.cli.testing import allowed


def kulanz(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kulanz.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**env), capture_output=True, text=True, timeout=60
    )


def test_the_usual_home_follows_the_desktop_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert usual() == tmp_path / "kulanz"
    assert usual("kulanz-demo") == tmp_path / "kulanz-demo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert usual() == tmp_path / ".local/share/kulanz"


def test_a_home_brings_its_own_settings(home: Path) -> None:
    assert settings_of(home) == {}
    (home / "kulanz.env").write_text(
        "# Datenbank\nKULANZ_DATABASE=postgresql://kulanz:a=b@db/kulanz\n KULANZ_HTTPS = '1' \nPATH=/evil\nnonsense\n"
    )
    assert settings_of(home) == {
        "KULANZ_DATABASE": "postgresql://kulanz:a=b@db/kulanz",
        "KULANZ_HTTPS": "1",
    }


def test_a_new_home_is_private_and_json_is_all_that_is_printed(tmp_path: Path) -> None:
    home = tmp_path / "new/home"
    done = kulanz("migrate", "--home", str(home), "--json")
    assert (done.returncode, json.loads(done.stdout)["applied"][-1].split(".")[0] != "") == (0, True)
    assert home.stat().st_mode & 0o777 == 0o700
    again = kulanz("migrate", "--json", KULANZ_HOME=str(home))
    assert (again.returncode, json.loads(again.stdout)) == (0, {"applied": []})


def test_wrong_use_is_told_from_failure(home: Path) -> None:
    assert kulanz("doctor", "--hom", str(home)).returncode == 2
    assert kulanz("nonsense").returncode == 2
    nothing = kulanz("backup", "--home", str(home))
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (
        1,
        "",
        f"In {home} liegen noch keine Daten.\n",
    )


@pytest.mark.slow
def test_an_owner_signs_in_with_the_password_shown_once(home: Path) -> None:
    made = kulanz("owner", "miriam", "--name", "Miriam von Köster", "--home", str(home))
    password = made.stdout.split("Passwort ")[1].split(" ")[0]
    script = (
        "import django; django.setup()\n"
        "from kulanz.people.models import User\n"
        f"user = User.objects.get(username='miriam'); ok = user.check_password('{password}')\n"
        "print(user.role, user.first_name, user.last_name, ok, sep='|')"
    )
    env = environment(KULANZ_HOME=str(home), DJANGO_SETTINGS_MODULE="kulanz.settings")
    read = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert read.stdout == "owner|Miriam von|Köster|True\n"
    again = kulanz("owner", "MIRIAM", "--home", str(home))
    assert (again.returncode, password in again.stdout) == (0, False)


def test_allowed_skips_are_lines_without_remarks() -> None:
    assert allowed("# Grund\n\nChromium fehlt\n  Dovecot fehlt \n") == {"Chromium fehlt", "Dovecot fehlt"}
