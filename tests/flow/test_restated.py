"""A stock list says what holds now: the same row in a newer file is news, not a duplicate to be passed over."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from factories import account
from kulanz.facts.models import Stock
from kulanz.flow.importing import import_paths

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_stock_that_goes_back_to_an_earlier_number(tmp_path):
    wawi = account("Wawi", channel="wawi")
    seen = []
    for day, pieces in enumerate((14, 12, 14)):
        file = tmp_path / f"bestand-{day}.csv"
        file.write_text(f"SKU;Artikel;Verfügbar\nKM-210;Kaffeemühle;{pieces}\n", encoding="utf-8")
        at = T0 + timedelta(days=day)
        os.utime(file, (at.timestamp(), at.timestamp()))
        done = import_paths([file], account=wawi, now=at + timedelta(minutes=1)).as_json()
        seen.append(
            (done["new"], done["duplicate"], *Stock.objects.values_list("available", "source_at").get())
        )
    assert seen == [(1, 0, 14, T0), (1, 0, 12, T0 + timedelta(1)), (0, 1, 14, T0 + timedelta(2))]
