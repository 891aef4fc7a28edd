"""Orders, parcels and papers from several files, in any order, end to end."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

import factories
from flow.desk import ALL_ORDERS, UNSHIPPED, counts, put, report, take
from kulanz.facts.models import Account, Invoice, Order, OrderLine, OrderNumber, Parcel, Scan, Stage

pytestmark = pytest.mark.django_db

STAGES = "Auftragsnummer;Externe Bestellnummer;Lieferscheinnummer;Stufe;Zeit;Versanddienst;Sendungsnummer\n"
DHL = """<?xml version="1.0" encoding="UTF-8"?>
<data name="piece-shipment-list" code="0" request-id="1">
<data name="piece-shipment" piece-code="{number}" error-status="0" status-timestamp="26.11.2026 10:15"
 ice="DLVRD" ric="OTHER" standard-event-code="ZU" delivery-event-flag="1" status="zugestellt">
<data name="piece-event-list"><data name="piece-event" event-timestamp="{at}" event-location="Köln"
 ice="DLVRD" ric="OTHER" standard-event-code="ZU" event-status="zugestellt"/></data></data></data>"""
NUMBER = "00340434161094042557"
ONE, TWO = "303-1111111-1111111", "303-2222222-2222222"


@pytest.fixture
def amazon() -> Account:
    return factories.account("amazon", channel="amazon")


@pytest.fixture
def wawi() -> Account:
    return factories.account("wawi", channel="wawi")


def files(folder: Path) -> dict[str, Path]:
    return {
        "order": put(folder, "bestellungen.txt", report(ALL_ORDERS, {"amazon_order_id": ONE})),
        "stage": put(
            folder, "stufen.csv", STAGES + f"AU-1;{ONE};LS-1;verschickt;25.11.2026 16:00;DHL;{NUMBER}\n"
        ),
        "scan": put(folder, "dhl.xml", DHL.format(number=NUMBER, at="26.11.2026 10:15")),
        "invoice": put(
            folder,
            "rechnungen.csv",
            "Rechnungsnummer;Auftrag;Datum;Betrag;PDF\nRE-1;AU-1;25.11.2026;24,90;RE-1.pdf\n",
        ),
    }


@pytest.mark.parametrize("sequence", list(permutations(("order", "stage", "scan", "invoice"))), ids="-".join)
def test_an_order_after_its_parcel(
    amazon: Account, wawi: Account, tmp_path: Path, sequence: tuple[str, ...]
) -> None:
    """In whatever order the files come, they end as one order with its parcel, its stage and its invoice."""
    paths = files(tmp_path)
    for name in sequence:
        assert counts(take(amazon if name in ("order", "scan") else wawi, paths[name]))[3] == 0
    order = Order.objects.get()
    assert order.number == ONE
    parcel = Parcel.objects.get()
    assert (parcel.number, parcel.order_id, parcel.state) == (NUMBER, order.pk, "DELIVERED")
    assert Stage.objects.get(name="verschickt").order_id == order.pk
    assert Invoice.objects.get().order_id == order.pk
    assert Scan.objects.get().at == datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
    assert {row.number for row in OrderNumber.objects.filter(order=order)} >= {"AU-1", "LS-1"}


def test_the_same_order_from_two_feeds(amazon: Account, tmp_path: Path) -> None:
    """Both reports tell of it once: one order, its line once, the younger report's words kept."""
    one = put(tmp_path, "a.txt", report(ALL_ORDERS, {"amazon_order_id": ONE, "order_status": "Pending"}))
    two = put(tmp_path, "u.txt", report(UNSHIPPED, {"order_id": ONE}))
    take(amazon, one, two)
    take(amazon, two, one)
    order = Order.objects.get()
    assert (order.number, order.recipient, order.city) == (ONE, "Sabine Hoffmann", "Köln")
    assert [(line.sku, line.quantity) for line in OrderLine.objects.all()] == [("KM-210-ST", 1)]


@pytest.mark.parametrize("younger_first", [False, True])
def test_older_never_overwrites_newer(amazon: Account, tmp_path: Path, younger_first: bool) -> None:
    old = report(ALL_ORDERS, {"order_status": "Pending", "last_updated_date": "2026-11-20T15:00:00+00:00"})
    new = report(ALL_ORDERS, {"order_status": "Shipped", "last_updated_date": "2026-11-22T15:00:00+00:00"})
    texts = (new, old) if younger_first else (old, new)
    for n, text in enumerate(texts):
        take(amazon, put(tmp_path, f"{n}.txt", text))
    assert Order.objects.get().status == "Shipped"


