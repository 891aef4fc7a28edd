"""What the outbox's verbs share: who may touch an action, and the one way its state changes."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kulanz.audit.record import record
from kulanz.outbox.models import Action, ActionState, Way
from kulanz.outbox.policy import may_decide
from kulanz.people.models import User

WHY_CHARS = 2000
PROOF_CHARS = 2000


class NotPossible(Exception):
    """The deed does not fit what stands there or who asks. The text is German, for people."""


def message_id(key: str, created_at: datetime, sender: str) -> str:
    """The Message-ID of an action's mail: the same at every attempt, unlike that of any other installation's."""
    digest = hashlib.sha256(f"{key}|{created_at.isoformat()}|{sender}".encode()).hexdigest()[:32]
    host = sender.rpartition("@")[2].strip() or "kulanz.invalid"
    return f"<{digest}@{host}>"


def sees(user: User, account_id: int) -> bool:
    return user.all_accounts or user.accounts.filter(pk=account_id).exists()


def visible(action_id: int, by: User) -> Action:
    action = Action.objects.filter(pk=action_id).select_related("account").first()
    if action is None or not sees(by, action.account_id):
        raise NotPossible(_("Diesen Vorgang gibt es nicht, oder Sie dürfen ihn nicht sehen."))
    return action


def decidable(action_id: int, by: User) -> Action:
    action = visible(action_id, by)
    if not may_decide(by, action.kind, action.amount_cents):
        raise NotPossible(_("Das darf Ihre Rolle nicht freigeben. Bitte wenden Sie sich an die Leitung."))
    return action


def by_hand(action_id: int, by: User) -> Action:
    action = visible(action_id, by)
    if action.way != Way.HAND:
        raise NotPossible(_("Dieser Vorgang wird nicht von Hand erledigt."))
    return action


def reasoned(why: str) -> str:
    why = why.strip()[:WHY_CHARS]
    if not why:
        raise NotPossible(_("Bitte geben Sie einen Grund an."))
    return why


def proven(proof: str) -> str:
    proof = proof.strip()[:PROOF_CHARS]
    if not proof:
        raise NotPossible(_("Bitte geben Sie an, woran man es erkennt, zum Beispiel eine Vorgangsnummer."))
    return proof


def must_move(
    action: Action,
    allowed_from: Collection[str],
    to: ActionState,
    *,
    verb: str,
    by: User,
    now: datetime,
    why: str = "",
    **values: Any,
) -> None:
    if move(action, allowed_from, to, verb=verb, who=by.username, now=now, why=why, **values):
        return
    stands = ActionState(Action.objects.values_list("state", flat=True).get(pk=action.pk))
    if stands == ActionState.SENDING:
        raise NotPossible(_("Zu spät: Der Vorgang geht gerade hinaus."))
    raise NotPossible(
        _("Das geht nicht: Der Vorgang steht inzwischen auf „%(state)s“.") % {"state": stands.label}
    )


def move(
    action: Action,
    allowed_from: Collection[str],
    to: ActionState,
    *,
    verb: str,
    who: str,
    now: datetime,
    why: str = "",
    only: Q | None = None,
    **values: Any,
) -> bool:
    """One compare-and-set with its audit record; False when the row no longer stood in `allowed_from`."""
    rows = Action.objects.filter(pk=action.pk, state__in=allowed_from)
    if only is not None:
        rows = rows.filter(only)
    if not rows.update(state=to, **values):
        return False
    audit(verb, action, who, now, why=why, before={"state": action.state}, after={"state": to})
    return True


def audit(
    verb: str,
    action: Action,
    who: str,
    now: datetime,
    *,
    why: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        who=who,
        what=verb,
        kind="action",
        object_id=action.pk,
        now=now,
        why=why,
        before=before,
        after={"key": action.key, **(after or {})},
    )


def fix_message_id(action: Action) -> None:
    """Fixed before the first attempt, so that every attempt is the same mail to whoever receives it."""
    if action.way != Way.MAIL:
        return
    sender = str(action.payload.get("from") or action.account.sender)
    action.external_id = message_id(action.key, action.created_at, sender)
    Action.objects.filter(pk=action.pk, external_id="").update(external_id=action.external_id)


def fresh(action: Action) -> Action:
    return Action.objects.select_related("account", "decided_by").get(pk=action.pk)
