"""Who has a case open: two agents see each other before they type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from kulanz.cases.models import Case, Presence
from kulanz.people.models import User

LOOKING_SECONDS = 30
"""Who was seen within these seconds is looking."""
TYPING_SECONDS = 10
WRITE_SECONDS = 10
"""A page polls more often than this; only one poll in so many seconds writes."""
FORGET_HOURS = 24


@dataclass(frozen=True, slots=True)
class Present:
    user_id: int
    name: str
    initials: str
    typing: bool


def here(case_id: int, *, user: User, now: datetime, typing: bool = False) -> None:
    """The user has this case open. Strangers to its account leave no trace."""
    fresh = now - timedelta(seconds=WRITE_SECONDS)
    mine = Presence.objects.filter(case_id=case_id, user_id=user.pk)
    row = mine.values_list("seen_at", "typed_at").first()
    if row is not None:
        seen_at, typed_at = row
        types_anew = typing and (typed_at is None or typed_at < now - timedelta(seconds=TYPING_SECONDS / 2))
        if seen_at >= fresh and not types_anew:
            return
        mine.update(seen_at=now, **({"typed_at": now} if typing else {}))
        return
    if not Case.objects.visible_to(user).filter(pk=case_id).exists():
        return
    Presence.objects.bulk_create(
        [Presence(case_id=case_id, user_id=user.pk, seen_at=now, typed_at=now if typing else None)],
        update_conflicts=True,
        unique_fields=["case", "user"],
        update_fields=["seen_at"],
    )


def others(case_id: int, *, user: User, now: datetime) -> list[Present]:
    """Who else looks at it now, by name."""
    typed_since = now - timedelta(seconds=TYPING_SECONDS)
    rows = (
        Presence.objects.filter(case_id=case_id, seen_at__gt=now - timedelta(seconds=LOOKING_SECONDS))
        .filter(Q(case__account__in=user.accounts.all()) if not user.all_accounts else Q())
        .exclude(user_id=user.pk)
        .select_related("user")
    )
    found = [
        Present(
            row.user_id,
            row.user.display_name,
            row.user.initials,
            row.typed_at is not None and row.typed_at > typed_since,
        )
        for row in rows
    ]
    return sorted(found, key=lambda present: (present.name, present.user_id))


def gone(case_id: int, *, user: User) -> None:
    """The user left the case."""
    Presence.objects.filter(case_id=case_id, user_id=user.pk).delete()


@transaction.atomic
def forget_old(now: datetime) -> int:
    """Delete what is older than FORGET_HOURS; how many rows."""
    return Presence.objects.filter(seen_at__lt=now - timedelta(hours=FORGET_HOURS)).delete()[0]
