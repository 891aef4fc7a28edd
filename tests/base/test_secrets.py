"""Secrets: unreadable without the key, the same for every process, readable after a rotation."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from kulanz.base import secrets
from kulanz.base.models import Secret

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "geheim" / "secret.key"
    monkeypatch.setenv("KULANZ_KEY_FILE", str(path))
    return path


def test_kept_encrypted_and_read_again(key_file: Path) -> None:
    secrets.keep("mailbox-1", "päßwort")
    secrets.keep("mailbox-1", "neues päßwort")
    assert secrets.read("mailbox-1") == "neues päßwort"
    assert secrets.read("mailbox-2") is None
    assert b"wort" not in bytes(Secret.objects.get().token)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_reading_makes_no_key(key_file: Path) -> None:
    assert secrets.read("mailbox-1") is None
    assert not key_file.exists()


def test_without_its_key_a_restored_secret_is_asked_for_again(key_file: Path) -> None:
    secrets.keep("mailbox-1", "alt")
    key_file.write_bytes(Fernet.generate_key())
    assert secrets.read("mailbox-1") is None
    key_file.unlink()
    assert secrets.read("mailbox-1") is None
    secrets.keep("mailbox-1", "neu")
    assert secrets.read("mailbox-1") == "neu"


def test_rotation_writes_everything_anew_and_drops_the_old_key(key_file: Path) -> None:
    secrets.keep("mailbox-1", "eins")
    secrets.keep("mailbox-2", "zwei")
    old_key, old_token = key_file.read_bytes(), bytes(Secret.objects.get(name="mailbox-1").token)
    assert secrets.rotate() == 2
    assert [secrets.read("mailbox-1"), secrets.read("mailbox-2")] == ["eins", "zwei"]
    assert len(key_file.read_bytes().split()) == 1
    assert key_file.read_bytes() != old_key
    assert bytes(Secret.objects.get(name="mailbox-1").token) != old_token


def test_a_broken_key_file_is_named(key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_text("kein Schlüssel\n")
    with pytest.raises(secrets.NoKey, match=r"secret\.key ist nicht lesbar"):
        secrets.keep("mailbox-1", "x")


def test_a_secret_over_the_limit_names_the_limit() -> None:
    with pytest.raises(ValueError, match="SECRET_CHARS"):
        secrets.keep("mailbox-1", "x" * 10_001)


def test_forgotten_is_gone() -> None:
    secrets.keep("mailbox-1", "eins")
    secrets.forget("mailbox-1")
    assert Secret.objects.count() == 0
