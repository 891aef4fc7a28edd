"""Which of our states a DHL event means.

The codes are those of DHL's table of ICE event, RIC and standard event combinations (July 2024); the states are our
reading of it, in codes.csv. `*` stands for any: first the full code is looked up, then the event with any reason,
last the standard event alone, so that a code DHL adds tomorrow is still read.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

ANY = "*"
_FILE = Path(__file__).with_name("codes.csv")


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, str, str], str]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {(row["ice"], row["ric"], row["event"]): row["state"] for row in csv.DictReader(file)}


def state_of(ice: str, ric: str, event: str) -> str:
    """Our state; INFO for an event nobody knows, which changes nothing."""
    known = table()
    for wanted in ((ice, ric, event), (ice, ANY, ANY), (ANY, ANY, event)):
        if found := known.get(wanted):
            return found
    return "INFO"
