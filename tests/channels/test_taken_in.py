"""Facts of every format go into the database as they are, and find each other there."""

from __future__ import annotations

import pytest

import factories
from channels.format_samples import DATA, RECEIVED, SENT, facts_of, found
from kulanz.facts.ingest import ingest
from kulanz.facts.models import Account, Invoice, Order, OrderNumber, Parcel, Refund, Return, Stage, Stock

pytestmark = pytest.mark.django_db


def take_in(account: Account, *names: str) -> None:
    for name in names:
        path = DATA / name
        ingest(
            facts_of(path),
            account_id=account.pk,
            source=found(path).source,
            source_at=SENT,
            received_at=RECEIVED,
        )


def test_what_the_erp_and_the_carrier_say_finds_the_order_of_the_marketplace() -> None:
    amazon, wawi = factories.account(channel="amazon"), factories.account(channel="wawi")
    take_in(wawi, "wawi/stufen.csv", "wawi/rechnungen.csv", "wawi/erstattungen.csv", "wawi/retouren.csv")
    take_in(amazon, "amazon/bestellungen.txt")
    take_in(wawi, "dhl/zwei-pakete.xml", "wawi/bestand.csv", "wawi/artikel.csv")
    order = Order.objects.get(number="302-4367882-7595866")
    assert (order.account_id, order.total_cents) == (amazon.pk, 14625)
    assert sorted(OrderNumber.objects.filter(order=order).values_list("kind", "number")) == [
        ("delivery", "LS-1"),
        ("invoice", "RE-47643"),
        ("wawi", "AU-1"),
    ]
    for model in (Parcel, Refund, Return, Stage):
        assert [row.order_id for row in model.objects.filter(order_number=order.number)] == [order.pk] * (
            2 if model is Stage else 1
        )
    parcel = Parcel.objects.get(order=order)
    assert (parcel.state, parcel.carrier, parcel.delivery_note) == ("DELIVERED_NEIGHBOUR", "dhl", "LS-1")
    assert Invoice.objects.get(number="RE-47643").order_id == order.pk
    assert dict(Stock.objects.values_list("sku", "available")) == {"KM-210-ST": 14, "FP-004": 1260}


def test_the_same_order_from_two_reports_counts_once() -> None:
    account = factories.account(channel="shop")
    take_in(account, "woocommerce/orders.retrieve-an-order.json", "woocommerce/orders.list-all-orders.json")
    take_in(account, "woocommerce/mit-sendung.json")
    assert sorted(Order.objects.values_list("number", flat=True)) == ["723", "727", "B-104834"]
    assert Order.objects.get(number="B-104834").customer is not None
