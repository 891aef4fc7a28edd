"""Drafts: nobody's words overwrite another's."""

from datetime import timedelta

import pytest

from factories import NOW, account, case, user
from kulanz.audit.models import AuditEntry
from kulanz.cases import drafts, verbs
from kulanz.cases.drafts import DraftConflict
from kulanz.cases.models import Case, Draft
from kulanz.cases.verbs import NotPossible

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)


def test_a_draft_saves_itself() -> None:
    of, by = case(), user()
    first = drafts.save(of.pk, text="Guten Tag", by=by, now=NOW, known_version=0)
    second = drafts.save(of.pk, text="Guten Tag,\r\nHerr", by=by, now=LATER, known_version=first.version)
    assert (first.version, first.case_version, second.version, second.text, second.saved_at) == (
        1,
        of.version,
        2,
        "Guten Tag,\nHerr",
        LATER,
    )
    assert Draft.objects.count() == 1


def test_two_writers() -> None:
    of, alice, bob = case(), user(first_name="Alice"), user(first_name="Bob")
    drafts.save(of.pk, text="Alice schreibt", by=alice, now=NOW, known_version=0)
    with pytest.raises(DraftConflict, match="Alice schreibt gerade") as conflict:
        drafts.save(of.pk, text="Bob auch", by=bob, now=NOW, known_version=0)
    assert conflict.value.standing is not None
    assert conflict.value.standing.text == "Alice schreibt"
    taken = drafts.save(of.pk, text="Bob auch", by=bob, now=NOW, known_version=1)
    assert (taken.user, taken.version) == (bob, 2)
    with pytest.raises(DraftConflict, match="Bob schreibt gerade"):
        drafts.save(of.pk, text="weiter", by=alice, now=NOW, known_version=1)


def test_the_same_words_twice_are_no_conflict() -> None:
    of, by = case(), user()
    drafts.save(of.pk, text="x", by=by, now=NOW, known_version=0)
    assert drafts.save(of.pk, text="x", by=by, now=NOW, known_version=0).version == 1


def test_discarded_meanwhile() -> None:
    of, by = case(), user()
    drafts.save(of.pk, text="geheim", by=by, now=NOW, known_version=0)
    drafts.discard(of.pk, by=by, now=NOW)
    drafts.discard(of.pk, by=by, now=NOW)
    with pytest.raises(DraftConflict, match="gesendet oder verworfen"):
        drafts.save(of.pk, text="x", by=by, now=NOW, known_version=1)
    assert list(AuditEntry.objects.values_list("verb", "before")) == [("draft.discard", {"chars": 6})]


def test_too_long() -> None:
    with pytest.raises(NotPossible, match="REPLY_CHARS"):
        drafts.save(case().pk, text="x" * 50_001, by=user(), now=NOW, known_version=0)


def test_a_verb_is_no_news_for_the_writer_and_a_message_is() -> None:
    of, by = case(account()), user()
    drafts.save(of.pk, text="x", by=by, now=NOW, known_version=0)
    verbs.assign(of.pk, to=by, by=by, now=NOW)
    verbs.note(of.pk, text="y", by=by, now=NOW)
    assert not drafts.is_overtaken(Draft.objects.get(), Case.objects.get())
    Case.objects.update(version=9)
    assert drafts.is_overtaken(Draft.objects.get(), Case.objects.get())
    verbs.note(of.pk, text="z", by=by, now=NOW)
    assert drafts.is_overtaken(Draft.objects.get(), Case.objects.get())
    drafts.seen(of.pk, by=by, version=10)
    assert not drafts.is_overtaken(Draft.objects.get(), Case.objects.get())
