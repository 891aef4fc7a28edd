"""The doors of the outbox: every change of an action's state is one compare-and-set UPDATE with its audit record.

proposed → rejected | approved(not_before) → withdrawn | sending → done | failed | unclear
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kulanz.audit.record import record
from kulanz.facts.models import Account
from kulanz.outbox import basis as basis_of
from kulanz.outbox.models import Action, ActionKind, ActionState, Halt, Mode, Policy
from kulanz.outbox.moves import (
    WHY_CHARS,
    NotPossible,
    audit,
    by_hand,
    decidable,
    fix_message_id,
    fresh,
    move,
    must_move,
    proven,
    reasoned,
    sees,
)
from kulanz.outbox.policy import PERSON_ONLY, allowed
from kulanz.people.models import User
from kulanz.work import bell

__all__ = [
    "NotPossible",
    "allowed",
    "approve",
    "approve_again",
    "cannot",
    "confirm_sent",
    "done_by_hand",
    "halt",
    "propose",
    "reject",
    "resume",
    "set_policy",
    "tick_step",
    "withdraw",
    "withdraw_proposed",
    "withdraw_unsent",
]

_AGAIN = (ActionState.FAILED, ActionState.WITHDRAWN, ActionState.UNCLEAR)
_UNSENT = (ActionState.PROPOSED, ActionState.APPROVED)
_REFRESHED = ("way", "title", "reason", "payload", "amount_cents", "basis", "due_at")


@transaction.atomic
def propose(
    *,
    key: str,
    kind: str,
    way: str,
    account_id: int,
    title: str,
    reason: str,
    payload: Mapping[str, Any],
    proposed_by: str,
    now: datetime,
    subject_kind: str = "",
    subject_id: int | None = None,
    amount_cents: int | None = None,
    basis: Sequence[Sequence[Any]] = (),
    due_at: datetime | None = None,
) -> Action:
    """The one action of this key. The same reason twice is one row.

    A row still proposed takes the new words; one withdrawn is proposed again; one failed is proposed again only if
    something about it changed; whatever a person refused or already let go stays as it is. A part of Kulanz
    (`kulanz:…`) proposes only what the policy lets it; where the policy says *act*, a new action is approved at once.
    Raises NotPossible where the policy says *observe*, ValueError for a basis that names no versioned table.
    """
    mode = allowed(account_id, kind, amount_cents)
    if mode == Mode.OBSERVE and proposed_by.startswith("kulanz:"):
        raise NotPossible(_("Für diese Art von Vorgang steht Kulanz auf „nur beobachten“."))
    values: dict[str, Any] = {
        "way": way,
        "title": title[:200],
        "reason": reason,
        "payload": dict(payload),
        "amount_cents": amount_cents,
        "basis": basis_of.checked(basis),
        "due_at": due_at,
    }
    fixed = {
        "account_id": account_id,
        "kind": ActionKind(kind),
        "state": ActionState.PROPOSED,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "proposed_by": proposed_by[:150],
        "created_at": now,
    }
    action, is_new = Action.objects.get_or_create(key=key, defaults=values | fixed)
    if is_new:
        fix_message_id(action)
        audit("action.propose", action, proposed_by, now, why=reason, after={"state": action.state})
    elif not _refresh(action, values, proposed_by, now):
        return fresh(action)
    if mode == Mode.ACT and kind not in PERSON_ONLY and not action.error:
        move(
            action,
            (ActionState.PROPOSED,),
            ActionState.APPROVED,
            verb="action.approve",
            who="kulanz:policy",
            now=now,
            not_before=now,
            decided_at=now,
        )
    return fresh(action)


def _refresh(action: Action, values: Mapping[str, Any], who: str, now: datetime) -> bool:
    """Whether the row was proposed anew; False where it stands as it was."""
    changed = [name for name in _REFRESHED if getattr(action, name) != values[name]]
    if action.state == ActionState.WITHDRAWN or (
        changed and action.state in (ActionState.PROPOSED, ActionState.FAILED)
    ):
        more = {name: values[name] for name in _REFRESHED} | {"error": ""}
        return move(
            action, (action.state,), ActionState.PROPOSED, verb="action.propose", who=who, now=now, **more
        )
    return False


@transaction.atomic
def approve(action_id: int, *, by: User, now: datetime, delay_seconds: float = 0) -> Action:
    """A person lets it go. Not before `delay_seconds` are over, so that it can be taken back.

    An action that came back because the situation had changed takes the present versions: he has seen the new ones.
    """
    action = decidable(action_id, by)
    more: dict[str, Any] = {"basis": basis_of.present(action.basis)} if action.error else {}
    must_move(
        action,
        (ActionState.PROPOSED,),
        ActionState.APPROVED,
        verb="action.approve",
        by=by,
        now=now,
        not_before=now + timedelta(seconds=delay_seconds),
        decided_by=by,
        decided_at=now,
        error="",
        **more,
    )
    bell.ring("send")
    return fresh(action)


@transaction.atomic
def reject(action_id: int, *, by: User, now: datetime, why: str) -> Action:
    """A person refuses it, with a reason. It is never proposed again under this key."""
    action = decidable(action_id, by)
    why = reasoned(why)
    must_move(
        action,
        (ActionState.PROPOSED,),
        ActionState.REJECTED,
        verb="action.reject",
        by=by,
        now=now,
        why=why,
        decided_by=by,
        decided_at=now,
        ended_at=now,
        settled=True,
        error=why,
    )
    return fresh(action)


@transaction.atomic
def withdraw(action_id: int, *, by: User, now: datetime) -> Action:
    """Take it back while it has not left, or give up one that failed or is unclear: → withdrawn."""
    action = decidable(action_id, by)
    must_move(
        action,
        (ActionState.APPROVED, ActionState.FAILED, ActionState.UNCLEAR),
        ActionState.WITHDRAWN,
        verb="action.withdraw",
        by=by,
        now=now,
        ended_at=now,
        settled=True,
    )
    return fresh(action)


@transaction.atomic
def withdraw_proposed(key: str, *, who: str, now: datetime, why: str) -> bool:
    """A playbook no longer proposes this. Also takes back what only a policy had approved."""
    action = Action.objects.filter(key=key).first()
    if action is None:
        return False
    only = Q(state=ActionState.PROPOSED) | Q(state=ActionState.APPROVED, decided_by=None)
    return move(
        action,
        (ActionState.PROPOSED, ActionState.APPROVED),
        ActionState.WITHDRAWN,
        verb="action.withdraw",
        who=who,
        now=now,
        why=why,
        only=only,
        ended_at=now,
        settled=True,
        error=why,
    )


def unsent_replies(case_id: int) -> QuerySet[Action]:
    """Replies of a case that have not left, oldest first."""
    return Action.objects.filter(
        subject_kind="case", subject_id=case_id, kind__in=PERSON_ONLY, state__in=_UNSENT
    ).order_by("id")


@transaction.atomic
def withdraw_unsent(case_id: int, now: datetime, why: str) -> list[Action]:
    """The customer wrote again: replies of his case that have not left are taken back, and returned.

    Call it through `replies.send.withdraw_unsent`, which gives the words back as a draft.
    """
    return [
        action
        for action in unsent_replies(case_id)
        if move(
            action,
            _UNSENT,
            ActionState.WITHDRAWN,
            verb="action.withdraw",
            who="kulanz:take_in",
            now=now,
            why=why,
            ended_at=now,
            settled=True,
            error=why,
        )
    ]


@transaction.atomic
def approve_again(action_id: int, *, by: User, now: datetime, delay_seconds: float = 0) -> Action:
    """*Noch einmal senden*: the same row, the same Message-ID, on a person's word."""
    action = decidable(action_id, by)
    must_move(
        action,
        _AGAIN,
        ActionState.APPROVED,
        verb="action.approve_again",
        by=by,
        now=now,
        not_before=now + timedelta(seconds=delay_seconds),
        decided_by=by,
        decided_at=now,
        basis=basis_of.present(action.basis),
        attempts=0,
        error="",
        ended_at=None,
        lease_token="",
        settled=False,
    )
    bell.ring("send")
    return fresh(action)


