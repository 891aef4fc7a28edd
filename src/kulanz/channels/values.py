"""Values as files write them become the columns of facts. Every error names column and value, in German."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from kulanz.base.folding import fold
from kulanz.base.localtime import TimeUnreadable, parse_time
from kulanz.base.money import AmountUnreadable, parse_cents
from kulanz.facts.records import Unreadable

NUMBER_CHARS = 60
"""An order, line, invoice or tracking number. Keys are never cut: a longer one is an error."""
SKU_CHARS = 80
ASIN_CHARS = 20
TITLE_CHARS = 300
STATUS_CHARS = 40
MAIL_CHARS = 254
PHONE_CHARS = 60
POSTCODE_CHARS = 20
CITY_CHARS = 100
REASON_CHARS = 200
VOUCHER_CHARS = 200
MAX_QUANTITY = 1_000_000
_SHOWN = 40
"""Characters of a wrong value that an error shows."""

_TRUE = {"true", "1", "yes", "ja", "j", "y", "wahr"}
_FALSE = {"false", "0", "no", "nein", "n", "falsch"}


@lru_cache(maxsize=8192)
def cents(text: str, column: str) -> int:
    """Cents of `12.50` or `12,50`. Raises Unreadable."""
    try:
        return parse_cents(text)
    except AmountUnreadable as error:
        raise Unreadable(f"Spalte „{column}“: {error}") from None


@lru_cache(maxsize=8192)
def when(text: str, zone: str, column: str) -> datetime:
    """UTC; a time without zone is read in `zone`. Raises Unreadable."""
    try:
        return parse_time(text, zone)[0]
    except TimeUnreadable as error:
        raise Unreadable(f"Spalte „{column}“: {error}") from None


@lru_cache(maxsize=8192)
def whole(text: str, column: str) -> int:
    """A number of pieces; `3`, `3,00` and `1.000,00`. Raises Unreadable, also above MAX_QUANTITY."""
    if text.isdecimal() and len(text) < 7:
        return int(text)
    try:
        hundredths = parse_cents(text) if not text.strip().lstrip("+-").isdecimal() else int(text) * 100
    except (AmountUnreadable, ValueError):
        hundredths = 1
    if hundredths % 100:
        raise Unreadable(f"Spalte „{column}“: „{text[:_SHOWN]}“ ist keine ganze Zahl")
    if abs(hundredths) > MAX_QUANTITY * 100:
        raise Unreadable(f"Spalte „{column}“: „{text[:_SHOWN]}“ liegt über der Grenze von {MAX_QUANTITY}")
    return hundredths // 100


def truth(text: str) -> bool | None:
    """None where the source says neither yes nor no."""
    folded = text.strip().lower()
    return True if folded in _TRUE else False if folded in _FALSE else None


def key(text: str, column: str, limit: int = NUMBER_CHARS) -> str:
    """A value that rows are known by: stripped, never cut. Raises Unreadable when empty or too long."""
    stripped = text.strip()
    if not stripped:
        raise Unreadable(f"Spalte „{column}“ ist leer")
    if len(stripped) > limit:
        raise Unreadable(f"Spalte „{column}“: „{stripped[:_SHOWN]}…“ ist länger als {limit} Zeichen")
    return stripped


def customer_key(name: str, postcode: str) -> str:
    """Key of a customer without mail address: name and postcode, folded."""
    return f"{fold(name)}|{fold(postcode)}"[:MAIL_CHARS]


def decode(body: bytes, charset: str) -> str:
    """The text of a record, without NUL characters (no database of ours keeps them). Raises Unreadable."""
    try:
        text = body.decode(charset)
    except UnicodeDecodeError as error:
        shown = body[error.start : error.end].hex()
        raise Unreadable(
            f"Zeichensatz {charset}: Byte {error.start + 1} (0x{shown}) ist nicht lesbar"
        ) from None
    except LookupError:
        raise Unreadable(f"Zeichensatz „{charset[:_SHOWN]}“ ist unbekannt") from None
    return text.replace("\x00", "") if "\x00" in text else text
