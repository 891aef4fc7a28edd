"""Raw records as they are kept: once, byte for byte, with file and line where they cannot be read."""

import hashlib
from collections.abc import Iterator

import pytest

from factories import NOW, account
from kulanz.base.limits import BLOB_CHUNK_BYTES, INLINE_BYTES
from kulanz.facts.models import Account
from kulanz.intake import receive as receiving
from kulanz.intake.formats import Part
from kulanz.intake.models import RawBatch, RawRecord
from kulanz.intake.receive import body_of, receive, receive_parts

pytestmark = pytest.mark.django_db


def batch(of: Account, name: str = "bericht.txt", source: str = "mail") -> RawBatch:
    return RawBatch.objects.create(account=of, source=source, name=name, source_at=NOW, received_at=NOW)


@pytest.mark.parametrize(
    "size", [0, 1, INLINE_BYTES, INLINE_BYTES + 1, BLOB_CHUNK_BYTES, 2 * BLOB_CHUNK_BYTES + 1]
)
def test_bytes_stay_as_they_came(size: int) -> None:
    body = bytes(n % 256 for n in range(256)) * (size // 256 + 1)
    body = body[:size]
    receive_parts(batch=batch(account()), parts=[Part("k", body, 3)], received_at=NOW)
    record = RawRecord.objects.get()
    assert body_of(record) == body
    assert bytes(record.digest) == hashlib.sha256(body).digest()
    assert (record.blob_id is None) == (size <= INLINE_BYTES)


def test_the_same_twice_is_one_row_by_account_and_source() -> None:
    one, two = account(), account()
    part = Part("k", b"x" * (INLINE_BYTES + 1))
    kept = [
        receive_parts(batch=batch(of, source=source), parts=[part, part], received_at=NOW)
        for of, source in ((one, "mail"), (one, "mail"), (two, "mail"), (one, "wawi.stages"))
    ]
    assert [(r.raw, r.duplicate) for r in kept] == [(1, 1), (0, 2), (1, 1), (1, 1)]
    assert RawRecord.objects.count() == 3


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (Part("k", b"x", 7, error="Zeile 7: Zu kurz."), "b.txt, Zeile 7: Zu kurz."),
        (Part("k", b"x", 7, error="Zu kurz."), "b.txt, Zeile 7: Zu kurz."),
        (Part("k", b"x", error="Leer."), "b.txt: Leer."),
        (Part("k", b"x", error="Zeichen \x00 und \udcfc."), "b.txt: Zeichen  und ?."),
    ],
)
def test_file_and_line_stand_before_the_reason(part: Part, error: str) -> None:
    received = receive_parts(batch=batch(account(), "b.txt"), parts=[part], received_at=NOW)
    record = RawRecord.objects.get()
    assert (record.state, record.error, received.quarantined) == ("quarantined", error, 1)


def test_a_known_bad_record_is_not_counted_again() -> None:
    of = account()
    part = Part("k", b"x", error="Leer.")
    assert [receive_parts(batch=batch(of), parts=[part], received_at=NOW).quarantined for _ in range(2)] == [
        1,
        0,
    ]


def test_keys_are_cut_and_hold_text_only() -> None:
    receive_parts(batch=batch(account()), parts=[Part("\udcfc\x00" + "k" * 500, b"x")], received_at=NOW)
    assert RawRecord.objects.get().key == "?" + "k" * 253


def test_a_transaction_holds_neither_too_many_nor_too_large_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "CHUNK_BYTES", 100)

    def parts() -> Iterator[Part]:
        for n in range(20):
            yield Part(str(n), bytes([n]) * (60 if n < 10 else 1))

    kept = [r.raw for r in receive(batch=batch(account()), parts=parts(), received_at=NOW, size=7)]
    assert kept == [2, 2, 2, 2, 2, 7, 3]


def test_many_records_at_once_are_kept_in_their_order_and_known_ones_passed_over() -> None:
    """Above COPY_FROM PostgreSQL takes another way; what stays is the same."""
    of = account()
    many = receiving.COPY_FROM + 20
    parts = [Part(key=f"k{n}", body=f"Zeile {n}".encode(), line=n) for n in range(many)]
    few = receive_parts(batch=batch(of), parts=parts[:5], received_at=NOW)
    rest = receive_parts(batch=batch(of), parts=parts, received_at=NOW)
    assert [(few.raw, few.duplicate), (rest.raw, rest.duplicate)] == [(5, 0), (many - 5, 5)]
    kept = list(RawRecord.objects.order_by("pk").values_list("key", flat=True))
    assert kept == [part.key for part in parts]
