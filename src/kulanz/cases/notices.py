"""Amazon's notices and what each does to a case. Structure of the notices: docs/rules.md, "Notices"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """What a notice does beyond its line in the conversation."""

    NOTHING = "nothing"
    ANSWERED = "answered"
    """An answer given elsewhere."""
    ASKS = "asks"
    """Opens the case: the house's clock starts."""
    CLAIM = "claim"
    CLAIM_OVER = "claim_over"
    UNDELIVERED = "undelivered"
    """A mail of ours did not reach the buyer."""


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    """Its line in the conversation, German; stored."""
    icon: str
    effect: Effect = Effect.NOTHING
    title: str = ""
    """Title of a case that it opens; empty: it opens none."""


CLAIM_NAME = "A-bis-z-Antrag"
NOT_DELIVERED = "nicht zugestellt"
"""Chip of a case whose answer did not arrive."""

NOTICES = {
    "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT": Notice(
        "Antwort in Seller Central gegeben", "send", Effect.ANSWERED
    ),
    "A_Z_CLAIM_RESPONDENT_NOTIFY": Notice(
        "Amazon bittet um Stellungnahme zum A-bis-z-Antrag", "shield", Effect.CLAIM, CLAIM_NAME
    ),
    "A_Z_CLAIM_RESPONDENT_CLOSE": Notice(
        "Amazon hat über den A-bis-z-Antrag entschieden", "shield", Effect.CLAIM_OVER
    ),
    "RETURN_REQUEST": Notice("Rückgabe angemeldet", "return"),
    "REFUND_ISSUED": Notice("Amazon meldet eine Erstattung", "cash"),
    "BRC_SELLER_NOTIFICATION": Notice(
        "Der Käufer bittet um Stornierung", "ban", Effect.ASKS, "Bitte um Stornierung"
    ),
    "BUYER_OPTED_OUT_BSM_MESSAGES": Notice(
        "Nicht zugestellt: der Käufer empfängt keine freiwilligen Nachrichten",
        "alert",
        Effect.UNDELIVERED,
        "Nachricht nicht zugestellt",
    ),
}
ASKS = frozenset(
    name
    for name, notice in NOTICES.items()
    if notice.effect in (Effect.ASKS, Effect.CLAIM, Effect.UNDELIVERED)
)
"""Notices that start the house's clock."""


def notice_of(name: str) -> Notice | None:
    """The notice, by the header's value; further endings as `…_TO_MERCHANT` are tolerated. None when unknown."""
    found = NOTICES.get(name)
    if found is not None:
        return found
    return next((notice for known, notice in NOTICES.items() if name.startswith(known)), None)
