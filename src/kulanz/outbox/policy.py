"""What Kulanz may do by itself, and what each role may decide. Pure, save for reading the policy's row."""

from kulanz.outbox.models import ActionKind, Mode, Policy
from kulanz.people.models import User

PERSON_ONLY = frozenset({ActionKind.REPLY, ActionKind.PORTAL_REPLY})
"""No reply is ever sent without a person, whatever a policy says."""
MONEY = frozenset({ActionKind.REFUND, ActionKind.REPLACEMENT})
"""Kinds that always cost money: an unknown amount is never taken for zero."""
LEADS_ONLY = MONEY | {ActionKind.HOLD}


def default_mode(kind: str) -> Mode:
    """Where no row stands: replies are proposed, everything else is observed."""
    return Mode.PROPOSE if kind in PERSON_ONLY else Mode.OBSERVE


def decide(kind: str, mode: str, limit_cents: int | None, amount_cents: int | None) -> Mode:
    """What a policy of this mode allows for one action of this amount, in cents."""
    if mode != Mode.ACT:
        return Mode(mode)
    if kind in PERSON_ONLY:
        return Mode.PROPOSE
    if amount_cents is None:
        return Mode.PROPOSE if kind in MONEY else Mode.ACT
    if limit_cents is None or amount_cents > limit_cents:
        return Mode.PROPOSE
    return Mode.ACT


def allowed(account_id: int, kind: str, amount_cents: int | None = None) -> Mode:
    """What Kulanz may do about such an action without asking; `amount_cents` is what it would cost."""
    row = Policy.objects.filter(account_id=account_id, kind=kind).values_list("mode", "limit_cents").first()
    if row is None:
        return default_mode(kind)
    return decide(kind, row[0], row[1], amount_cents)


def may_decide(user: User, kind: str, amount_cents: int | None) -> bool:
    """Whether the user's role lets him approve or reject: money and holds are for leads, the rest for who answers."""
    if kind in LEADS_ONLY or (amount_cents or 0) > 0:
        return user.leads
    return user.answers