@pytest.mark.parametrize("orders_last", [False, True])
def test_merged_and_split_orders(amazon: Account, wawi: Account, tmp_path: Path, orders_last: bool) -> None:
    """AU-1 merges two marketplace orders into one parcel; AU-2 is split into two."""
    orders = put(
        tmp_path,
        "b.txt",
        report(ALL_ORDERS, *({"amazon_order_id": n} for n in (ONE, TWO, "303-3333333-3333333"))),
    )
    stages = put(
        tmp_path,
        "stufen.csv",
        STAGES
        + f"AU-1;{ONE};LS-1;verschickt;25.11.2026 16:00;DHL;{NUMBER}\n"
        + f"AU-1;{TWO};LS-1;verschickt;25.11.2026 16:00;DHL;{NUMBER}\n"
        + "AU-2;303-3333333-3333333;LS-2;verschickt;25.11.2026 16:00;DHL;00340434161094042564\n"
        + "AU-2;303-3333333-3333333;LS-3;verschickt;26.11.2026 16:00;DHL;00340434161094042571\n",
    )
    for path in (stages, orders) if orders_last else (orders, stages):
        take(amazon if path is orders else wawi, path)
    take(amazon, put(tmp_path, "dhl.xml", DHL.format(number=NUMBER, at="26.11.2026 10:15")))
    by_order = {
        order.number: sorted(Parcel.objects.filter(order=order).values_list("number", "state"))
        for order in Order.objects.all()
    }
    assert by_order == {
        ONE: [(NUMBER, "DELIVERED")],
        TWO: [(NUMBER, "DELIVERED")],
        "303-3333333-3333333": [("00340434161094042564", ""), ("00340434161094042571", "")],
    }
    assert OrderNumber.objects.filter(number="AU-1").values("order").distinct().count() == 2


def test_a_grown_export_adds_only_what_is_new(wawi: Account, tmp_path: Path) -> None:
    rows = [f"AU-{n};303-{n};LS-{n};gepackt;25.11.2026 16:0{n};;\n" for n in range(6)]
    take(wawi, put(tmp_path, "stufen.csv", STAGES + "".join(rows[:3]) + rows[3][:9]))
    assert Stage.objects.count() == 3
    take(wawi, put(tmp_path, "stufen.csv", STAGES + "".join(rows)))
    assert sorted(Stage.objects.values_list("order_number", flat=True)) == [f"303-{n}" for n in range(6)]


def test_a_parcel_scanned_at_the_hour_that_comes_twice(amazon: Account, tmp_path: Path) -> None:
    take(amazon, put(tmp_path, "dhl.xml", DHL.format(number=NUMBER, at="25.10.2026 02:30")))
    scan = Scan.objects.get()
    assert (scan.at, scan.ambiguous_time) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True)


def test_a_waiting_line_is_read_once_its_cause_is_gone(wawi: Account, tmp_path: Path) -> None:
    """The same line mended by the merchant comes as a new record; the bad one can be set aside."""
    from kulanz.intake import quarantine
    from kulanz.intake.models import RawRecord

    lead = factories.user(role="owner")
    head = "Rechnungsnummer;Auftrag;Datum;Betrag;PDF\n"
    take(wawi, put(tmp_path, "rechnungen.csv", head + "RE-1;AU-1;25.11.2026;24,9O;RE-1.pdf\n"))
    (bad,) = RawRecord.objects.filter(state="quarantined")
    quarantine.replay(bad.pk, by=lead, now=factories.NOW)
    from kulanz.flow.take_in import take_in

    taken = take_in(wawi.pk, now=factories.NOW)
    assert taken is not None
    assert taken.quarantined == 1
    bad.refresh_from_db()
    assert (bad.state, bad.error.count("rechnungen.csv")) == ("quarantined", 1)
    take(wawi, put(tmp_path, "rechnungen.csv", head + "RE-1;AU-1;25.11.2026;24,90;RE-1.pdf\n"))
    assert Invoice.objects.get().total_cents == 2490
    quarantine.dismiss(bad.pk, why="berichtigt", by=lead, now=factories.NOW)
    assert quarantine.rows(lead) == []
