"""What Freigaben and Heute show of the outbox; every query starts at what the user may see."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from kulanz.outbox.models import Action, ActionState, Halt, Way
from kulanz.people.models import User

PAGE_ROWS = 100
"""Actions of one list."""


@dataclass(frozen=True, slots=True)
class Counts:
    proposed: int
    by_hand: int
    waiting: int
    """Approved and on its way: not yet sent."""
    failed: int
    unclear: int

    @property
    def wanting_a_person(self) -> int:
        """The count in the rail: what stands still until somebody decides or does it."""
        return self.proposed + self.by_hand + self.failed + self.unclear


def counts(user: User) -> Counts:
    """One statement over the open actions the user may see."""
    hand = Q(state=ActionState.APPROVED, way=Way.HAND)
    found = (
        Action.objects.visible_to(user)
        .filter(
            state__in=(
                ActionState.PROPOSED,
                ActionState.APPROVED,
                ActionState.SENDING,
                ActionState.FAILED,
                ActionState.UNCLEAR,
            )
        )
        .aggregate(
            proposed=Count("id", filter=Q(state=ActionState.PROPOSED)),
            by_hand=Count("id", filter=hand),
            waiting=Count("id", filter=Q(state__in=(ActionState.APPROVED, ActionState.SENDING)) & ~hand),
            failed=Count("id", filter=Q(state=ActionState.FAILED)),
            unclear=Count("id", filter=Q(state=ActionState.UNCLEAR)),
        )
    )
    return Counts(**found)


def listed(user: User, states: Collection[str], *, by_hand: bool | None = None) -> QuerySet[Action]:
    """Actions in these states, soonest due first, at most PAGE_ROWS; `by_hand` keeps only one sort of way."""
    rows = Action.objects.visible_to(user).filter(state__in=states).select_related("account", "decided_by")
    if by_hand is not None:
        rows = rows.filter(way=Way.HAND) if by_hand else rows.exclude(way=Way.HAND)
    return rows.order_by("due_at", "id")[:PAGE_ROWS]


def of_case(case_id: int) -> QuerySet[Action]:
    """All actions about a case, newest first."""
    return (
        Action.objects.filter(subject_kind="case", subject_id=case_id)
        .select_related("decided_by")
        .order_by("-id")[:PAGE_ROWS]
    )


def standing_halt() -> Halt | None:
    """The *Alles anhalten* that stands, if any."""
    return Halt.objects.filter(ended_at=None).order_by("id").first()
