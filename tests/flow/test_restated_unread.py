"""A newer file says the same again before anyone has read what the older one said."""

from datetime import datetime, timedelta

import pytest

import factories as make
from kulanz.channels.contract import Part
from kulanz.facts.models import Account, Stock
from kulanz.flow import take_in as reading
from kulanz.intake.models import RawBatch, RawRecord
from kulanz.intake.receive import receive_parts

pytestmark = pytest.mark.django_db
HEAD = b"SKU;Artikel;Verf\xc3\xbcgbar"


def stock_list(wawi: Account, pieces: int, at: datetime) -> None:
    batch = RawBatch.objects.create(
        account=wawi, source="wawi.stock", name="bestand.csv", head=HEAD, source_at=at, received_at=at
    )
    row = Part("", f"KM-210;Kaffeemühle;{pieces}".encode(), 2)
    receive_parts(batch=batch, parts=[row], received_at=at, restated=True)


def test_three_lists_kept_before_one_is_read(now: datetime) -> None:
    wawi = make.account("Wawi", channel="wawi")
    for hour, pieces in enumerate((14, 12, 14)):
        stock_list(wawi, pieces, now + timedelta(hours=hour))
    reading.take_in(wawi.pk, now=now)
    assert Stock.objects.values_list("available", "source_at").get() == (14, now + timedelta(hours=2))


def test_a_row_said_again_while_it_is_being_read_is_read_again(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    wawi = make.account("Wawi", channel="wawi")
    stock_list(wawi, 14, now)
    parse = reading._parse

    def parse_slowly(reader: reading._Reader, record: reading._Raw) -> list[reading.Fact]:
        facts = parse(reader, record)
        stock_list(wawi, 14, now + timedelta(hours=1))
        return facts

    monkeypatch.setattr(reading, "_parse", parse_slowly)
    reading.take_in(wawi.pk, now=now)
    assert (RawRecord.objects.get().state, Stock.objects.get().source_at) == ("new", now)
    monkeypatch.undo()
    reading.take_in(wawi.pk, now=now)
    assert (RawRecord.objects.get().state, Stock.objects.get().source_at) == (
        "read",
        now + timedelta(hours=1),
    )
