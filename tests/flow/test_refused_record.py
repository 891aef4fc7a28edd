"""A record the database will not have goes to quarantine by itself and holds up nobody."""

from datetime import datetime

import pytest

import factories as make
from kulanz.channels.contract import Part
from kulanz.facts.models import Account, Message, Stock
from kulanz.flow import take_in as reading
from kulanz.flow import worker
from kulanz.intake.models import RawBatch, RawRecord
from kulanz.intake.receive import receive_parts

pytestmark = pytest.mark.django_db


def kept(account: Account, source: str, bodies: list[bytes], now: datetime, head: bytes = b"") -> None:
    batch = RawBatch.objects.create(
        account=account, source=source, name="x", head=head, source_at=now, received_at=now
    )
    receive_parts(batch=batch, parts=[Part("", body) for body in bodies], received_at=now)


def mail(number: int) -> bytes:
    return (
        f"Message-ID: <{number}@example.org>\r\nFrom: a@example.org\r\nTo: b@example.org\r\n"
        f"Date: Fri, 27 Nov 2026 10:00:0{number} +0000\r\nSubject: Frage\r\n\r\nWo ist Paket {number}?\r\n"
    ).encode()


def test_one_row_of_three(
    now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wawi = make.account("Wawi", channel="wawi")
    kept(wawi, "wawi.stock", [b"A;x;1", b"B;Sabine;2", b"C;x;3"], now, "SKU;Artikel;Verfügbar".encode())
    parse = reading._parse

    def half_a_character(reader: reading._Reader, record: reading._Raw) -> list[reading.Fact]:
        facts = parse(reader, record)
        if record.bytes.startswith(b"B"):
            facts[0].values["sku"] = "Sabine\ud800"
        return facts

    monkeypatch.setattr(reading, "_parse", half_a_character)
    reading.take_in(wawi.pk, now=now)
    assert list(RawRecord.objects.order_by("pk").values_list("state", flat=True)) == [
        "read",
        "quarantined",
        "read",
    ]
    assert sorted(Stock.objects.values_list("sku", flat=True)) == ["A", "C"]
    assert "Sabine" not in caplog.text


def test_one_mail_of_two(
    now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop = make.account()
    kept(shop, "mail", [mail(1), mail(2)], now)
    file_message = reading.file_message

    def stumble(incoming: reading.Incoming, *, now: datetime) -> object:
        if incoming.message_key == "<1@example.org>":
            raise KeyError("Wo ist Paket 1?")
        return file_message(incoming, now=now)

    monkeypatch.setattr(reading, "file_message", stumble)
    reading.take_in(shop.pk, now=now)
    assert list(RawRecord.objects.order_by("pk").values_list("state", flat=True)) == ["quarantined", "read"]
    assert list(Message.objects.values_list("key", flat=True)) == ["<2@example.org>"]
    assert "Wo ist" not in caplog.text


def test_an_account_that_cannot_be_read_holds_up_no_other(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make.account("eins"), make.account("zwei")
    for account in (first, second):
        kept(account, "mail", [mail(1)], now)
    file_message = reading.file_message

    def stumble(incoming: reading.Incoming, *, now: datetime) -> object:
        if incoming.account_id == first.pk:
            raise RuntimeError("broken")
        return file_message(incoming, now=now)

    monkeypatch.setattr(reading, "file_message", stumble)
    with pytest.raises(RuntimeError, match="broken"):
        worker.read_some()
    assert dict(RawRecord.objects.values_list("account__name", "state")) == {
        first.name: "new",
        second.name: "read",
    }