@transaction.atomic
def confirm_sent(action_id: int, *, by: User, now: datetime, proof: str) -> Action:
    """A person found that the unclear one did go out: unclear → done, with what proves it."""
    action = decidable(action_id, by)
    must_move(
        action,
        (ActionState.UNCLEAR,),
        ActionState.DONE,
        verb="action.confirm_sent",
        by=by,
        now=now,
        why=proven(proof),
        proof=proven(proof),
        ended_at=now,
        settled=False,
    )
    bell.ring("decide")
    return fresh(action)


@transaction.atomic
def tick_step(action_id: int, *, step: int, by: User, now: datetime) -> Action:
    """One step of a hand action is done; ticking it again takes the tick away. Steps count from 0."""
    action = by_hand(action_id, by)
    steps = action.payload.get("steps", [])
    if not 0 <= step < len(steps):
        raise NotPossible(_("Diesen Schritt gibt es nicht."))
    done = [tick for tick in action.steps_done if tick["step"] != step]
    ticked = len(done) == len(action.steps_done)
    if ticked:
        done.append({"step": step, "by": by.username, "name": by.display_name, "at": now.isoformat()})
        done.sort(key=lambda tick: tick["step"])
    moved = Action.objects.filter(
        pk=action.pk, state=ActionState.APPROVED, steps_done=action.steps_done
    ).update(steps_done=done)
    if not moved:
        raise NotPossible(
            _("Jemand anders hat diesen Vorgang gerade geändert. Bitte sehen Sie noch einmal nach.")
        )
    audit(
        "action.tick" if ticked else "action.untick",
        action,
        by.username,
        now,
        after={"step": step, "ticked": ticked},
    )
    return fresh(action)


