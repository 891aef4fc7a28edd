"""Two further doors of the outbox: a task by hand goes to a colleague, and a failed one is given up."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kulanz.outbox.models import Action, ActionState
from kulanz.outbox.moves import NotPossible, audit, by_hand, decidable, fresh, must_move, reasoned, sees
from kulanz.people.models import User

_OPEN = (ActionState.PROPOSED, ActionState.APPROVED, ActionState.FAILED)


@transaction.atomic
def hand_over(action_id: int, *, to_id: int | None, by: User, now: datetime) -> Action:
    """Name who does a task by hand; None gives it back to whoever comes first. Raises NotPossible."""
    action = by_hand(action_id, by)
    to = User.objects.filter(pk=to_id, is_active=True).first() if to_id is not None else None
    if to_id is not None and (to is None or not sees(to, action.account_id)):
        raise NotPossible(_("Diese Person gibt es nicht, oder sie sieht dieses Konto nicht."))
    if not Action.objects.filter(pk=action.pk, state__in=_OPEN).update(assignee=to):
        raise NotPossible(_("Der Vorgang ist schon abgeschlossen."))
    audit("action.hand_over", action, by.username, now, after={"to": to.username if to else None})
    return fresh(action)


@transaction.atomic
def give_up(action_id: int, *, by: User, now: datetime, why: str) -> Action:
    """A failed or unclear one shall not go out again: → rejected, with the reason."""
    action = decidable(action_id, by)
    why = reasoned(why)
    must_move(
        action,
        (ActionState.FAILED, ActionState.UNCLEAR),
        ActionState.REJECTED,
        verb="action.give_up",
        by=by,
        now=now,
        why=why,
        decided_by=by,
        decided_at=now,
        ended_at=now,
        settled=False,
    )
    return fresh(action)
