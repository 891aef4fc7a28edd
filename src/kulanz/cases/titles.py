"""What a case is called and which words of the customer stand in the list. Pure."""

from __future__ import annotations

import re

TITLE_CHARS = 200
WORDS_CHARS = 70
"""A title made of the first words of a mail."""
EXCERPT_CHARS = 160
_READ_CHARS = 2_000
"""So much of a mail is looked at for its first sentence."""

_PREFIX = re.compile(
    r"(?:\s*(?:(?:re|aw|wg|fw|fwd|antw|antwort|sv|tr|rv|r)(?:\[\d+\])?:|\[(?:extern|external|ext)\]))+\s*",
    re.IGNORECASE,
)
_AMAZON_QUESTION = re.compile(
    r"(?:Frage|Anfrage|Nachricht|Inquiry|Message)\s+(?:von|from)\s+Amazon[- ](?:Kunde[nr]?|Kundin|customer)\s+.{0,80}",
    re.IGNORECASE,
)
_ORDER_IN_BRACKETS = re.compile(
    r"\s*[(\[](?:Bestell(?:ung|nummer)|Order(?: ID)?|Bestell-Nr\.?)\s*:?[^)\]]{0,60}[)\]]", re.IGNORECASE
)
_SALUTATION = re.compile(
    r"\s*(?:guten\s+(?:tag|morgen|abend)|hallo|hi|hey|moin(?:\s+moin)?|servus|grüß\s+gott|grüezi|sehr\s+geehrte[rs]?|liebe[rs]?"
    r"|dear|hello)\b[^,.!?\n]{0,60}[,.!\n]+\s*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|\n\s*\n")
_ABBREVIATION = re.compile(
    r"\b(?:[^\W\d_]|\d{1,2}|Nr|ca|bzw|evtl|ggf|inkl|exkl|Dr|Fr|Hr|St|Tel|Str|vgl|usw|zzgl)\.$"
)
_BLANKS = re.compile(r"\s+")


def title_of(subject: str, own_text: str) -> str:
    """The subject without Re:, AW: and Amazon's wrapping; where nothing is left, the first words."""
    title = _PREFIX.sub("", subject, count=1) if _PREFIX.match(subject) else subject
    title = _ORDER_IN_BRACKETS.sub("", title).strip()
    if _AMAZON_QUESTION.fullmatch(title):
        title = ""
    title = _BLANKS.sub(" ", title).strip(" -–:|")
    if not title:
        title = _cut(first_sentence(own_text), WORDS_CHARS)
        title = title[:1].upper() + title[1:]
    return title[:TITLE_CHARS] or "Ohne Betreff"


def excerpt_of(own_text: str, title: str = "") -> str:
    """The first sentence after the salutation that the title does not say already, in German quotation marks."""
    first, rest = _sentence(own_text)
    if title and first.casefold().startswith(title.removesuffix("…").casefold()):
        first = first_sentence(rest)
    words = _cut(first, EXCERPT_CHARS)
    return f"„{words}“" if words else ""


def first_sentence(text: str) -> str:
    """The first sentence after the salutation, on one line."""
    return _sentence(text)[0]


def _sentence(text: str) -> tuple[str, str]:
    """The first sentence on one line, and what follows it."""
    start = text[:_READ_CHARS].lstrip()
    rest = _SALUTATION.sub("", start, count=1) if _SALUTATION.match(start) else start
    rest = rest.strip() or start
    at = 0
    while found := _SENTENCE_END.search(rest, at):
        sentence = rest[: found.end()].strip()
        if len(sentence) > 2 and not _ABBREVIATION.search(sentence):
            return _BLANKS.sub(" ", sentence), rest[found.end() :]
        at = found.end()
    return _BLANKS.sub(" ", rest).strip(), ""


def _cut(text: str, limit: int) -> str:
    """At most so many characters, whole words, with an ellipsis when something is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, blank, _ = cut.rpartition(" ")
    return (head if blank and len(head) > limit // 2 else cut).rstrip(" ,;:-") + "…"
