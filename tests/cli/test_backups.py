"""Back up and restore, a real round trip on the database of this run; what is left out, and what is refused."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

import factories
from factories import NOW
from kulanz.audit import seal
from kulanz.audit.models import AuditEntry
from kulanz.audit.record import record
from kulanz.base import blobs, secrets
from kulanz.base.models import Blob, Secret
from kulanz.cases.models import Case
from kulanz.channels.models import Mailbox
from kulanz.cli import backups, restoring
from kulanz.cli.backups import NotPossible
from kulanz.facts.models import Account

pytestmark = pytest.mark.django_db(transaction=True)
BODY = bytes(range(256)) * 9000


def fill(home: Path) -> None:
    """A little of everything: a case, a large body, a sealed audit entry, a mailbox with a password, a picture."""
    account = factories.account("shop")
    factories.case(account, title="Größe passt nicht", messages=3)
    blobs.keep(BODY)
    record(who="miriam", what="closed", kind="case", object_id=1, now=NOW, after={"state": "closed"})
    seal.seal(NOW)
    secrets.keep("mailbox-1", "geheim")
    Mailbox.objects.create(account=account, host="mail.example", username="service", secret_name="mailbox-1")
    (home / "bilder").mkdir()
    (home / "bilder/becher.svg").write_text("<svg/>")


def test_a_round_trip_brings_everything_back(home: Path) -> None:
    fill(home)
    chain = seal.head()
    made = backups.make(home, now=NOW)
    assert made == home / "backups/kulanz-20261127T120700Z.zip"
    assert made.stat().st_mode & 0o777 == 0o600
    rows = backups.counts()
    Case.objects.update(title="überschrieben")
    Blob.objects.all().delete()
    factories.case()
    (home / "bilder/becher.svg").unlink()

    done = restoring.restore(made, home, now=NOW + timedelta(hours=1))

    assert [case.title for case in Case.objects.all()] == ["Größe passt nicht"]
    assert blobs.read(Blob.objects.get().pk) == BODY
    assert (home / "bilder/becher.svg").read_text() == "<svg/>"
    assert (done.migrated, done.asked_again, done.pictures) == ([], [], 1)
    assert secrets.read("mailbox-1") == "geheim"  # the key is still here, and so is the password
    assert backups.counts() == rows | {"kulanz_auditentry": rows["kulanz_auditentry"] + 1}
    assert AuditEntry.objects.order_by("-id").values_list("verb", "why").first() == (
        "restored",
        "kulanz-20261127T120700Z.zip vom 2026-11-27T12:07:00+00:00",
    )
    assert seal.verify(*chain).holds
    assert done.before == home / "backups/kulanz-20261127T130700Z-vor-rueckspielung.zip"
    assert backups.read_manifest(done.before).counts["kulanz_case"] == 2


def test_no_secret_leaves_with_a_backup(home: Path) -> None:
    fill(home)
    token = bytes(Secret.objects.get().token)
    made = backups.make(home, now=NOW)
    with zipfile.ZipFile(made) as archive:
        assert sorted(archive.namelist()) == ["bilder/becher.svg", "database", "manifest.json"]
        assert token not in archive.read("database")
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["secrets"] == ["mailbox-1"]
    assert (manifest["engine"], manifest["made_at"]) == (connection.vendor, "2026-11-27T12:07:00+00:00")
    assert (manifest["audit_number"], manifest["audit_digest"]) == seal.head()
    assert Secret.objects.count() == 1


def test_without_the_key_passwords_are_asked_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home)
    made = backups.make(home, now=NOW)
    monkeypatch.setenv("KULANZ_KEY_FILE", str(home / "another.key"))
    done = restoring.restore(made, home, now=NOW)
    assert done.asked_again == ["Postfach service auf mail.example"]
    assert Secret.objects.count() == 0


def test_the_newest_ten_are_kept(home: Path) -> None:
    factories.account()
    made = [backups.make(home, now=NOW + timedelta(minutes=minute)) for minute in range(12)]
    assert backups.kept(home) == made[:1:-1]


def test_another_place_may_be_a_folder_or_a_file_and_is_never_cleared(home: Path, tmp_path: Path) -> None:
    factories.account()
    other = tmp_path / "platte"
    other.mkdir()
    assert backups.make(home, now=NOW, to=other) == other / "kulanz-20261127T120700Z.zip"
    assert backups.make(home, now=NOW, to=other / "heute.zip") == other / "heute.zip"
    assert sorted(path.name for path in other.iterdir()) == ["heute.zip", "kulanz-20261127T120700Z.zip"]
    assert backups.kept(home) == []


def rewrite(path: Path, **changes: object) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "oracle"}, "Die Sicherung stammt aus oracle"),
        ({"format": 2}, "Diese Sicherung hat Format 2, diese Version kennt 1."),
        ({"sha256": "0" * 64}, "ist beschädigt: Die Prüfsumme der Datenbank stimmt nicht."),
        ({"more": 1}, "ist keine Sicherung von Kulanz"),
    ],
)
def test_a_backup_that_does_not_fit_changes_nothing(
    home: Path, changes: dict[str, object], words: str
) -> None:
    factories.account("vorher")
    made = backups.make(home, now=NOW)
    rewrite(made, **changes)
    factories.account("nachher")
    with pytest.raises(NotPossible) as refused:
        restoring.restore(made, home, now=NOW)
    assert words in str(refused.value)
    assert sorted(Account.objects.values_list("name", flat=True)) == ["nachher", "vorher"]
    assert len(backups.kept(home)) == 1


def test_what_is_no_backup_is_told(home: Path) -> None:
    with pytest.raises(NotPossible, match=r"Die Datei .*nichts\.zip gibt es nicht\."):
        restoring.restore(home / "nichts.zip", home, now=NOW)
    (home / "text.zip").write_text("Hallo")
    with pytest.raises(NotPossible, match=r"text\.zip ist keine Sicherung von Kulanz"):
        restoring.restore(home / "text.zip", home, now=NOW)


def test_a_picture_cannot_leave_its_folder(home: Path) -> None:
    factories.account()
    made = backups.make(home, now=NOW)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("bilder/../../weg.svg", "böse")
        archive.writestr("bilder/gut.svg", "gut")
    assert backups.restore_pictures(made, home) == 1
    assert sorted(path.name for path in home.parent.rglob("*.svg")) == ["gut.svg"]


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossible) as refused:
        backups.postgres_call("pg_dump")
    assert str(refused.value) == (
        "Dem Rechner fehlt pg_dump. Unter Debian und Ubuntu: sudo apt install postgresql-client"
    )
