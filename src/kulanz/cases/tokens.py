"""Text to search tokens, and what somebody types to a query of them. Pure, and the same for every database.

A token matches whatever begins with what is typed. Names, titles and numbers also leave their endings (`muhle` of
`kaffeemuhle`, the last digits of a number), so a part of them is found wherever it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kulanz.base.folding import fold

TOKEN_CHARS = 40
MAX_TOKENS = 5_000
"""Different tokens of one case; PostgreSQL holds 1 MB of them. Beyond it the newest words are not found."""
ENDING_CHARS = 3
NUMBER_ENDING_CHARS = 4
NUMBER_CHARS = 40
QUERY_CHARS = 200
QUERY_WORDS = 12
_JOIN_LETTERS = 6
"""A typed line with at most so many letters and at least _JOIN_DIGITS digits may be one number with blanks in it."""
_JOIN_DIGITS = 5

_WORD = re.compile(r"[^\W_]+")
_HYPHENATED = re.compile(r"[^\W_]+(?:[-/][^\W_]+)+")
_CASE_NUMBER = re.compile(r"\s*(?:Fall|#)?[ #:]*(\d{1,12})\s*", re.IGNORECASE)

Term = tuple[str, ...]
"""Tokens that all must be there."""
Way = tuple[tuple[Term, ...], ...]
"""Groups that all must match; each by any of its terms, the number in one piece first."""


@dataclass(frozen=True, slots=True)
class Query:
    """What matches any of its ways; with `case_number` when it is nothing but a number."""

    ways: tuple[Way, ...]
    case_number: int | None = None

    @property
    def as_numbers(self) -> Query | None:
        """Only the reading in which digits with dashes or blanks between them are one number; None without such."""
        whole = tuple(tuple(group[:1] for group in way) for way in self.ways)
        return Query(whole, self.case_number) if whole != self.ways else None


def words(text: str) -> set[str]:
    """The words of a text; those with a hyphen in one piece as well."""
    found: set[str] = set()
    for word in _split(text):
        found |= _folded(word)
    if "-" in text or "/" in text:
        found.update("".join(_tokens(joined)) for joined in _HYPHENATED.findall(text))
    return {word[:TOKEN_CHARS] for word in found}


def _split(text: str) -> set[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return set(_WORD.findall(text.lower()))


@lru_cache(maxsize=50_000)
def _folded(word: str) -> frozenset[str]:
    """A word as compared; very few letters fold to several words."""
    return frozenset(_WORD.findall(fold(word)))


def _tokens(text: str) -> list[str]:
    """The tokens of a text in their order, as `words` makes them."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return [token for word in _WORD.findall(text.lower()) for token in _WORD.findall(fold(word))]


def names(text: str) -> set[str]:
    """Words of a name, subject or title, with their endings."""
    found: set[str] = set()
    for word in words(text):
        found.update(word[at:] for at in range(max(1, len(word) - ENDING_CHARS + 1)))
    return found


def number(text: str) -> set[str]:
    """A number with its endings, letters and digits alone."""
    folded = "".join(_tokens(text))[:NUMBER_CHARS]
    if not folded:
        return set()
    return {folded[at:] for at in range(max(1, len(folded) - NUMBER_ENDING_CHARS + 1))}


def numbers(texts: Iterable[str]) -> set[str]:
    """All of them."""
    return set().union(*(number(text) for text in texts if text)) if texts else set()


def parse(text: str) -> Query:
    """What somebody typed. All words must match; digits with blanks or dashes between them may be one number."""
    text = text[:QUERY_CHARS]
    chunks = [parts for chunk in text.split() if (parts := _tokens(chunk))][:QUERY_WORDS]
    groups: list[tuple[Term, ...]] = []
    run: list[str] = []
    pieces = 0
    for parts in [*chunks, []]:
        if parts and any(map(_has_digit, parts)):
            run += parts
            pieces += 1
            continue
        if run:
            groups.append(_group(run))
            run = []
        if parts:
            groups.append(_group(parts))
    if len(groups) > 1:
        groups = [
            group for group in groups if any(len(token) > 1 for term in group for token in term)
        ] or groups
    ways: list[Way] = [tuple(groups)] if groups else []
    joined = "".join(token for parts in chunks for token in parts)
    digits = sum(map(str.isdigit, joined))
    if len(groups) > 1 and digits >= _JOIN_DIGITS and len(joined) - digits <= _JOIN_LETTERS:
        ways.append((((joined[:TOKEN_CHARS],),),))
    asked = _CASE_NUMBER.fullmatch(text)
    return Query(tuple(ways), int(asked[1]) if asked else None)


def _group(parts: list[str]) -> tuple[Term, ...]:
    cut = tuple(dict.fromkeys(part[:TOKEN_CHARS] for part in parts))
    if len(parts) == 1:
        return (cut,)
    joined = "".join(parts)[:TOKEN_CHARS]
    longer = tuple(part for part in cut if len(part) > 1) or cut
    return ((joined,), longer)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
