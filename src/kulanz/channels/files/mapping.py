"""Which column of a table means what: found by its name, proposed with a confidence, shown before it is applied."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kulanz.base.folding import fold
from kulanz.channels.files.targets import TARGETS, Target
from kulanz.facts.records import Unreadable

TARGET = "target"
"""Key of an approved mapping's target among its stored columns."""
_SYNONYMS = Path(__file__).with_name("columns.toml")
SURE, LIKELY = 1.0, 0.6
_SHORTEST = 4
"""Letters a name must have to be recognised within another."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One column of the file for one of ours; `confidence` from 0 to 1."""

    column: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ProposedMapping:
    """Nothing is applied before a person has approved it."""

    target: str
    """A key of targets.TARGETS."""
    guesses: Mapping[str, Guess]
    """Our column -> the file's."""
    missing: tuple[str, ...]
    """Columns the target needs that no column of the file was found for."""

    def columns(self) -> dict[str, str]:
        """As ColumnMapping keeps it and Record.columns hands it to the parser."""
        return {TARGET: self.target} | {name: guess.column for name, guess in self.guesses.items()}


class MappingNeeded(ValueError):
    """A table whose columns nobody knows yet; it waits until a person has said what they mean."""

    def __init__(self, header: Sequence[str], proposal: ProposedMapping) -> None:
        self.header = tuple(header)
        self.proposal = proposal
        shown = ", ".join(f"„{name[:40]}“" for name in self.header[:8])
        super().__init__(f"Spaltenzuordnung fehlt. Die Datei hat die Spalten {shown}.")


def folded_name(column: str) -> str:
    """`Externe Bestell-Nr.` and `externe bestellnr` are the same column."""
    return "".join(c for c in fold(column) if c.isalnum())


def header_key(header: Iterable[str]) -> str:
    """The same columns in the same order have the same key: ColumnMapping.header_key."""
    return hashlib.sha256("\n".join(folded_name(name) for name in header).encode()).hexdigest()


@lru_cache(maxsize=1)
def synonyms() -> dict[str, dict[str, frozenset[str]]]:
    """Target -> our column -> folded names it goes by; `*` stands for every target."""
    with _SYNONYMS.open("rb") as file:
        read = tomllib.load(file)
    return {
        target: {column: frozenset(map(folded_name, names)) for column, names in columns.items()}
        for target, columns in read.items()
    }


def names_of(target: Target, column: str) -> frozenset[str]:
    known = synonyms()
    return known.get(target.key, {}).get(column) or known["*"].get(column, frozenset())


def known_columns(header: Sequence[str], target: Target) -> dict[str, str]:
    """Our columns found by an exact known name, first come first served."""
    folded = {folded_name(name): name for name in reversed(header)}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in target.columns:
        for name in folded:
            if name in names_of(target, column) and folded[name] not in taken:
                found[column] = folded[name]
                taken.add(folded[name])
                break
    return found


def propose_mapping(header: Sequence[str], sample_rows: Sequence[Sequence[str]] = ()) -> ProposedMapping:
    """The target that fits best, and which column is which.

    Sure by a known name, likely by a known name within the column's; a column whose sample values do not fit what
    it should hold is not proposed.
    """
    proposals = [_proposal(header, sample_rows, target) for target in TARGETS.values()]
    return max(proposals, key=_fit)


def _fit(proposal: ProposedMapping) -> tuple[int, int, float]:
    sure = sum((guess.confidence for guess in proposal.guesses.values()), 0.0)
    telling = sum(1 for column in proposal.guesses if column in TARGETS[proposal.target].telling)
    return (-len(proposal.missing), telling, sure)


def _proposal(header: Sequence[str], rows: Sequence[Sequence[str]], target: Target) -> ProposedMapping:
    guesses = {ours: Guess(theirs, SURE) for ours, theirs in known_columns(header, target).items()}
    for column in target.columns:
        if column in guesses:
            continue
        taken = {guess.column for guess in guesses.values()}
        for name in header:
            folded = folded_name(name)
            near = any(len(s) >= _SHORTEST and s in folded for s in names_of(target, column))
            if near and name not in taken:
                guesses[column] = Guess(name, LIKELY)
                break
    guesses = {c: g for c, g in guesses.items() if _plausible(target, c, _values(header, rows, g.column))}
    return ProposedMapping(target.key, guesses, target.missing(guesses))


def _values(header: Sequence[str], rows: Sequence[Sequence[str]], column: str) -> list[str]:
    at = list(header).index(column)
    return [row[at] for row in rows if at < len(row) and row[at].strip()]


def _plausible(target: Target, column: str, values: Sequence[str]) -> bool:
    reader = target.columns[column]
    for value in values:
        try:
            reader(value, column)
        except Unreadable:
            return False
    return True
