"""An ended action goes back to the room that proposed it, exactly once: effects and `settled` in one transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction

from kulanz.audit.record import record
from kulanz.base import clock
from kulanz.cases import state as case_state
from kulanz.cases.models import Case, CaseEntry, CaseState, EntryKind
from kulanz.cases.opening import Incoming, file_message
from kulanz.channels.mail.facts import SOURCE as MAIL
from kulanz.facts.ingest import ingest
from kulanz.facts.records import Fact
from kulanz.outbox.models import Action, ActionKind, ActionState, Way

WHO = "kulanz:settle"
AT_ONCE = 50
ENDED = (ActionState.DONE, ActionState.FAILED, ActionState.UNCLEAR)
KIND = "other"
"""Message.kind of what we write ourselves."""


def settle_some() -> bool:
    """Settle up to AT_ONCE ended actions, each in a transaction of its own; whether there were any.

    One that cannot be settled holds up no other: its error is raised once all had their turn.
    """
    waiting = (
        Action.objects.filter(settled=False, state__in=ENDED).order_by("id").values_list("id", flat=True)
    )
    settled = False
    failed: Exception | None = None
    for pk in waiting[:AT_ONCE]:
        try:
            settled = settle(pk, now=clock.now()) or settled
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return settled


@transaction.atomic
def settle(action_id: int, *, now: datetime) -> bool:
    """Tell the case how the action ended; False when somebody else did, or a person has sent it again."""
    action = (
        Action.objects.select_related("account", "decided_by")
        .filter(pk=action_id, settled=False, state__in=ENDED)
        .first()
    )
    if action is None:
        return False
    if not Action.objects.filter(
        pk=action.pk, settled=False, state=action.state, ended_at=action.ended_at
    ).update(settled=True):
        return False
    case = (
        Case.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=action.subject_id)
        .first()
        if action.subject_kind == "case" and action.subject_id is not None
        else None
    )
    if case is None:
        return True
    if action.state == ActionState.DONE and action.kind == ActionKind.REPLY:
        _file_reply(action, case, now)
    else:
        _tell(action, case, now)
    return True


def _file_reply(action: Action, case: Case, now: datetime) -> None:
    """Our answer becomes a message of the case, by the way a copy from the Sent folder takes; the clocks stop there.

    Both carry the same Message-ID, so whichever comes second changes nothing.
    """
    payload = action.payload
    at = action.ended_at or now
    key = action.external_id or f"action:{action.key}"
    values: dict[str, Any] = {
        "key": key,
        "direction": "out",
        "kind": KIND,
        "sent_at": at,
        "sender_name": action.decided_by.display_name if action.decided_by else payload.get("from_name", ""),
        "sender": payload.get("from", ""),
        "recipient": payload.get("to", ""),
        "subject": payload.get("subject", ""),
        "in_reply_to": payload.get("in_reply_to", ""),
        "thread_keys": _thread_keys(action),
        "order_numbers": [case.order_number] if case.order_number else [],
        "own_text": payload.get("text", ""),
    }
    result = ingest(
        [Fact("message", values, at)],
        account_id=action.account_id,
        source=MAIL,
        source_at=at,
        received_at=now,
    )
    if not result.new["message"]:
        return
    account = action.account
    filed = file_message(
        Incoming(
            message_id=result.ids["message"][key],
            account_id=account.pk,
            channel=account.channel,
            zone=account.zone,
            land=account.land,
            direction="out",
            kind=KIND,
            notice="",
            sent_at=at,
            sender=values["sender"],
            sender_name=values["sender_name"],
            subject=values["subject"],
            own_text=values["own_text"],
            thread_keys=tuple(values["thread_keys"]),
            order_numbers=tuple(values["order_numbers"]),
            tracking_numbers=(),
            customer_id=case.customer_id,
            customer_name=case.customer_name,
            bounce_of="",
            authentication="",
            message_key=key,
        ),
        now=now,
    )
    entry = CaseEntry.objects.filter(message_id=result.ids["message"][key])
    if filed.case_id is None:
        CaseEntry.objects.create(
            case=case,
            kind=EntryKind.MESSAGE,
            message_id=result.ids["message"][key],
            user=action.decided_by,
            text=values["own_text"],
            at=at,
        )
    elif action.decided_by is not None:
        entry.update(user=action.decided_by)


def _thread_keys(action: Action) -> list[str]:
    """As the reader of mails gives them: strongest first."""
    ids = [action.payload.get("answers", ""), *reversed(action.payload.get("references", []))]
    return [f"mid:{known}" for known in dict.fromkeys(ids) if known]


def _tell(action: Action, case: Case, now: datetime) -> None:
    """An entry in the case's conversation; what failed or is unclear opens the case again, so that somebody looks."""
    text, icon, wants_a_person = _words(action)
    CaseEntry.objects.create(
        case=case,
        kind=EntryKind.EVENT,
        user=action.decided_by,
        text=text,
        icon=icon,
        at=action.ended_at or now,
    )
    was = case.state
    if wants_a_person and was != CaseState.OPEN:
        case.state, case.closed_at, case.wake_at = CaseState.OPEN, None, None
        case_state.recount(case)
        record(
            who=WHO,
            what="case.reopen",
            kind="case",
            object_id=case.pk,
            now=now,
            why=text,
            before={"state": was},
            after={"state": CaseState.OPEN},
        )
    case_state.set_clocks_of(case)
    case.touched_at = max(case.touched_at, now)
    case.version += 1
    case.save()


def _words(action: Action) -> tuple[str, str, bool]:
    """What the conversation says, its icon, and whether a person must look."""
    match action.state:
        case ActionState.FAILED:
            return f"{action.title}: fehlgeschlagen. {action.error}", "alert-triangle", True
        case ActionState.UNCLEAR:
            return f"{action.title}: unklar, ob es hinausging. {action.error}", "help", True
        case _ if action.way == Way.HAND:
            who = action.decided_by.display_name if action.decided_by else ""
            ticks = action.steps_done
            who = ticks[-1]["name"] if ticks else who
            return f"{action.title}: von Hand erledigt von {who}. {action.proof}", "hand", False
        case _:
            return f"{action.title}: erledigt.", "check", False
