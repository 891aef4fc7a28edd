"""Tables as programs export them: delimiter, rows with quoted line ends, fields of a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kulanz.base.limits import RECORD_BYTES
from kulanz.channels.contract import Part
from kulanz.channels.textfile import TOO_LONG, Shape, blocks_of_lines
from kulanz.facts.records import Unreadable

DELIMITERS = (";", "\t", ",", "|")
ROW_LINES = 200
"""Lines one row may span; a quotation mark that is open for longer is a fault of its first line alone."""
_QUOTE = b'"'


def delimiter_of(header: str) -> str:
    """The character that separates most columns, outside quotation marks; empty when there is but one column."""
    outside = "".join(header.split('"')[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ""


def fields(text: str, delimiter: str) -> list[str]:
    """The fields of one row, stripped. Raises Unreadable when its quotation marks do not match."""
    if '"' not in text:
        return [field.strip() for field in text.split(delimiter)]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error:
        raise Unreadable("Die Anführungszeichen dieser Zeile passen nicht zusammen.") from None
    if len(rows) != 1:
        raise Unreadable(f"Aus einer Zeile wurden {len(rows)}: Die Anführungszeichen passen nicht zusammen.")
    return [field.strip() for field in rows[0]]


@dataclass(frozen=True, slots=True)
class _Line:
    body: bytes
    number: int
    ended: bool
    too_long: bool


def rows_of(path: Path, shape: Shape, *, delimiter: str, width: int) -> Iterator[Part]:
    """Each row after the header, byte for byte without its line end."""
    lines = _lines(path, shape)
    header = next((line for line in lines if line.body.strip()), None)
    pushed_back: list[_Line] = []
    mark = delimiter.encode()
    while header and (line := pushed_back.pop() if pushed_back else next(lines, None)):
        if not line.body or line.body.isspace() or line.body == header.body:
            continue
        taken = [line]
        if _QUOTE in line.body and _is_open(line.body, mark):
            taken, closed = _continued(line, lines, pushed_back, mark)
            if not closed:
                pushed_back.extend(reversed(taken[1:]))
                why = f"Zeile {line.number}: Ein Anführungszeichen wird nicht geschlossen."
                yield Part(f"Zeile {line.number}", line.body[:RECORD_BYTES], line.number, error=why)
                continue
        yield _part(taken, mark, width)


def _part(taken: list[_Line], mark: bytes, width: int) -> Part:
    first, last = taken[0], taken[-1]
    body = b"\n".join(line.body for line in taken).removesuffix(b"\r")
    error = ""
    if len(body) > RECORD_BYTES or last.too_long:
        body, error = body[:RECORD_BYTES], f"Zeile {first.number}: {TOO_LONG}"
    elif not last.ended and _QUOTE not in body and body.count(mark) + 1 < width:
        error = f"Zeile {last.number}: Die Datei bricht mitten in der Zeile ab."
    return Part(f"Zeile {first.number}", body, first.number, error=error)


def _lines(path: Path, shape: Shape) -> Iterator[_Line]:
    for block in blocks_of_lines(path, shape):
        last = len(block.lines) - 1
        for at, body in enumerate(block.lines):
            yield _Line(body, block.line + at, block.ended or at < last, block.too_long and at == last)


def _continued(
    first: _Line, lines: Iterator[_Line], pushed_back: list[_Line], mark: bytes
) -> tuple[list[_Line], bool]:
    """The lines of a row whose quoted field holds line ends, and whether it was closed at all."""
    taken = [first]
    open_now = True
    while open_now and len(taken) < ROW_LINES:
        line = pushed_back.pop() if pushed_back else next(lines, None)
        if line is None:
            break
        taken.append(line)
        open_now = _is_open(line.body, mark, inside=True)
    return taken, not open_now


def _is_open(body: bytes, mark: bytes, *, inside: bool = False) -> bool:
    """Whether a quoted field is still open at the end. A mark opens only at the start of a field: 27" is data."""
    for piece in body.split(mark):
        stripped = piece.strip(b" ")
        if not inside:
            if not stripped.startswith(_QUOTE):
                continue
            stripped = stripped[1:]
            inside = True
        if stripped.replace(b"\r", b"").replace(b'""', b"").endswith(_QUOTE):
            inside = False
    return inside
