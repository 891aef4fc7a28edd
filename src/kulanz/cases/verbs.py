"""What people do to a case. Each verb is atomic, refuses strangers, leaves an event and an audit record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from kulanz.audit.record import record
from kulanz.cases import search, state
from kulanz.cases.clocks import local_day
from kulanz.cases.models import Case, CaseEntry, CaseState, Draft, EntryKind
from kulanz.people.models import Role, User

NOTE_CHARS = 10_000
MANY_CASES = 500
"""Cases one verb takes at once."""
WAKE_AT_ONCE = 500
UNDOABLE = ("state", "assignee_id", "wake_at", "closed_at", "chip")


class NotPossible(Exception):
    """This cannot be done to this case now. The text is German, for people."""


class NotAllowed(NotPossible):
    """This user may not do this. The text is German, for people."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What a case was before a verb; hand it to `undo`. Empty `before`: the verb changed nothing."""

    case_id: int
    version: int
    before: dict[str, Any]

    def as_text(self) -> str:
        """For a form field. What it can do, its user may do by other verbs anyway."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Undo:
        """Raises NotPossible when the text is no Undo."""
        try:
            said = json.loads(text)
            before = {name: said["before"][name] for name in UNDOABLE if name in said["before"]}
            return cls(int(said["case_id"]), int(said["version"]), before)
        except (ValueError, KeyError, TypeError):
            raise NotPossible(_("Das lässt sich nicht mehr rückgängig machen.")) from None


@transaction.atomic
def assign(case_id: int, *, to: User | None, by: User, now: datetime) -> Undo:
    """Make somebody responsible; None frees the case."""
    case = _take(case_id, by)
    if to is not None and not (to.answers and to.is_active and _sees(to, case)):
        raise NotPossible(
            _("%(name)s darf Fälle dieses Kontos nicht bearbeiten.") % {"name": to.display_name}
        )
    if case.assignee_id == (to.pk if to else None):
        return Undo(case.pk, case.version, {})
    if to is None:
        text = f"{by.display_name} gibt den Fall frei"
    elif to.pk == by.pk:
        text = f"{by.display_name} übernimmt"
    else:
        text = f"{by.display_name} gibt den Fall an {to.display_name}"
    return _change(case, "case.assign", {"assignee_id": to.pk if to else None}, text, "user", by, now)


@transaction.atomic
def note(case_id: int, *, text: str, by: User, now: datetime) -> CaseEntry:
    """An internal note; the warehouse may write one as well."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise NotPossible(_("Die Notiz ist leer."))
    if len(text) > NOTE_CHARS:
        raise NotPossible(
            _("Die Notiz ist mit %(chars)d Zeichen zu lang; die Grenze liegt bei %(limit)d (NOTE_CHARS).")
            % {"chars": len(text), "limit": NOTE_CHARS}
        )
    case = _take(case_id, by, roles=(Role.AGENT, Role.LEAD, Role.OWNER, Role.WAREHOUSE))
    entry = CaseEntry.objects.create(case=case, kind=EntryKind.NOTE, user=by, text=text, at=now)
    _touch(case, now)
    record(who=by.username, what="case.note", kind="case", object_id=case.pk, now=now)
    search.add(case.pk, case.account_id, words=[text])
    return entry


@transaction.atomic
def snooze(case_id: int, *, until: datetime, by: User, now: datetime) -> Undo:
    """Put a case away until then; a new message of the customer brings it back at once. The platform's clock runs on."""
    case = _take(case_id, by)
    _ahead(until, now)
    text = f"bis {_when(until, case)} zurückgestellt"
    return _change(case, "case.snooze", {"state": CaseState.LATER, "wake_at": until}, text, "moon", by, now)


@transaction.atomic
def wait_for_carrier(case_id: int, *, until: datetime, by: User, now: datetime) -> Undo:
    """The next word is the carrier's, expected by then."""
    case = _take(case_id, by)
    _ahead(until, now)
    text = f"wartet bis {_when(until, case)} auf den Paketdienst"
    return _change(
        case,
        "case.wait_for_carrier",
        {"state": CaseState.WAIT_CARRIER, "wake_at": until},
        text,
        "truck",
        by,
        now,
    )


