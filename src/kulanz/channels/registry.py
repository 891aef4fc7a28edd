"""Every file format and every channel Kulanz knows. To add one, copy a neighbour and name it here.

Formats stand by dotted name: a carrier's belongs to the carriers' room, which channels never import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import cast

from kulanz.channels.contract import FileFormat

FORMATS: tuple[str, ...] = (
    "kulanz.channels.amazon.orders.ALL_ORDERS_REPORT",
    "kulanz.channels.amazon.orders.UNSHIPPED_REPORT",
    "kulanz.carriers.dhl.tracking.TRACKING",
    "kulanz.channels.woocommerce.orders.ORDERS",
    "kulanz.channels.wawi.exports.STAGES",
    "kulanz.channels.wawi.exports.STOCK",
    "kulanz.channels.wawi.exports.PRODUCTS",
    "kulanz.channels.wawi.exports.INVOICES",
    "kulanz.channels.wawi.exports.REFUNDS",
    "kulanz.channels.wawi.exports.RETURNS",
    "kulanz.channels.files.format.UNKNOWN",
)
"""In the order they are asked; those that know their columns for sure come first, the table nobody knows last."""
_MAPPED = "kulanz.channels.files.format.MAPPED"
"""Tables by target, read with the columns a person approved; they recognise nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel can do and what it asks of us. Deadlines and thresholds are dated rules, not here."""

    title: str
    letter: str
    """One letter for the queue's mark."""
    is_platform: bool = True
    """A marketplace, with a clock of its own for answers."""
    clock: str = ""
    """Name of the platform's answer clock among channels.rules; empty: only the house's own clock runs."""
    replies_by_mail: bool = True
    """Buyers are answered by SMTP through the channel's or the shop's own address."""
    number_in_reply: bool = False
    """A reply must name the order number."""
    links_allowed: bool = True
    """Links beyond tracking and what the order needs."""
    marketing_allowed: bool = False
    html_allowed: bool = True
    is_erp: bool = False
    """Speaks of the other channels' orders; has no customers of its own."""


CHANNELS: Mapping[str, Channel] = {
    "amazon": Channel(
        "Amazon", "A", clock="amazon", number_in_reply=True, links_allowed=False, html_allowed=False
    ),
    "otto": Channel("OTTO", "O", clock="otto", number_in_reply=True, links_allowed=False),
    "ebay": Channel("eBay", "E", clock="ebay", links_allowed=False),
    "kaufland": Channel("Kaufland", "K", clock="kaufland", replies_by_mail=False, links_allowed=False),
    "shop": Channel("Eigener Shop", "S", is_platform=False, marketing_allowed=True),
    "wawi": Channel("Warenwirtschaft", "W", is_platform=False, replies_by_mail=False, is_erp=True),
}


@lru_cache(maxsize=1)
def formats() -> tuple[FileFormat, ...]:
    return tuple(cast(FileFormat, _named(name)) for name in FORMATS)


def _named(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return cast(object, getattr(import_module(module), attribute))


@lru_cache(maxsize=1)
def _by_source() -> dict[str, FileFormat]:
    mapped = cast(Mapping[str, FileFormat], _named(_MAPPED)).values()
    return {found.source: found for found in (*formats(), *mapped)}


def recognise(name: str, start: bytes) -> FileFormat | None:
    """The format of a file of this name with these first 64 KB; None when nobody knows it."""
    return next((found for found in formats() if found.recognises(name, start)), None)


def by_source(source: str) -> FileFormat:
    """The format that made a raw record. Raises KeyError for a source nobody reads (mail is not here)."""
    return _by_source()[source]
