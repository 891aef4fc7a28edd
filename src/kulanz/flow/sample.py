"""The mark of a sample shop's home folder: it says that this is one, and how to sign in."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MARKER = "demo"
"""File in the home folder: makes it a sample's, whose mails never leave the machine, and keeps the sign-in."""
_WORDS = "Anker Boje Deich Ebbe Flut Hafen Insel Kogge Leine Mole Priel Segel Strand Tau Watt Welle".split()


@dataclass(frozen=True, slots=True)
class Sample:
    """What the marker file says of a sample shop."""

    password: str
    built_at: datetime | None
    """None while it is being made; such a home is made anew."""


def sample_of(home: Path) -> Sample | None:
    """The sample shop of this home, if it is one."""
    try:
        told = json.loads((home / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Sample("", None) if (home / MARKER).exists() else None
    built = told.get("built_at")
    return Sample(told.get("password", ""), datetime.fromisoformat(built) if built else None)


def mark(home: Path, sample: Sample) -> None:
    """Readable for its owner alone: it holds a password, if only of a sample."""
    built = sample.built_at.isoformat() if sample.built_at else None
    fresh = home / f".{MARKER}"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"password": sample.password, "built_at": built}, file)
    fresh.replace(home / MARKER)


def new_password() -> str:
    """Easy to type for whoever tries the sample: 28 bits behind a lockout, on this machine alone."""
    words = [secrets.choice(_WORDS) for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(65536):05d}"])
