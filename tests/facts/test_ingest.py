"""The one way in for facts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import account
from kulanz.facts import changes
from kulanz.facts.ingest import ingest
from kulanz.facts.models import Account, Change, Customer, Order, OrderLine, OrderNumber, Parcel, Scan, Stage
from kulanz.facts.records import Fact, Unreadable

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def take(facts, *, account, source="amazon.orders_all", at=T0, received=T0):
    return ingest(facts, account_id=account.pk, source=source, source_at=at, received_at=received)


def order_facts(number="303-8841207-5521946", **more):
    return [
        Fact("customer", {"key": "kw@marketplace.amazon.de", "name": "Katharina Wöhrle"}),
        Fact(
            "order",
            {
                "number": number,
                "status": "Unshipped",
                "total_cents": 9539,
                "customer_key": "kw@marketplace.amazon.de",
                **more,
            },
        ),
        Fact(
            "order_line",
            {"order_number": number, "ref": "1", "sku": "KM-210-ST", "quantity": 1, "price_cents": 8990},
        ),
        Fact(
            "order_line",
            {"order_number": number, "ref": "2", "sku": "FP-004", "quantity": 1, "price_cents": 549},
        ),
        Fact("stage", {"order_number": number, "name": "eingegangen", "reached_at": T0}),
    ]


def test_an_order_with_all_that_belongs_to_it():
    amazon = account("Amazon", channel="amazon")
    result = take(order_facts(), account=amazon)
    order = Order.objects.get()
    assert (order.number, order.total_cents, order.customer.name, order.version) == (
        "303-8841207-5521946",
        9539,
        "Katharina Wöhrle",
        1,
    )
    assert list(OrderLine.objects.order_by("ref").values_list("order_id", "sku", "price_cents")) == [
        (order.pk, "KM-210-ST", 8990),
        (order.pk, "FP-004", 549),
    ]
    assert Stage.objects.values_list("order_id", "name", "reached_at").get() == (order.pk, "eingegangen", T0)
    assert dict(result.new) == {"customer": 1, "order": 1, "order_line": 2, "stage": 1}


def test_the_same_again_changes_nothing():
    amazon = account("Amazon", channel="amazon")
    take(order_facts(), account=amazon)
    again = take(order_facts(), account=amazon)
    assert (dict(again.new), dict(again.changed)) == ({}, {})
    assert Order.objects.get().version == 1


def test_only_delivered_columns_are_written_and_older_never_overwrites_newer():
    amazon = account("Amazon", channel="amazon")
    take(order_facts(), account=amazon, at=T0)
    number = "303-8841207-5521946"
    take([Fact("order", {"number": number, "status": "Shipped"})], account=amazon, at=T0 + timedelta(hours=2))
    take([Fact("order", {"number": number, "status": "Pending"})], account=amazon, at=T0 + timedelta(hours=1))
    order = Order.objects.get()
    assert (order.status, order.total_cents, order.version) == ("Shipped", 9539, 2)


def test_one_key_twice_in_one_delivery():
    amazon = account("Amazon", channel="amazon")
    facts = [Fact("customer", {"key": "a@b.de", "name": n}) for n in ("A", "B", "C")]
    take(facts, account=amazon)
    assert Customer.objects.values_list("name", flat=True).get() == "C"


def test_changes_are_one_row_for_each_order_with_a_growing_version():
    changes.subscribe("test", "order")
    try:
        amazon = account("Amazon", channel="amazon")
        take(order_facts(), account=amazon)
        take(order_facts(total_cents=1), account=amazon, at=T0 + timedelta(1))
        assert list(Change.objects.filter(consumer="test").values_list("object_id", "version")) == [
            (Order.objects.get().pk, 2)
        ]
    finally:
        changes._consumers["order"].discard("test")


def test_a_line_without_its_order_is_refused():
    with pytest.raises(Unreadable, match="order_line: 'X' ist nicht bekannt"):
        take([Fact("order_line", {"order_number": "X", "ref": "1"})], account=account("A"))


def test_an_unknown_column_is_a_mistake_of_the_parser():
    with pytest.raises(ValueError, match="order has no column 'colour'"):
        take([Fact("order", {"number": "1", "colour": "red"})], account=account("A"))


def test_a_parcel_before_its_order_is_linked_when_the_order_comes():
    wawi, amazon = account("Wawi", channel="wawi"), account("Amazon", channel="amazon")
    number = "303-8841207-5521946"
    take(
        [Fact("parcel", {"number": "00340434161094027318", "carrier": "dhl", "order_number": number})],
        account=wawi,
        source="wawi.stages",
    )
    assert Parcel.objects.get().order_id is None
    take(order_facts(), account=amazon)
    assert Parcel.objects.get().order_id == Order.objects.get().pk


def test_a_fact_that_names_the_order_by_its_wawi_number():
    wawi, amazon = account("Wawi", channel="wawi"), account("Amazon", channel="amazon")
    number = "303-8841207-5521946"
    take(order_facts(), account=amazon)
    take(
        [Fact("order_number", {"order_number": number, "kind": "wawi", "number": "AU-2026 1044"})],
        account=wawi,
        source="wawi.stages",
    )
    take(
        [Fact("invoice", {"order_number": "AU-2026 1044", "number": "RE-1", "total_cents": 9539})],
        account=wawi,
        source="wawi.invoices",
    )
    order = Order.objects.get()
    assert OrderNumber.objects.get().order_id == order.pk
    assert [i.order_id for i in order_invoices()] == [order.pk]


@pytest.mark.parametrize("invoice_first", [True, False])
def test_a_fact_of_a_merged_order_belongs_to_each_of_its_orders(invoice_first):
    wawi, amazon = account("Wawi", channel="wawi"), account("Amazon", channel="amazon")
    take(order_facts("A-1") + order_facts("A-2")[1:], account=amazon)
    numbers = [
        Fact("order_number", {"order_number": own, "kind": "wawi", "number": "AU-7"})
        for own in ("A-1", "A-2")
    ]
    feeds = [
        lambda: take(numbers, account=wawi, source="wawi.stages"),
        lambda: take(
            [Fact("invoice", {"order_number": "AU-7", "number": "RE-7"})],
            account=wawi,
            source="wawi.invoices",
        ),
    ]
    for feed in reversed(feeds) if invoice_first else feeds:
        feed()
    assert sorted((i.order_number, i.order.number) for i in order_invoices()) == [
        ("A-1", "A-1"),
        ("A-2", "A-2"),
    ]


def order_invoices():
    from kulanz.facts.models import Invoice

    return list(Invoice.objects.all())


@pytest.mark.parametrize("erp_first", [True, False])
def test_the_same_order_from_two_feeds_counts_once(erp_first):
    wawi, amazon = account("Wawi", channel="wawi"), account("Amazon", channel="amazon")
    feeds = [
        lambda: take(
            [Fact("order", {"number": "303-8841207-5521946", "status": "in Bearbeitung"})],
            account=wawi,
            source="wawi.orders",
        ),
        lambda: take(order_facts(), account=amazon, at=T0 + timedelta(minutes=5)),
    ]
    for feed in feeds if erp_first else reversed(feeds):
        feed()
    order = Order.objects.get()
    assert (order.account_id, order.status, order.total_cents) == (amazon.pk, "Unshipped", 9539)


def test_scans_move_every_parcel_of_their_number_and_older_news_changes_nothing():
    shop = account("Shop", channel="shop")
    take(
        [Fact("parcel", {"number": "P1", "carrier": "dhl", "order_number": n}) for n in ("A", "B")],
        account=shop,
    )
    new = {
        "number": "P1",
        "carrier": "dhl",
        "state": "DELIVERED",
        "state_at": T0 + timedelta(2),
        "place": "Esslingen",
    }
    old = {**new, "state": "IN_TRANSIT", "state_at": T0, "place": "Köngen"}
    take([Fact("parcel_state", new), Fact("parcel_state", old)], account=shop)
    assert list(Parcel.objects.values_list("state", "place").distinct()) == [("DELIVERED", "Esslingen")]


def test_a_scan_before_its_parcel():
    shop = account("Shop", channel="shop")
    take(
        [
            Fact(
                "scan",
                {
                    "number": "P1",
                    "carrier": "dhl",
                    "at": T0,
                    "code": "X",
                    "state": "IN_TRANSIT",
                    "place": "Köngen",
                },
            )
        ],
        account=shop,
    )
    take([Fact("parcel", {"number": "P1", "carrier": "dhl", "order_number": "A"})], account=shop)
    assert (Scan.objects.count(), Parcel.objects.get().state, Parcel.objects.get().state_at) == (
        1,
        "IN_TRANSIT",
        T0,
    )


def test_names_are_cut_to_their_column_and_nul_is_dropped():
    shop = account("Shop", channel="shop")
    take([Fact("customer", {"key": "k", "name": "a\x00" + "b" * 10_000})], account=shop)
    assert Customer.objects.get().name == "a" + "b" * 199


delivery = st.tuples(
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from(["amazon.orders_all", "amazon.unshipped"]),
    st.integers(1, 3),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(4)), st.lists(delivery, min_size=4, max_size=4, unique_by=lambda d: d[:2]))
def test_any_order_of_two_feeds_ends_alike(order, deliveries):
    def end(sequence):
        Order.objects.all().delete()
        Account.objects.all().delete()
        amazon = account("Amazon", channel="amazon")
        for source_day, received_day, source, value in sequence:
            column = {
                "amazon.orders_all": {"status": f"s{value}", "total_cents": value},
                "amazon.unshipped": {"status": f"u{value}", "city": f"c{value}"},
            }
            take(
                [Fact("order", {"number": "1", **column[source]})],
                account=amazon,
                source=source,
                at=T0 + timedelta(source_day),
                received=T0 + timedelta(received_day),
            )
        return Order.objects.values_list("status", "total_cents", "city").get()

    assert end([deliveries[i] for i in order]) == end(deliveries)
