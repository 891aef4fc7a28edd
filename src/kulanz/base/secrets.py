"""Passwords and tokens, encrypted with the installation's key.

The key file holds one key a line, newest first: all of them read, the first one writes (`rotate` adds one). It lies
in the home folder with mode 0600, or where KULANZ_KEY_FILE says, and is never part of a backup.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from kulanz.base.models import Secret

KEY_FILE = "secret.key"
SECRET_CHARS = 10_000


class NoKey(Exception):
    """The key file is not readable or holds no key; the text is German, for people."""


def key_path() -> Path:
    named = os.environ.get("KULANZ_KEY_FILE")
    return Path(named) if named else Path(settings.HOME) / KEY_FILE


@transaction.atomic
def keep(name: str, text: str) -> None:
    """Keep this secret under its name, replacing what was there. Raises NoKey, ValueError over SECRET_CHARS."""
    if len(text) > SECRET_CHARS:
        raise ValueError(f"secret of {len(text)} characters; the limit is {SECRET_CHARS} (SECRET_CHARS)")
    token = _cipher(make=True).encrypt(text.encode())
    Secret.objects.update_or_create(name=name, defaults={"token": token})


def read(name: str) -> str | None:
    """The secret, or None when there is none or the key that wrote it is gone (a restore without its key)."""
    token = Secret.objects.filter(name=name).values_list("token", flat=True).first()
    if token is None:
        return None
    try:
        return _cipher().decrypt(bytes(token)).decode()
    except (InvalidToken, NoKey):
        return None


@transaction.atomic
def forget(name: str) -> None:
    Secret.objects.filter(name=name).delete()


def rotate() -> int:
    """A new key in front, every secret written again with it, the old keys dropped. The number of secrets.

    The file first holds new and old keys, so that a crash in between loses nothing.
    """
    path = key_path()
    old = _keys(path)
    new = Fernet.generate_key()
    _write(path, [new, *old])
    cipher = _cipher()
    with transaction.atomic():
        secrets = list(Secret.objects.select_for_update().all())
        readable = []
        for secret in secrets:
            try:
                secret.token = cipher.rotate(bytes(secret.token))
            except InvalidToken:
                continue
            readable.append(secret)
        Secret.objects.bulk_update(readable, ["token"])
    if len(readable) == len(secrets):
        _write(path, [new])
    return len(readable)


def _cipher(*, make: bool = False) -> MultiFernet:
    path = key_path()
    if make and not path.exists():
        _create(path)
    return MultiFernet([Fernet(key) for key in _keys(path)])


def _keys(path: Path) -> list[bytes]:
    try:
        keys = path.read_bytes().split()
        for key in keys:
            Fernet(key)
    except (OSError, ValueError) as error:
        raise NoKey(f"Die Schlüsseldatei {path} ist nicht lesbar: {error}") from error
    if not keys:
        raise NoKey(f"Die Schlüsseldatei {path} ist leer.")
    return keys


def _create(path: Path) -> None:
    """Link a finished file into place: of two processes that start at once, one wins and both read the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _write(path: Path, keys: list[bytes]) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(b"\n".join(keys) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
