"""The text parts of a reply's mail. Pure."""

import re

SUBJECT_CHARS = 200
REFERENCES = 20
"""Message-IDs in References: the oldest and the newest; RFC 5322 sets no limit, mail servers do."""

_ANSWER_MARKS = re.compile(r"^(?:\s*(?:re|aw|antw|antwort|wg|fwd?)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"[\r\n\x00-\x1f\x7f]+")


def answer_subject(subject: str, order_number: str = "", *, keep_number: bool = False) -> str:
    """The subject of an answer: *Re:* once, and with `keep_number` the order number, which Amazon asks for.

    Source: Amazon's communication guidelines for sellers ("order number included").
    """
    bare = _ANSWER_MARKS.sub("", _LINE_BREAKS.sub(" ", subject)).strip()
    bare = bare or ("Ihre Bestellung" if order_number else "Ihre Nachricht")
    tail = (
        f" (Bestellung: {order_number})" if keep_number and order_number and order_number not in bare else ""
    )
    return "Re: " + bare[: SUBJECT_CHARS - 4 - len(tail)].rstrip() + tail


def references(thread_keys: list[str], answered: str) -> list[str]:
    """Message-IDs for References, oldest first, the answered mail last.

    `thread_keys` come strongest first, so its `mid:` keys run from the newest to the oldest.
    """
    ids = [key.removeprefix("mid:") for key in reversed(thread_keys) if key.startswith("mid:<")]
    if is_message_id(answered):
        ids = [known for known in ids if known != answered] + [answered]
    ids = [known for known in dict.fromkeys(ids) if is_message_id(known)]
    return ids if len(ids) <= REFERENCES else [ids[0], *ids[-(REFERENCES - 1) :]]


def is_message_id(text: str) -> bool:
    """Whether this may stand in a header; a message without one has a digest as its key."""
    return len(text) < 900 and re.fullmatch(r"<[^<>\s]+>", text, re.ASCII) is not None and text.isascii()
