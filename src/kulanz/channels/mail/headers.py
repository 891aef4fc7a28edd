"""Addresses, dates and message ids out of raw header values."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from kulanz.channels.mail.charset import decode, decode_words, one_line
from kulanz.channels.mail.mime import text_of
from kulanz.channels.mail.model import (
    MAX_ADDRESS_CHARS,
    MAX_ADDRESSES,
    MAX_MESSAGE_ID_CHARS,
    MAX_NAME_CHARS,
    MAX_REFERENCES,
    Address,
)

NAME_CUT = f"Ein Name wurde auf {MAX_NAME_CHARS} Zeichen gekürzt (MAX_NAME_CHARS)."
RAW_HEADER = "Kopfzeilen enthalten unkodierte Sonderzeichen; sie wurden als {used} gelesen."
NO_DATE = "Der Mail fehlt das Datum."
BAD_DATE = "Das Datum „{text}“ ist nicht lesbar."
NO_ZONE = "Das Datum „{text}“ ist ohne Zeitzone; es wurde als Weltzeit (UTC) gelesen."

_BYTES_PER_CHAR = 16
"""An encoded character takes at most twelve bytes and its share of the encoded words around it."""

NOBODY = Address("", "")


def text(value: bytes, warnings: list[str], limit: int) -> str:
    """A header as one readable line of at most `limit` characters; raw 8-bit characters are guessed."""
    if not value:
        return ""
    value = value[: limit * _BYTES_PER_CHAR]
    if not value.isascii():
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            _warn(warnings, RAW_HEADER.format(used="Windows-1252"))
    return one_line(decode_words(text_of(value), warnings), limit)


# The usual forms by one pattern: "Name" <a@b>, Name <a@b>, a@b.
_USUAL = re.compile(
    r'\s*(?:"([^"\\<>]{0,300})"|([^"\\<>,;:()@]{0,300}?))\s*<([^<>\s@"]{1,64}@[^<>\s@",;]{1,255})>\s*'
)
_BARE = re.compile(r"\s*([^\s<>\"(),:;@\\]{1,64}@[^\s<>\"(),:;@\\]{1,255})\s*")
_INSIDE = re.compile(r"<([^<>]*)>?")
_AT = re.compile(r"[^\s<>\"(),:;]{1,64}@[^\s<>\"(),:;]{1,255}")
_COMMENT = re.compile(r"\(([^()]*)\)")


def addresses(value: bytes, warnings: list[str]) -> tuple[Address, ...]:
    """All mailboxes of an address header; groups are flattened, what holds no address keeps its name."""
    if not value:
        return ()
    line = text_of(value)
    usual = _USUAL.fullmatch(line) or None
    if usual is not None:
        return (_address(usual[1] if usual[1] is not None else usual[2], usual[3], warnings),)
    bare = _BARE.fullmatch(line)
    if bare is not None:
        return (_address("", bare[1], warnings),)
    found = [_one(piece, warnings) for piece in _pieces(line)[:MAX_ADDRESSES]]
    return tuple(address for address in found if address != NOBODY)


def _address(name: str, email: str, warnings: list[str]) -> Address:
    if not email.isascii():
        email = decode_words(email, warnings)
    if "=?" in name or not name.isascii() or "\\" in name:
        name = decode_words(name, warnings)
    if len(name) > MAX_NAME_CHARS:
        _warn(warnings, NAME_CUT)
    name = one_line(name, MAX_NAME_CHARS).strip("\"' ")
    return Address(name, one_line(email, MAX_ADDRESS_CHARS).lower())


def _pieces(line: str) -> list[str]:
    """An address list cut at its commas, minding quotes, comments, angle brackets and groups."""
    out: list[str] = []
    start = 0
    quoted = angle = False
    depth = 0
    escaped = False
    for pos, char in enumerate(line):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif char in ",;" and not angle:
            out.append(line[start:pos])
            start = pos + 1
        elif char == ":" and not angle and "@" not in line[start:pos]:
            start = pos + 1
    out.append(line[start:])
    return [piece for piece in out if piece.strip()]


def _one(piece: str, warnings: list[str]) -> Address:
    inside = _INSIDE.search(piece)
    if inside is not None and "@" in inside[1]:
        name = piece[: inside.start()]
        email = "".join(_COMMENT.sub("", inside[1]).split()).rpartition(":")[2]
    else:
        found = _AT.search(piece)
        if found is None:
            return _address(_unquoted(_INSIDE.sub(r"\1", piece)), "", warnings)
        email = found[0]
        comment = _COMMENT.search(piece)
        name = comment[1] if comment else piece[: found.start()]
    return _address(_unquoted(name), email, warnings)


def _unquoted(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return name.replace('\\"', '"').replace("\\\\", "\\")


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb",
            "mar mär mrz",
            "apr",
            "may mai",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct okt",
            "nov",
            "dec dez",
        ),
        1,
    )
    for name in names.split()
}
_ZONES = {
    "mez": 1,
    "cet": 1,
    "mesz": 2,
    "cest": 2,
    "met": 1,
    "mest": 2,
    "bst": 1,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
}
_DATE = re.compile(
    r"(?:\w{2,12}\.?,?\s{1,5})?(\d{1,2})\.?[\s-]{1,5}(\w{3})\w{0,6}\.?[\s-]{1,5}(\d{4})\s{1,5}"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d{1,9})?\s{0,5}([+-]\d{4}|[A-Za-z]{1,5})?"
)
_HAS_ZONE = re.compile(r"[+-]\d{2}:?\d{2}\b|\b(?:GMT|UTC?|[ECMP][SD]T|Z)\b")
_EARLIEST_YEAR = 1900
_LATEST_YEAR = 2200


def moment(value: bytes, warnings: list[str]) -> datetime | None:
    """The time of a Date header in UTC; None with a warning when missing or unreadable."""
    if not value:
        _warn(warnings, NO_DATE)
        return None
    line = one_line(decode(value, "", []), 200)
    found = _DATE.match(line)
    if found is not None and found[2].lower() in _MONTHS:
        offset = _offset(found[7] or "")
        when = _made(
            (
                int(found[3]),
                _MONTHS[found[2].lower()],
                int(found[1]),
                int(found[4]),
                int(found[5]),
                int(found[6] or 0),
            ),
            offset or 0,
        )
        if when is not None:
            if offset is None:
                _warn(warnings, NO_ZONE.format(text=line[:60]))
            return when
    try:
        parsed = parsedate_tz(line)
    except (ValueError, IndexError, TypeError, OverflowError):
        parsed = None
    when = _made(parsed[:6], (parsed[9] or 0) // 60) if parsed is not None else None
    if when is None:
        _warn(warnings, BAD_DATE.format(text=line[:60]))
    elif not _HAS_ZONE.search(line):
        _warn(warnings, NO_ZONE.format(text=line[:60]))
    return when


def _offset(zone: str) -> int | None:
    """Minutes east of Greenwich, None when the zone is missing or unknown."""
    if zone[:1] in ("+", "-"):
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        return -minutes if zone[0] == "-" else minutes
    hours = _ZONES.get(zone.lower())
    if hours is not None:
        return hours * 60
    american = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
    found = american.get(zone.lower())
    return None if found is None else found * 60


def _made(fields: tuple[int, ...], minutes: int) -> datetime | None:
    year, month, day, hour, minute, second = fields
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR or abs(minutes) >= 24 * 60:
        return None
    try:
        zone = timezone(timedelta(minutes=minutes))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_ID = re.compile(r"<\s*([^<>\s]+)\s*>")


def message_id(value: bytes) -> str:
    """The id with its angle brackets; a bare one gets them, "" when there is none."""
    if not value:
        return ""
    found = message_ids(value)
    if found:
        return found[0]
    line = one_line(text_of(value), MAX_MESSAGE_ID_CHARS)
    first = line.strip("<> ").split(" ")[0]
    return f"<{first}>" if first else ""


def message_ids(value: bytes) -> tuple[str, ...]:
    """All ids of a References or In-Reply-To header, each once; of too many the last ones, being nearest."""
    if not value:
        return ()
    line = text_of(value)
    found = (one_line(match[1], MAX_MESSAGE_ID_CHARS) for match in _ID.finditer(line))
    return tuple(dict.fromkeys(f"<{token}>" for token in found if token))[-MAX_REFERENCES:]


def _warn(warnings: list[str], text: str) -> None:
    if text not in warnings:
        warnings.append(text)
