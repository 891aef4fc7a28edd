"""What people do to cases, and who may."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.incoming import incoming
from factories import NOW, account, case, user
from kulanz.audit.models import AuditEntry
from kulanz.cases import drafts, search, verbs
from kulanz.cases.models import Case, CaseEntry, CaseState
from kulanz.cases.opening import file_message
from kulanz.cases.verbs import NotAllowed, NotPossible, Undo
from kulanz.people.models import Role, User

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opened(**values: Any) -> Case:
    """A case of an Amazon message, an hour old."""
    filed = file_message(incoming(account(channel="amazon"), NOW - HOUR, **values), now=NOW)
    return Case.objects.get(pk=filed.case_id)


def miriam() -> User:
    return user(first_name="Miriam", last_name="Köster")


def events(of: Case) -> list[tuple[str, str]]:
    return list(
        CaseEntry.objects.filter(case=of, kind="event").order_by("pk").values_list("text", "user__first_name")
    )


def audit() -> list[tuple[str, Any, Any]]:
    return list(
        AuditEntry.objects.filter(object_kind="case").order_by("pk").values_list("verb", "before", "after")
    )


def test_assign() -> None:
    of, by = opened(), miriam()
    deniz = user(first_name="Deniz", last_name="Aydın")
    verbs.assign(of.pk, to=by, by=by, now=NOW)
    verbs.assign(of.pk, to=by, by=by, now=NOW)
    verbs.assign(of.pk, to=deniz, by=by, now=NOW)
    verbs.assign(of.pk, to=None, by=deniz, now=NOW)
    of.refresh_from_db()
    assert (of.assignee, of.version) == (None, 4)
    assert events(of) == [
        ("Miriam Köster übernimmt", "Miriam"),
        ("Miriam Köster gibt den Fall an Deniz Aydın", "Miriam"),
        ("Deniz Aydın gibt den Fall frei", "Deniz"),
    ]
    assert audit() == [
        ("case.assign", {"assignee_id": None}, {"assignee_id": by.pk}),
        ("case.assign", {"assignee_id": by.pk}, {"assignee_id": deniz.pk}),
        ("case.assign", {"assignee_id": deniz.pk}, {"assignee_id": None}),
    ]


def test_a_case_goes_only_to_who_may_answer_it() -> None:
    of, by = opened(), miriam()
    for stranger in (user(accounts=[account()]), user(role=Role.WAREHOUSE), user(is_active=False)):
        with pytest.raises(NotPossible, match="darf Fälle dieses Kontos nicht bearbeiten"):
            verbs.assign(of.pk, to=stranger, by=by, now=NOW)
    assert events(of) == []


def test_note_is_found_and_changes_no_clock() -> None:
    of = opened()
    before = of.platform_due_at
    entry = verbs.note(of.pk, text="  14 Stück am Packtisch  ", by=user(role=Role.WAREHOUSE), now=NOW)
    of.refresh_from_db()
    assert (entry.kind, entry.text, of.platform_due_at, of.version, of.touched_at) == (
        "note",
        "14 Stück am Packtisch",
        before,
        2,
        NOW,
    )
    assert search.find("packtisch", user=miriam()) == [of.pk]


@pytest.mark.parametrize(
    ("text", "why"), [("", "leer"), (" \n", "leer"), ("x" * 10_001, "NOTE_CHARS"), ("\x00", "leer")]
)
def test_notes_refused(text: str, why: str) -> None:
    of = opened()
    with pytest.raises(NotPossible, match=why):
        verbs.note(of.pk, text=text, by=miriam(), now=NOW)


def test_snooze_stops_the_house_and_never_the_platform() -> None:
    of = opened()
    due = of.platform_due_at
    verbs.snooze(of.pk, until=MONDAY, by=miriam(), now=NOW)
    of.refresh_from_db()
    assert (of.state, of.wake_at, of.platform_due_at, of.house_due_at, of.house_reason) == (
        CaseState.LATER,
        MONDAY,
        due,
        MONDAY,
        "Zurückgestellt bis Mo., 30.11., 08:00.",
    )
    assert events(of) == [("bis Mo., 30.11., 08:00 zurückgestellt", "Miriam")]
    with pytest.raises(NotPossible, match="schon vorbei"):
        verbs.snooze(of.pk, until=NOW, by=miriam(), now=NOW)


def test_snoozed_cases_wake() -> None:
    of = opened()
    verbs.snooze(of.pk, until=MONDAY, by=miriam(), now=NOW)
    assert verbs.wake_due(MONDAY - HOUR) == 0
    assert verbs.wake_due(MONDAY) == 1
    assert verbs.wake_due(MONDAY) == 0
    of.refresh_from_db()
    assert (of.state, of.wake_at, of.house_due_at) == (
        CaseState.OPEN,
        None,
        datetime(2026, 11, 30, 15, 0, tzinfo=UTC),
    )
    assert events(of)[-1] == ("wieder vorgelegt", None)
    assert audit()[-1] == ("case.wake", {"state": "later"}, {"state": "open"})


def test_waiting_for_the_carrier_and_for_the_customer() -> None:
    of = opened()
    verbs.wait_for_carrier(of.pk, until=MONDAY, by=miriam(), now=NOW)
    of.refresh_from_db()
    assert (of.state, of.house_due_at, of.house_reason) == (
        CaseState.WAIT_CARRIER,
        MONDAY,
        "Der Paketdienst hat Zeit bis Mo., 30.11., 08:00.",
    )
    verbs.wait_for_customer(of.pk, by=miriam(), now=NOW)
    of.refresh_from_db()
    assert (of.state, of.wake_at, of.house_due_at, of.platform_due_at is not None) == (
        CaseState.WAIT_CUSTOMER,
        None,
        None,
        True,
    )


def test_close_and_reopen() -> None:
    of, by = opened(), miriam()
    due = of.platform_due_at
    verbs.close(of.pk, by=by, now=NOW)
    of.refresh_from_db()
    assert (of.state, of.closed_at, of.platform_due_at, of.house_due_at, of.unanswered_since) == (
        CaseState.CLOSED,
        NOW,
        None,
        None,
        None,
    )
    verbs.reopen(of.pk, by=by, now=NOW + HOUR)
    of.refresh_from_db()
    assert (of.state, of.closed_at, of.platform_due_at) == (CaseState.OPEN, None, due)
    assert events(of) == [
        ("Miriam Köster schließt den Fall", "Miriam"),
        ("Miriam Köster öffnet den Fall wieder", "Miriam"),
    ]


DOINGS: list[Callable[[int, User], Undo]] = [
    lambda pk, by: verbs.close(pk, by=by, now=NOW),
    lambda pk, by: verbs.snooze(pk, until=MONDAY, by=by, now=NOW),
    lambda pk, by: verbs.assign(pk, to=by, by=by, now=NOW),
    lambda pk, by: verbs.wait_for_carrier(pk, until=MONDAY, by=by, now=NOW),
    lambda pk, by: verbs.wait_for_customer(pk, by=by, now=NOW),
]
KEPT = ("state", "assignee_id", "wake_at", "closed_at", "platform_due_at", "house_due_at", "unanswered_since")


@pytest.mark.parametrize("doing", DOINGS)
def test_undo_through_a_form(doing: Callable[[int, User], Undo]) -> None:
    of, by = opened(), miriam()
    before = Case.objects.values(*KEPT).get()
    done = Undo.from_text(doing(of.pk, by).as_text())
    assert Case.objects.values(*KEPT).get() != before
    verbs.undo(done, by=by, now=NOW)
    assert Case.objects.values(*KEPT).get() == before
    with pytest.raises(NotPossible, match="inzwischen geändert"):
        verbs.undo(done, by=by, now=NOW)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"case_id": "x", "version": 1, "before": {}}', "null"])
def test_a_broken_undo(text: str) -> None:
    with pytest.raises(NotPossible, match="nicht mehr rückgängig"):
        Undo.from_text(text)


def test_undo_brings_back_nothing_but_its_columns() -> None:
    of, by = opened(), miriam()
    done = Undo.from_text(Undo(of.pk, 1, {"claim_cents": 9, "state": "nonsense"}).as_text())
    verbs.undo(done, by=by, now=NOW)
    of.refresh_from_db()
    assert (of.claim_cents, of.state) == (None, CaseState.OPEN)


def test_many_at_once_is_all_or_none() -> None:
    shop = account()
    by = user(accounts=[shop])
    mine, yours, foreign = case(shop), case(shop), case(account())
    with pytest.raises(NotAllowed):
        verbs.close_many([mine.pk, foreign.pk], by=by, now=NOW)
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.OPEN}
    done = verbs.close_many([mine.pk, yours.pk, mine.pk], by=by, now=NOW)
    assert [undo.case_id for undo in done] == [mine.pk, yours.pk]
    verbs.undo_many(done, by=by, now=NOW)
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.OPEN}
    with pytest.raises(NotPossible, match="MANY_CASES"):
        verbs.reopen_many(range(501), by=by, now=NOW)


EVERY_VERB: list[Callable[[int, User], object]] = [
    *DOINGS,
    lambda pk, by: verbs.note(pk, text="x", by=by, now=NOW),
    lambda pk, by: verbs.reopen(pk, by=by, now=NOW),
    lambda pk, by: verbs.claim_answered(pk, by=by, now=NOW),
    lambda pk, by: verbs.undo(Undo(pk, 1, {}), by=by, now=NOW),
    lambda pk, by: drafts.save(pk, text="x", by=by, now=NOW, known_version=0),
    lambda pk, by: drafts.discard(pk, by=by, now=NOW),
    lambda pk, by: drafts.seen(pk, by=by, version=9),
]


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_strangers_and_other_roles_do_nothing(verb: Callable[[int, User], object]) -> None:
    of = opened()
    before = (Case.objects.values().get(), CaseEntry.objects.count(), AuditEntry.objects.count())
    charlie = user(accounts=[account()])
    people = [charlie, user(role=Role.ACCOUNTING)]
    people += [] if verb is EVERY_VERB[len(DOINGS)] else [user(role=Role.WAREHOUSE)]
    for by in people:
        with pytest.raises(NotAllowed):
            verb(of.pk, by)
    assert (Case.objects.values().get(), CaseEntry.objects.count(), AuditEntry.objects.count()) == before


def test_answered_before_the_copy_is_read() -> None:
    of = opened()
    verbs.answered(of.pk, at=NOW, now=NOW)
    of.refresh_from_db()
    assert (of.state, of.platform_due_at, of.house_due_at, of.last_out_at) == (
        CaseState.WAIT_CUSTOMER,
        None,
        None,
        NOW,
    )


def test_a_statement_to_a_claim_stops_its_deadline() -> None:
    amazon = account(channel="amazon")
    filed = file_message(
        incoming(amazon, NOW - HOUR, kind="platform_notice", notice="A_Z_CLAIM_RESPONDENT_NOTIFY"), now=NOW
    )
    assert filed.case_id is not None
    verbs.claim_answered(filed.case_id, by=miriam(), now=NOW)
    of = Case.objects.get()
    assert (of.claim_due_at, of.platform_due_at, of.claim_name) == (None, None, "A-bis-z-Antrag")
    with pytest.raises(NotPossible, match="keine Stellungnahme"):
        verbs.claim_answered(filed.case_id, by=miriam(), now=NOW)
