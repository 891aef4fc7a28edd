"""Two cases that turn out to be one thread: mails came in such an order that it could not be known before."""

from __future__ import annotations

from datetime import datetime

from kulanz.audit.record import record
from kulanz.cases import search
from kulanz.cases.models import Case, CaseEntry, CaseKey, CaseState, Draft, EntryKind


def join(case: Case, younger_id: int, *, now: datetime) -> None:
    """Move all lines and keys of the younger case; it stays behind, closed, with a line that says where they are.

    The caller saves `case` and its clocks.
    """
    younger = Case.objects.select_for_update(of=("self",)).get(pk=younger_id)
    CaseKey.objects.filter(case=younger).update(case=case)
    CaseEntry.objects.filter(case=younger).update(case=case)
    if not Draft.objects.filter(case=case).exists():
        Draft.objects.filter(case=younger).update(case=case)
    case.opened_at = min(case.opened_at, younger.opened_at)
    case.touched_at = max(case.touched_at, younger.touched_at)
    case.last_out_at = max((at for at in (case.last_out_at, younger.last_out_at) if at), default=None)
    if younger.last_in_at is not None and (case.last_in_at is None or younger.last_in_at > case.last_in_at):
        case.last_in_at, case.excerpt = younger.last_in_at, younger.excerpt
    for name in ("order_id", "customer_id", "assignee_id", "claim_cents", "claim_due_at"):
        if getattr(case, name) is None:
            setattr(case, name, getattr(younger, name))
    for name in ("customer_name", "order_number", "order_key", "picture", "claim_name", "chip"):
        setattr(case, name, getattr(case, name) or getattr(younger, name))
    case.regular = case.regular or younger.regular
    if younger.state == CaseState.OPEN:
        case.state, case.wake_at = CaseState.OPEN, None
    _leave_behind(younger, case, now)
    search.forget(younger.pk)
    search.index_case(case.pk)
    record(
        who="kulanz:opening",
        what="case.join",
        kind="case",
        object_id=case.pk,
        now=now,
        after={"joined": younger.pk},
    )


def _leave_behind(younger: Case, case: Case, now: datetime) -> None:
    CaseEntry.objects.create(
        case=younger,
        kind=EntryKind.EVENT,
        text=f"gehört zu Fall {case.pk}, dort geht es weiter",
        icon="link",
        at=now,
    )
    younger.state, younger.closed_at, younger.wake_at = CaseState.CLOSED, now, None
    younger.unanswered_since = younger.asked_since = younger.claim_due_at = None
    younger.platform_due_at = younger.house_due_at = younger.claim_cents = None
    younger.platform_reason = younger.house_reason = younger.claim_name = younger.chip = ""
    younger.version += 1
    younger.save()