@transaction.atomic
def wait_for_customer(case_id: int, *, by: User, now: datetime) -> Undo:
    """Nothing to do before the customer writes; both clocks count as answered."""
    case = _take(case_id, by)
    if case.state == CaseState.WAIT_CUSTOMER:
        return Undo(case.pk, case.version, {})
    after = {"state": CaseState.WAIT_CUSTOMER, "wake_at": None}
    return _change(case, "case.wait_for_customer", after, "wartet auf den Kunden", "clock", by, now)


@transaction.atomic
def close(case_id: int, *, by: User, now: datetime) -> Undo:
    """Done: clocks stop. A new message of the customer opens it again."""
    case = _take(case_id, by)
    if case.state == CaseState.CLOSED:
        return Undo(case.pk, case.version, {})
    after = {"state": CaseState.CLOSED, "closed_at": now, "wake_at": None, "chip": ""}
    return _change(case, "case.close", after, f"{by.display_name} schließt den Fall", "check", by, now)


@transaction.atomic
def reopen(case_id: int, *, by: User, now: datetime) -> Undo:
    """Back to the queue, from wherever it waits; clocks run from what is still unanswered."""
    case = _take(case_id, by)
    if case.state == CaseState.OPEN:
        return Undo(case.pk, case.version, {})
    after = {"state": CaseState.OPEN, "closed_at": None, "wake_at": None}
    return _change(
        case, "case.reopen", after, f"{by.display_name} öffnet den Fall wieder", "refresh", by, now
    )


@transaction.atomic
def claim_answered(case_id: int, *, by: User, now: datetime) -> None:
    """Our statement about the claim was given in the portal; its money stays at stake until the platform decides."""
    case = _take(case_id, by)
    if case.claim_due_at is None:
        raise NotPossible(_("In diesem Fall wartet die Plattform auf keine Stellungnahme."))
    before = case.claim_due_at
    case.claim_due_at = None
    _save(case, now)
    _event(
        case, f"{by.display_name} hat zum {case.claim_name or 'Antrag'} Stellung genommen", "shield", by, now
    )
    record(
        who=by.username,
        what="case.claim_answered",
        kind="case",
        object_id=case.pk,
        now=now,
        before={"claim_due_at": before.isoformat()},
        after={"claim_due_at": None},
    )


@transaction.atomic
def undo(done: Undo, *, by: User, now: datetime) -> None:
    """Take a verb back, as long as nothing happened to the case since. Raises NotPossible."""
    case = _take(done.case_id, by)
    if not done.before:
        return
    if case.version != done.version:
        raise NotPossible(
            _("Der Fall hat sich inzwischen geändert; das lässt sich nicht mehr rückgängig machen.")
        )
    after = {name: state.from_json(name, value) for name, value in done.before.items()}
    assignee = after.get("assignee_id")
    if assignee is not None and not User.objects.filter(pk=assignee).exists():
        raise NotPossible(_("Das lässt sich nicht mehr rückgängig machen."))
    _change(case, "case.undo", after, f"{by.display_name} nimmt das zurück", "undo", by, now)


def assign_many(case_ids: Iterable[int], *, to: User | None, by: User, now: datetime) -> list[Undo]:
    """All or none."""
    return _many(case_ids, lambda pk: assign(pk, to=to, by=by, now=now))


def snooze_many(case_ids: Iterable[int], *, until: datetime, by: User, now: datetime) -> list[Undo]:
    """All or none."""
    return _many(case_ids, lambda pk: snooze(pk, until=until, by=by, now=now))


def close_many(case_ids: Iterable[int], *, by: User, now: datetime) -> list[Undo]:
    """All or none."""
    return _many(case_ids, lambda pk: close(pk, by=by, now=now))


def reopen_many(case_ids: Iterable[int], *, by: User, now: datetime) -> list[Undo]:
    """All or none."""
    return _many(case_ids, lambda pk: reopen(pk, by=by, now=now))


@transaction.atomic
def undo_many(done: Iterable[Undo], *, by: User, now: datetime) -> None:
    """All or none."""
    for one in done:
        undo(one, by=by, now=now)


