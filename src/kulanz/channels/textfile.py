"""Text files as systems drop them: which character set, where the first line ends, blocks of whole lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kulanz.base.limits import FILE_BYTES, RECORD_BYTES
from kulanz.facts.records import Unreadable

BLOCK_BYTES = 8 * 1024 * 1024
"""Cut at once; records that belong together are found within one block."""
_SCAN_BYTES = 1024 * 1024
_MOSTLY = 10
"""A file is UTF-8 with faults if so many of its non-ASCII characters are sound for each that is not."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TOO_LONG = f"Der Datensatz ist länger als {RECORD_BYTES // 1024} KB (Grenze RECORD_BYTES)."


@dataclass(frozen=True, slots=True)
class Shape:
    """`start` is where the text begins after a byte order mark."""

    charset: str
    start: int


def shape_of(path: Path) -> Shape:
    """Character set of a file: UTF-8 by mark or by being valid, else Windows-1252.

    Raises Unreadable for an empty file, UTF-16, and a file above FILE_BYTES.
    """
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("Die Datei ist leer.")
    if size > FILE_BYTES:
        raise Unreadable(f"Die Datei ist größer als {FILE_BYTES // 1024**2} MB (Grenze FILE_BYTES).")
    with path.open("rb") as file:
        start = file.read(3)
    if start.startswith(_UTF16):
        raise Unreadable("Die Datei ist in UTF-16 geschrieben. Bitte als UTF-8 speichern.")
    if start == codecs.BOM_UTF8:
        return Shape("utf-8", 3)
    return Shape("utf-8" if _is_utf8(path) else "cp1252", 0)


def charset_of(start: bytes) -> str:
    """A guess from the first bytes alone, for recognising a file."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _is_utf8(path: Path) -> bool:
    strict = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            strict.decode(block)
        strict.decode(b"", final=True)
    except UnicodeDecodeError:
        return _is_mostly_utf8(path)
    return True


def _is_mostly_utf8(path: Path) -> bool:
    """One torn character must not turn every umlaut of the file into rubbish."""
    lenient = codecs.getincrementaldecoder("utf-8")(errors="replace")
    sound = torn = 0
    for block in _blocks(path):
        text = lenient.decode(block)
        marks = text.count("\ufffd")
        torn += marks
        sound += sum(1 for character in text if character > "\x7f") - marks
    return sound > _MOSTLY * torn


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_SCAN_BYTES):
            yield block


def first_line(path: Path, shape: Shape) -> bytes:
    """The first line that is not blank, without its end. Raises Unreadable when there is none or it is too long."""
    with path.open("rb") as file:
        file.seek(shape.start)
        while line := file.readline(RECORD_BYTES + 1):
            if len(line) > RECORD_BYTES:
                raise Unreadable(f"Die Kopfzeile ist zu lang. {TOO_LONG}")
            if line.strip():
                return line.rstrip(b"\r\n")
    raise Unreadable("Die Datei enthält nur Leerzeilen.")


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file. `line` is the number of the first, from 1."""

    lines: list[bytes]
    line: int
    ended: bool
    """Whether the last line has its line end; only the last line of a file may lack it."""
    too_long: bool = False
    """The last line goes on beyond RECORD_BYTES; what follows of it was skipped."""


def blocks_of_lines(path: Path, shape: Shape) -> Iterator[Block]:
    """The file in blocks of whole lines, without their newline."""
    line = 1
    with path.open("rb") as file:
        file.seek(shape.start)
        while block := file.read(BLOCK_BYTES):
            too_long = False
            if not block.endswith(b"\n"):
                block += file.readline(RECORD_BYTES)
                rest = b"" if block.endswith(b"\n") else file.readline(RECORD_BYTES)
                while rest:
                    too_long = True
                    rest = b"" if rest.endswith(b"\n") else file.readline(RECORD_BYTES)
            lines = block.split(b"\n")
            ended = not lines[-1] or too_long
            if not lines[-1]:
                lines.pop()
            yield Block(lines, line, ended, too_long)
            line += len(lines)
