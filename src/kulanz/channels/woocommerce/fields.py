"""Values of a WooCommerce body, whose types a shop's plugins do not always keep."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from kulanz.base.money import MAX_CENTS
from kulanz.channels.values import cents, when
from kulanz.facts.records import Unreadable

_PLAIN = re.compile(r"-?\d{1,12}(?:\.\d{1,12})?")
_EPOCH = re.compile(r"\d{9,10}")


def mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}


def objects(said: Any) -> list[Mapping[str, Any]]:
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def text(said: Mapping[str, Any], field: str, limit: int) -> str:
    """Stripped, entities resolved, without NUL and lone surrogates (no database keeps them), cut to the column."""
    value = said.get(field)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    plain = html.unescape(value) if isinstance(value, str) and "&" in value else str(value)
    if "\x00" in plain or not plain.isascii():
        plain = plain.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return plain.strip()[:limit]


def money(said: Mapping[str, Any], field: str) -> int | None:
    """Cents; None where the field is missing or empty. Parts of a cent, as taxes have them, are rounded half up.

    Raises Unreadable for what is no amount.
    """
    value = said.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable(f"Feld „{field}“: Betrag „{str(value)[:40]}“ ist nicht lesbar")
    plain = str(value).strip()
    if isinstance(value, str) and not _PLAIN.fullmatch(plain):
        return cents(value, field)
    try:
        exact = Decimal(plain) * 100
        amount = int(exact.quantize(Decimal(1), ROUND_HALF_UP)) if exact.is_finite() else MAX_CENTS + 1
    except InvalidOperation:
        amount = MAX_CENTS + 1
    if abs(amount) > MAX_CENTS:
        raise Unreadable(f"Feld „{field}“: Betrag „{plain[:40]}“ liegt über der Grenze von 10 Milliarden")
    return amount


def sum_of(said: Mapping[str, Any], *fields: str) -> int | None:
    """Net and tax together; None where the first is missing."""
    amounts = [money(said, field) for field in fields]
    return None if amounts[0] is None else sum(amount or 0 for amount in amounts)


def time(said: Mapping[str, Any], field: str, zone: str) -> datetime | None:
    """UTC of `date_x_gmt`, else of `date_x` in the shop's zone; None where neither is given."""
    for name, read_in in ((f"{field}_gmt", "UTC"), (field, zone)):
        value = said.get(name)
        if isinstance(value, str) and value.strip():
            return when(value, read_in, name)
        if value not in (None, "", False):
            raise Unreadable(f"Feld „{name}“: Zeit „{str(value)[:40]}“ ist nicht lesbar")
    return None


def plugin_time(value: Any, zone: str) -> datetime | None:
    """A plugin's day of dispatch: seconds since 1970 or a day; what is neither is not known."""
    shown = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if _EPOCH.fullmatch(shown):
        return datetime.fromtimestamp(int(shown), UTC)
    try:
        return when(shown, zone, "date_shipped") if shown else None
    except Unreadable:
        return None


def pieces(said: Mapping[str, Any], field: str) -> int:
    value = said.get(field, 1)
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1_000_000:
        raise Unreadable(f"Feld „{field}“: „{str(value)[:40]}“ ist keine Menge")
    return round(value)
