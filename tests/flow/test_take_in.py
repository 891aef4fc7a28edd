"""Reading what was kept: in whatever order mails come, whoever reads, however often."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

import factories
from flow.desk import NOW, letter, put, take
from kulanz.base import clock
from kulanz.cases.models import Case, CaseEntry
from kulanz.facts.models import Account, Message
from kulanz.flow.importing import account_named
from kulanz.flow.take_in import take_in
from kulanz.intake import slot as slots
from kulanz.intake.models import RawRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Account:
    return factories.account("laden", channel="shop")


def thread(length: int) -> list[bytes]:
    who = "Sabine <sabine@example.de>"
    mails = []
    for n in range(1, length + 1):
        references = " ".join(f"<brief.{m}@example.de>" for m in range(1, n))
        answered = f"In-Reply-To: <brief.{n - 1}@example.de>\nReferences: {references}\n" if n > 1 else ""
        mails.append(letter(n, f"Nachricht {n}", sender=who, subject="Meine Frage", headers=answered))
    return mails


@pytest.mark.parametrize("seed", range(6))
def test_a_thread_in_any_order_is_one_case(shop: Account, tmp_path: Path, seed: int) -> None:
    mails = thread(6)
    random.Random(seed).shuffle(mails)
    for n, raw in enumerate(mails):
        take(shop, put(tmp_path, f"{n}.eml", raw))
    case = Case.objects.get()
    entries = (
        CaseEntry.objects.filter(case=case, kind="message")
        .order_by("at")
        .values_list("message__own_text", flat=True)
    )
    assert list(entries) == [f"Nachricht {n}" for n in range(1, 7)]


def test_while_another_reads_nothing_is_read(shop: Account, tmp_path: Path) -> None:
    take(shop, put(tmp_path, "1.eml", letter(1)))
    RawRecord.objects.update(state="new")
    slot = slots.take(shop.pk, now=clock.now(), lease_seconds=30)
    assert slot is not None
    assert take_in(shop.pk, now=NOW) is None
    slots.give_back(slot)
    taken = take_in(shop.pk, now=NOW)
    assert taken is not None
    assert (taken.read, taken.cases) == (1, 0)
    assert (Message.objects.count(), CaseEntry.objects.filter(kind="message").count()) == (1, 1)


def test_after_a_reader_died_the_oldest_mail_is_counted_twice_others_once(
    shop: Account, tmp_path: Path
) -> None:
    """The dead reader fell over the oldest, uncounted; so three deaths are enough for its quarantine."""
    take(shop, *(put(tmp_path, f"{n}.eml", letter(n)) for n in range(3)))
    RawRecord.objects.update(state="new", attempts=0)
    slots.take(shop.pk, now=clock.now() - timedelta(hours=1), lease_seconds=30)
    take_in(shop.pk, now=NOW)
    assert list(RawRecord.objects.order_by("pk").values_list("attempts", "state")) == [
        (1, "read"),
        (0, "read"),
        (0, "read"),
    ]


def test_a_limit_of_records(shop: Account, tmp_path: Path) -> None:
    take(shop, *(put(tmp_path, f"{n}.eml", letter(n)) for n in range(3)))
    RawRecord.objects.update(state="new")
    taken = take_in(shop.pk, now=NOW, limit=2)
    assert taken is not None
    assert RawRecord.objects.filter(state="new").count() == 1


@pytest.mark.parametrize(
    "kind", ["Auto-Submitted: auto-replied\n", "List-Unsubscribe: <https://x.example>\n"]
)
def test_machines_open_no_case(shop: Account, tmp_path: Path, kind: str) -> None:
    done = take(shop, put(tmp_path, "1.eml", letter(1, headers=kind)))
    assert (done.as_json()["cases"], Message.objects.count(), Case.objects.count()) == (0, 1, 0)


def test_an_account_is_found_by_name_or_title_in_any_case(tmp_path: Path) -> None:
    made = account_named("Deichküche", paths=[], by="t", now=NOW)
    found = [
        account_named(n, paths=[], by="t", now=NOW).pk for n in ("deichküche", "DEICHKÜCHE", "Deichküche")
    ]
    assert found == [made.pk] * 3
