"""Which columns a delivery may write over what is there. Pure.

Every column belongs to the newest (source time, received time) that delivered it, whatever order the deliveries
came in, from however many sources. A row that one delivery made needs no more than its own two times; from the
second delivery on, `stamps` names the times of each column delivered since, and under "" those of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Stamp = tuple[str, str]
"""Source time and received time, as sortable text."""
FIRST = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A row as it is. `values` are those of the columns the delivery has, in its order."""

    stamp: Stamp
    stamps: dict[str, list[str]]
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Merged:
    write: tuple[int, ...]
    """Places of the delivered columns whose value changes."""
    stamps: dict[str, list[str]]
    newest: bool
    """The delivery is the newest of this row: its source and times stand in the row for people."""


def merge(old: Standing, columns: Sequence[str], values: Sequence[Any], stamp: Stamp) -> Merged:
    """What changes when a source delivers `values` of `columns`, as of `stamp`.

    A column that is empty and was never delivered on its own takes any value.
    """
    first = old.stamps.get(FIRST)
    base: Stamp = (first[0], first[1]) if first else old.stamp
    stamps = dict(old.stamps)
    write: list[int] = []
    for place, column in enumerate(columns):
        before = old.values[place]
        theirs = stamps.get(column)
        if theirs is not None:
            if stamp < (theirs[0], theirs[1]):
                continue
        elif before not in (None, "") and stamp < base:
            continue
        if before != values[place]:
            write.append(place)
        if stamp != base or before in (None, ""):
            stamps[column] = [*stamp]
    if stamps:
        stamps.setdefault(FIRST, [*base])
    return Merged(tuple(write), stamps, stamp >= old.stamp)
