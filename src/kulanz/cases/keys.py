"""Thread keys: by which a mail finds its case, and which it leaves behind for the next one.

Forms: `mid:<id>`, `amazon-case:uuid`, `amazon-token:…`, `order:303…|who`, `order:303…`, `alias:…`. `who` is the
buyer's alias, else the customer, else the sender: an order number alone leads only the platform to a case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from kulanz.base.folding import fold_number

KEY_CHARS = 300
MAX_KEYS = 60
"""Keys one mail leaves; a thread of more references keeps its newest and its own."""
STRONG = ("mid:", "amazon-case:", "amazon-token:")
"""Keys that belong to one thread and no other."""
_MENTION = re.compile(r"\bFall[ #:Nnr.]{0,6}(\d{1,12})\b")


def own_key(message_key: str) -> str:
    """The key under which answers to this mail will name it."""
    return fit(f"mid:{message_key}")


def fit(key: str) -> str:
    """A key longer than the column keeps its beginning and a digest of the whole."""
    if len(key) <= KEY_CHARS:
        return key
    return key[: KEY_CHARS - 33] + "#" + hashlib.sha256(key.encode()).hexdigest()[:32]


def who(thread_keys: Iterable[str], customer_id: int | None, sender: str) -> str:
    """Who writes, as the keys of an order name him."""
    alias = next((key for key in thread_keys if key.startswith("alias:")), "")
    return alias or (f"customer:{customer_id}" if customer_id is not None else f"from:{sender}")


def lasting(message_key: str, thread_keys: Iterable[str], person: str) -> tuple[str, ...]:
    """All keys of a mail, strongest first: what it looks for, and what it leaves with its case."""
    found = [own_key(message_key)]
    orders: list[str] = []
    aliases: list[str] = []
    for key in thread_keys:
        if key.startswith("order:"):
            orders.append("order:" + fold_number(key[6:]))
        elif key.startswith("alias:"):
            aliases.append(key)
        else:
            found.append(key)
    if person:
        found += [f"{order}|{person}" for order in orders]
    keys = dict.fromkeys(fit(key) for key in (*found, *orders, *aliases))
    return tuple(keys)[:MAX_KEYS]


def mentioned_case(subject: str) -> int | None:
    """The case somebody names in a subject: `Fall 20418`."""
    found = _MENTION.search(subject)
    return int(found[1]) if found else None