@transaction.atomic
def done_by_hand(action_id: int, *, by: User, now: datetime, proof: str) -> Action:
    """A person did it outside: approved → done with name, time and proof."""
    action = by_hand(action_id, by)
    ticked = {tick["step"] for tick in action.steps_done}
    ticks = [
        {"step": step, "by": by.username, "name": by.display_name, "at": now.isoformat()}
        for step in range(len(action.payload.get("steps", [])))
        if step not in ticked
    ]
    must_move(
        action,
        (ActionState.APPROVED,),
        ActionState.DONE,
        verb="action.done_by_hand",
        by=by,
        now=now,
        why=proven(proof),
        proof=proven(proof),
        steps_done=sorted([*action.steps_done, *ticks], key=lambda tick: tick["step"]),
        ended_at=now,
        settled=False,
    )
    bell.ring("decide")
    return fresh(action)


@transaction.atomic
def cannot(action_id: int, *, by: User, now: datetime, why: str) -> Action:
    """A person tried by hand and could not: approved → failed, with the reason."""
    action = by_hand(action_id, by)
    why = reasoned(why)
    must_move(
        action,
        (ActionState.APPROVED,),
        ActionState.FAILED,
        verb="action.cannot",
        by=by,
        now=now,
        why=why,
        error=why,
        ended_at=now,
        settled=False,
    )
    bell.ring("decide")
    return fresh(action)


@transaction.atomic
def halt(*, by: User, now: datetime, why: str) -> Halt:
    """*Alles anhalten*: nothing leaves until a lead ends it. Twice is once."""
    if not by.leads:
        raise NotPossible(_("Anhalten darf nur die Leitung."))
    standing = Halt.objects.filter(ended_at=None).order_by("id").first()
    if standing is not None:
        return standing
    row = Halt.objects.create(since=now, by=by.username, why=why[:WHY_CHARS])
    record(who=by.username, what="outbox.halt", kind="halt", object_id=row.pk, now=now, why=row.why)
    return row


@transaction.atomic
def resume(*, by: User, now: datetime) -> None:
    """End the standstill. Raises NotPossible where nothing stands still."""
    if not by.leads:
        raise NotPossible(_("Weiterlaufen lassen darf nur die Leitung."))
    standing = list(Halt.objects.filter(ended_at=None).values_list("id", flat=True))
    if not Halt.objects.filter(id__in=standing, ended_at=None).update(ended_at=now, ended_by=by.username):
        raise NotPossible(_("Es ist nichts angehalten."))
    record(who=by.username, what="outbox.resume", kind="halt", object_id=standing[0], now=now)
    bell.ring("send")


@transaction.atomic
def set_policy(
    account_id: int, kind: str, mode: str, limit_cents: int | None, *, by: User, now: datetime
) -> Policy:
    """What Kulanz may do for this account and kind. *Selbst handeln* is the owner's word, and never for replies."""
    if not by.leads or (mode == Mode.ACT and not by.owns):
        raise NotPossible(_("Das darf nur die Leitung; „selbst handeln“ nur die Inhaberin oder der Inhaber."))
    if not Account.objects.filter(pk=account_id).exists() or not sees(by, account_id):
        raise NotPossible(_("Dieses Konto gibt es nicht, oder Sie dürfen es nicht sehen."))
    kind, mode = ActionKind(kind), Mode(mode)
    if mode == Mode.ACT and kind in PERSON_ONLY:
        raise NotPossible(_("Antworten gehen nie ohne einen Menschen hinaus."))
    if mode == Mode.ACT and (limit_cents is None or limit_cents < 0):
        raise NotPossible(_("Bitte geben Sie an, bis zu welchem Betrag Kulanz selbst handeln darf."))
    limit = limit_cents if mode == Mode.ACT else None
    before = Policy.objects.filter(account_id=account_id, kind=kind).values("mode", "limit_cents").first()
    row, _new = Policy.objects.update_or_create(
        account_id=account_id, kind=kind, defaults={"mode": mode, "limit_cents": limit}
    )
    record(
        who=by.username,
        what="policy.set",
        kind="policy",
        object_id=row.pk,
        now=now,
        before=dict(before) if before else None,
        after={"mode": mode, "limit_cents": limit},
    )
    return row
