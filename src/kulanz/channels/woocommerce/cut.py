"""Cut a WooCommerce body into its objects, each byte for byte, wherever the body keeps its list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kulanz.base.limits import RECORD_BYTES
from kulanz.channels.contract import Part
from kulanz.channels.textfile import TOO_LONG
from kulanz.facts.records import Unreadable

BODY_BYTES = 64 * 1024 * 1024
"""One JSON file; a page of 100 orders is far below 1 MB."""
LISTS = ("orders", "create", "update", "delete", "data", "body")
"""Keys under which a wrapped body keeps its orders; the batch answers have three of them."""
_SPACE = re.compile(r"[ \t\r\n]*")
_BROKEN = (ValueError, RecursionError)
"""JSONDecodeError is a ValueError; so is a number of more digits than Python reads."""


def _no_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def text_of(path: Path) -> str:
    """The body. Raises Unreadable when it is too large, empty or not UTF-8."""
    if path.stat().st_size > BODY_BYTES:
        raise Unreadable(f"Die Datei ist größer als {BODY_BYTES >> 20} MB (Grenze BODY_BYTES).")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"JSON muss in UTF-8 geschrieben sein; Byte {error.start + 1} ist es nicht."
        ) from None
    if not text.strip():
        raise Unreadable("Die Datei ist leer.")
    return text


def load(text: str) -> Any:
    """The value of a record. Raises Unreadable."""
    try:
        return _DECODER.decode(text)
    except _BROKEN:
        raise Unreadable("Das ist kein lesbares JSON.") from None


@dataclass(slots=True)
class _Cursor:
    """Where reading is, and how many line ends lie before it."""

    text: str
    at: int = 0
    counted: int = 0
    line: int = 1

    def skip(self) -> str:
        """Pass white space; the next character, empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def take(self) -> tuple[Any, str, int]:
        """The next value, its text and its line. Raises ValueError or RecursionError when it is broken."""
        self.skip()
        self.line += self.text.count("\n", self.counted, self.at)
        start = self.counted = self.at
        value, self.at = _DECODER.raw_decode(self.text, start)
        return value, self.text[start : self.at], self.line

    def expect(self, signs: str) -> str:
        sign = self.skip()
        if not sign or sign not in signs:
            raise ValueError(f"expected one of {signs}")
        self.at += 1
        return sign


def objects_of(text: str) -> Iterator[Part]:
    """One part for each order; where the text breaks off, a part with the error after those that are whole."""
    cursor = _Cursor(text)
    try:
        sign = cursor.skip()
        if sign == "[":
            yield from _elements(cursor)
        elif sign == "{" and _is_wrapped(text):
            yield from _wrapped(cursor)
        else:
            yield _part(*cursor.take())
        if cursor.skip():
            raise ValueError("extra data")
    except _BROKEN:
        line = cursor.line + text.count("\n", cursor.counted, cursor.at)
        rest = text[cursor.at :].encode("utf-8", "surrogatepass")[:RECORD_BYTES]
        why = f"Zeile {line}: Ab hier ist das JSON nicht lesbar; vielleicht bricht die Datei ab."
        yield Part(f"Zeile {line}", rest, line, error=why)


def _is_wrapped(text: str) -> bool:
    """Whether the first key of an object is one that keeps a list; an order's own first key is its id."""
    found = re.match(r'\s*\{\s*"(\w+)"\s*:\s*([\[{])', text)
    return bool(found and found.group(1) in LISTS)


def _wrapped(cursor: _Cursor) -> Iterator[Part]:
    cursor.expect("{")
    sign = ","
    while sign == ",":
        name, _, _ = cursor.take()
        cursor.expect(":")
        if name in LISTS and cursor.skip() == "[":
            yield from _elements(cursor)
        else:
            value, text, line = cursor.take()
            if name in LISTS and isinstance(value, dict):
                yield _part(value, text, line)
        sign = cursor.expect(",}")


def _elements(cursor: _Cursor) -> Iterator[Part]:
    cursor.expect("[")
    if cursor.skip() == "]":
        cursor.at += 1
        return
    sign = ","
    while sign == ",":
        yield _part(*cursor.take())
        sign = cursor.expect(",]")


def _part(value: Any, text: str, line: int) -> Part:
    named = (value.get("number") or value.get("id")) if isinstance(value, dict) else None
    body = text.encode("utf-8", "surrogatepass")
    key = str(named)[:60] if isinstance(named, (str, int)) else f"Zeile {line}"
    if len(body) > RECORD_BYTES:
        return Part(key, body[:RECORD_BYTES], line, error=f"Zeile {line}: {TOO_LONG}")
    return Part(key, body, line)
