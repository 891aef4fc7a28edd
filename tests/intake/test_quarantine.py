"""Unreadable records: counted, shown safely, read again, dismissed with a reason."""

from hashlib import sha256

import pytest

from factories import NOW, account, user
from kulanz.audit.models import AuditEntry
from kulanz.base import blobs
from kulanz.facts.models import Account
from kulanz.intake import quarantine
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.people.models import Role, User


def record(of: Account, raw: bytes, source: str = "amazon.orders_all", **values: object) -> RawRecord:
    batch = RawBatch.objects.create(
        account=of,
        source=source,
        name="bericht.txt",
        head=b"a\tb",
        charset="cp1252",
        source_at=NOW,
        received_at=NOW,
    )
    given: dict[str, object] = {
        "body": raw, "digest": sha256(raw).digest(), "line": 7, "state": RawState.QUARANTINED,
        "error": "Zeile 7: Betrag nicht lesbar", "attempts": 2, "received_at": NOW,
    }  # fmt: skip
    return RawRecord.objects.create(account=of, batch=batch, source=source, **(given | values))


@pytest.fixture
def shop(db: None) -> Account:
    return account("shop")


@pytest.fixture
def lead(shop: Account) -> User:
    return user("lead", Role.LEAD)


def test_counts_by_source_and_rows_newest_first(shop: Account, lead: User) -> None:
    rows = [record(shop, bytes([n])) for n in range(3)]
    other = record(shop, b"x", "wawi.stages")
    record(shop, b"gut", state=RawState.READ)
    assert [(c.source, c.count) for c in quarantine.counts(lead)] == [
        ("amazon.orders_all", 3),
        ("wawi.stages", 1),
    ]
    assert [r.id for r in quarantine.rows(lead)] == [other.pk, *(r.pk for r in reversed(rows))]
    assert [r.id for r in quarantine.rows(lead, source="amazon.orders_all", after=rows[2].pk)] == [
        rows[1].pk,
        rows[0].pk,
    ]
    assert quarantine.counts(user(accounts=[account()])) == []


def test_the_text_is_shown_in_its_charset_and_cut(shop: Account, lead: User) -> None:
    shown = quarantine.show(record(shop, "Größe\x00\x1b[31m".encode("cp1252")).pk, user=lead)
    assert shown is not None
    assert (shown.text, shown.head, shown.cut, shown.size) == ("Größe␀␛[31m", "a\tb", False, 11)
    large = b"x" * 100_000
    blob = blobs.keep(large)
    shown = quarantine.show(record(shop, large, body=None, blob_id=blob.pk).pk, user=lead)
    assert shown is not None
    assert (len(shown.text), shown.cut, shown.size) == (quarantine.SHOWN_BYTES, True, 100_000)


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"a\r\nb\tc", "utf-8", "a\nb\tc"),
        (b"\xff\xfe", "utf-8", "��"),
        ("x\u202ey".encode(), "utf-8", "x�y"),
        (b"\x7f\xc2\x9b", "utf-8", "��"),
        ("ü".encode(), "erfunden", "ü"),
    ],
)
def test_nothing_shown_can_command_a_screen(body: bytes, charset: str, text: str) -> None:
    assert quarantine.printable(body, charset) == text


def test_reading_again_puts_it_back_in_line(shop: Account, lead: User) -> None:
    raw = record(shop, b"1")
    quarantine.replay(raw.pk, by=lead, now=NOW)
    raw.refresh_from_db()
    assert (raw.state, raw.attempts) == (RawState.NEW, 0)
    with pytest.raises(quarantine.NotPossible, match="nicht mehr"):
        quarantine.replay(raw.pk, by=lead, now=NOW)


def test_all_of_a_source(shop: Account, lead: User) -> None:
    for n in range(3):
        record(shop, bytes([n]))
    other = record(shop, b"x", "wawi.stages")
    done = quarantine.replay_source(account_id=shop.pk, source="amazon.orders_all", by=lead, now=NOW)
    assert done == 3
    assert [r.id for r in quarantine.rows(lead)] == [other.pk]
    assert list(AuditEntry.objects.values_list("verb", "after")) == [
        ("replay_raw_source", {"source": "amazon.orders_all", "records": 3})
    ]


def test_dismissing_keeps_bytes_and_reason(shop: Account, lead: User) -> None:
    raw = record(shop, b"1")
    with pytest.raises(quarantine.NotPossible, match="warum"):
        quarantine.dismiss(raw.pk, why="  ", by=lead, now=NOW)
    quarantine.dismiss(raw.pk, why="Testdatei", by=lead, now=NOW)
    raw.refresh_from_db()
    assert (raw.state, bytes(raw.body or b"")) == (RawState.DISMISSED, b"1")
    assert list(AuditEntry.objects.values_list("verb", "why")) == [("dismiss_raw", "Testdatei")]


def test_only_leads_and_only_their_accounts(shop: Account) -> None:
    raw = record(shop, b"1")
    stranger = user("stranger", Role.LEAD, [account()])
    for person in (user("agent"), stranger):
        with pytest.raises(quarantine.NotPossible):
            quarantine.replay(raw.pk, by=person, now=NOW)
    assert quarantine.show(raw.pk, user=stranger) is None
    raw.refresh_from_db()
    assert raw.state == RawState.QUARANTINED
