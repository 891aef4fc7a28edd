"""Mails out of files: .eml, .mbox, Maildir, folders of these. Streams; never holds more than one mail."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kulanz.channels.mail.model import MAX_MAIL_BYTES

MAX_FOLDER_DEPTH = 20
_CHUNK = 1024 * 1024
_MAIL_SUFFIXES = (".eml", ".mbox", ".mbx", ".txt", ".msg")
# mbox: a line "From sender date" after an empty line begins a mail; the date's year or time makes it sure.
_FROM = re.compile(rb"From [^\r\n]{0,400}?(?:\d{1,2}:\d{2}|\b(?:19|20)\d\d)[^\r\n]{0,60}\r?\n?$")
# Some writers forget the empty line. Then only the whole form counts, with a header line after it.
_SURE_FROM = re.compile(
    rb"From \S{1,300}[ \t]+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d{2}[^\r\n]{0,60}\r?\n?$"
)
_HEADER = re.compile(rb"[!-9;-~]{1,80}:")
_ESCAPED_FROM = re.compile(rb">+From ")


def split(path: Path) -> Iterator[tuple[str, bytes]]:
    """Place and bytes of each mail under `path`; raises FileNotFoundError, OSError.

    A mail over MAX_MAIL_BYTES comes with one byte more than the limit, so that `read_mail` refuses it.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    yield from _split(path, path.name, 0)


def _split(path: Path, place: str, depth: int) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        if depth > MAX_FOLDER_DEPTH:
            return
        if (path / "cur").is_dir() or (path / "new").is_dir():
            yield from _maildir(path, place)
            return
        for entry in sorted(path.iterdir()):
            if entry.name.startswith(".") and not (entry / "cur").is_dir():
                continue
            if entry.is_dir() or entry.suffix.lower() in _MAIL_SUFFIXES:
                yield from _split(entry, f"{place}/{entry.name}", depth + 1)
        return
    with path.open("rb") as file:
        if _is_mbox(path, file):
            yield from _mbox(file, place)
        else:
            yield place, file.read(MAX_MAIL_BYTES + 1)


def _maildir(path: Path, place: str) -> Iterator[tuple[str, bytes]]:
    """`new` and `cur`, and the sub-folders of Maildir++ (".Sent"); `tmp` holds mails still being written."""
    for folder in ("new", "cur"):
        if not (path / folder).is_dir():
            continue
        for entry in sorted((path / folder).iterdir()):
            if entry.is_file() and not entry.name.startswith("."):
                with entry.open("rb") as file:
                    yield f"{place}/{folder}/{entry.name}", file.read(MAX_MAIL_BYTES + 1)
    for entry in sorted(path.iterdir()):
        if entry.name not in ("new", "cur", "tmp") and (entry / "cur").is_dir():
            yield from _maildir(entry, f"{place}/{entry.name}")


def _is_mbox(path: Path, file: BinaryIO) -> bool:
    start = file.read(5)
    file.seek(0)
    if path.suffix.lower() == ".eml":
        return False
    return start == b"From " or path.suffix.lower() in (".mbox", ".mbx")


def _mbox(file: BinaryIO, place: str) -> Iterator[tuple[str, bytes]]:
    number = 0
    lines: list[bytes] = []
    size = 0
    after_blank = True
    following = file.readline(_CHUNK)
    while line := following:
        following = file.readline(_CHUNK)
        if line.startswith(b"From ") and (_FROM if after_blank else _SURE_FROM).match(line):
            if not after_blank and not _HEADER.match(following):
                lines.append(line)
                continue
            if _has_text(lines):
                number += 1
                yield f"{place}:Nachricht {number}", _joined(lines)
            lines, size = [], 0
            after_blank = False
            continue
        after_blank = line in (b"\n", b"\r\n")
        size += len(line)
        if size > MAX_MAIL_BYTES + _CHUNK:
            continue
        lines.append(line[1:] if line.startswith(b">") and _ESCAPED_FROM.match(line) else line)
    if _has_text(lines):
        yield f"{place}:Nachricht {number + 1}", _joined(lines)


def _has_text(lines: list[bytes]) -> bool:
    return any(line.strip() for line in lines)


def _joined(lines: list[bytes]) -> bytes:
    """One mail; the empty line before the next "From " belongs to the box (RFC 4155)."""
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    return b"".join(lines)


def is_mail(path: Path) -> bool:
    """Whether `split` would look at this path at all."""
    return path.is_dir() or path.suffix.lower() in _MAIL_SUFFIXES or path.parent.name in ("cur", "new")
