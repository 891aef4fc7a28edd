"""Carriers as shops and ERPs write them; the keys are those of carriers.registry."""

from __future__ import annotations

from kulanz.base.folding import fold

_BEGINNINGS = (
    ("dhl express", "dhl_express"),
    ("deutsche post dhl", "dhl"),
    ("dhl", "dhl"),
    ("deutsche post", "deutschepost"),
    ("hermes", "hermes"),
    ("hlg", "hermes"),
    ("dpd", "dpd"),
    ("gls", "gls"),
    ("ups", "ups"),
    ("fedex", "fedex"),
    ("post at", "post_at"),
    ("osterreichische post", "post_at"),
    ("austrian post", "post_at"),
    ("schweizerische post", "post_ch"),
    ("swiss post", "post_ch"),
    ("amazon", "amazon"),
)
"""Folded beginning of a name -> key; the first that fits."""
OTHER_CHARS = 20


def carrier_key(name: str) -> str:
    """`DHL Paket 5 kg` -> dhl; an unknown name folded and cut to the column; empty stays empty."""
    folded = fold(name.replace("_", " ").replace("-", " ").replace(".", " "))
    return next((key for start, key in _BEGINNINGS if folded.startswith(start)), folded[:OTHER_CHARS].strip())