@transaction.atomic
def answered(case_id: int, *, at: datetime, now: datetime) -> None:
    """Our answer left at that time, before its copy is read as a message: both clocks stop, the case waits."""
    case = Case.objects.select_for_update(of=("self",)).select_related("account").get(pk=case_id)
    state.answer(case, at)
    _save(case, now)


@transaction.atomic
def wake_due(now: datetime) -> int:
    """Bring back what was put away until now; how many. Call again while it returns WAKE_AT_ONCE."""
    due = (
        Case.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("account")
        .filter(wake_at__lte=now)
        .order_by("wake_at")[:WAKE_AT_ONCE]
    )
    count = 0
    for case in due:
        waited = case.state
        case.wake_at = None
        if waited in (CaseState.LATER, CaseState.WAIT_CARRIER):
            case.state = CaseState.OPEN
            text = (
                "wieder vorgelegt"
                if waited == CaseState.LATER
                else "Paketdienst hat sich bis jetzt nicht gemeldet"
            )
            _event(case, text, "clock", None, now)
            record(
                who="kulanz:wake",
                what="case.wake",
                kind="case",
                object_id=case.pk,
                now=now,
                before={"state": waited},
                after={"state": CaseState.OPEN},
            )
        _save(case, now)
        count += 1
    return count


def _take(case_id: int, by: User, *, roles: tuple[str, ...] = (Role.AGENT, Role.LEAD, Role.OWNER)) -> Case:
    """The case, locked until the transaction ends. Raises NotAllowed."""
    if by.role not in roles:
        raise NotAllowed(_("Ihre Rolle bearbeitet keine Fälle."))
    case = (
        Case.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise NotAllowed(_("Diesen Fall gibt es nicht, oder Sie dürfen ihn nicht sehen."))
    return case


def _sees(user: User, case: Case) -> bool:
    return user.all_accounts or user.accounts.filter(pk=case.account_id).exists()


def _ahead(until: datetime, now: datetime) -> None:
    if until <= now:
        raise NotPossible(_("Dieser Zeitpunkt ist schon vorbei."))


def _when(until: datetime, case: Case) -> str:
    return local_day(until, case.account.zone)


def _change(
    case: Case, what: str, after: dict[str, Any], text: str, icon: str, by: User, now: datetime
) -> Undo:
    before = {name: state.as_json(getattr(case, name)) for name in after}
    changed = {name: value for name, value in after.items() if state.as_json(value) != before[name]}
    for name, value in after.items():
        setattr(case, name, value)
    if before.get("state") == CaseState.CLOSED and case.state != CaseState.CLOSED:
        state.recount(case)
    elif case.state == CaseState.CLOSED:
        case.unanswered_since = case.asked_since = None
    _save(case, now)
    _event(case, text, icon, by, now)
    record(
        who=by.username,
        what=what,
        kind="case",
        object_id=case.pk,
        now=now,
        before={name: before[name] for name in changed},
        after={name: state.as_json(value) for name, value in changed.items()},
    )
    return Undo(case.pk, case.version, before)


def _save(case: Case, now: datetime) -> None:
    """Write the case with its clocks. A draft begun before does not take a verb for a new message."""
    state.set_clocks_of(case)
    case.touched_at = max(case.touched_at, now)
    case.version += 1
    case.save()
    Draft.objects.filter(case_id=case.pk, case_version=case.version - 1).update(
        case_version=F("case_version") + 1
    )


def _touch(case: Case, now: datetime) -> None:
    case.touched_at = max(case.touched_at, now)
    case.version += 1
    case.save(update_fields=["touched_at", "version"])
    Draft.objects.filter(case_id=case.pk, case_version=case.version - 1).update(
        case_version=F("case_version") + 1
    )


def _event(case: Case, text: str, icon: str, by: User | None, now: datetime) -> None:
    CaseEntry.objects.create(case=case, kind=EntryKind.EVENT, user=by, text=text, icon=icon, at=now)


@transaction.atomic
def _many(case_ids: Iterable[int], verb: Callable[[int], Undo]) -> list[Undo]:
    ids = sorted(set(case_ids))
    if len(ids) > MANY_CASES:
        raise NotPossible(_("Höchstens %(limit)d Fälle auf einmal (MANY_CASES).") % {"limit": MANY_CASES})
    return [verb(pk) for pk in ids]
