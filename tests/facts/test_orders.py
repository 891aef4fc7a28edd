"""Orders by any number, newest first by key, and one with all its facts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import NOW, account, customer, fact, order, user
from kulanz.base.folding import fold_number
from kulanz.facts import orders
from kulanz.facts.models import Account, Invoice, Order, OrderNumber, Parcel, Product
from kulanz.facts.order_view import view_order


def numbered(of: Order, kind: str, number: str) -> None:
    OrderNumber.objects.create(
        account=of.account,
        order=of,
        order_number=of.number,
        kind=kind,
        number=number,
        folded=fold_number(number),
        **fact(),
    )


@pytest.fixture
def amazon(db: None) -> Account:
    return account("amazon", "amazon")


@pytest.fixture
def known(amazon: Account) -> Order:
    """One order with every kind of number."""
    made = order(amazon, "306-6398898-9762213")
    numbered(made, "wawi", "AU-51208")
    numbered(made, "delivery", "LS-47121")
    Parcel.objects.create(
        account=amazon,
        order=made,
        order_number=made.number,
        number="00340434161094273883",
        carrier="dhl",
        **fact(),
    )
    Invoice.objects.create(account=amazon, order=made, order_number=made.number, number="RE-47643", **fact())
    return made


@pytest.mark.parametrize(
    "typed",
    [
        "306-6398898-9762213",
        " 306-6398898-9762213 ",
        "30663988989762213",
        "306 6398898 9762213",
        "AU-51208",
        "au 51208",
        "au51208",
        "LS-47121",
        "RE-47643",
        "re47643",
        "00340434161094273883",
        "0034 0434 1610 9427 3883",
    ],
)
def test_every_number_in_any_spelling_leads_to_the_order(known: Order, typed: str) -> None:
    anybody = user()
    assert [row.id for row in orders.find_orders(typed, anybody)] == [known.pk]
    assert orders.exact_order(typed, anybody) == known.pk


@pytest.mark.parametrize("typed", ["", "ab", "Wöhrle", "999-9999999-9999999", "306-639", "%", "306-63%"])
def test_what_is_no_number_of_an_order_leads_nowhere(known: Order, typed: str) -> None:
    assert orders.exact_order(typed, user()) is None


def test_the_beginning_of_a_number_finds_while_typing(known: Order) -> None:
    assert [row.id for row in orders.find_orders("306-6398", user())] == [known.pk]
    assert orders.find_orders("306-6", user()) == []


def test_a_shop_number_with_a_space(amazon: Account) -> None:
    made = order(amazon, "B-104913")
    assert [row.id for row in orders.find_orders("B-104 913", user())] == [made.pk]


def test_nobody_finds_an_order_of_an_account_he_does_not_see(known: Order) -> None:
    stranger = user(accounts=[account()])
    assert orders.find_orders("AU-51208", stranger) == []
    assert orders.exact_order("306-6398898-9762213", stranger) is None
    assert view_order(known.pk, stranger) is None
    assert orders.list_orders(stranger, orders.OrderFilter()).rows == ()


def test_one_number_of_several_orders_is_not_exact_but_shows_them_as_merged(
    known: Order, amazon: Account
) -> None:
    other = order(amazon, "306-1111111-1111111")
    numbered(other, "delivery", "LS-47121")
    anybody = user()
    assert orders.exact_order("LS-47121", anybody) is None
    assert {row.id for row in orders.find_orders("LS-47121", anybody)} == {known.pk, other.pk}
    view = view_order(known.pk, anybody)
    assert view is not None
    assert [row.id for row in view.merged_with] == [other.pk]


def test_several_delivery_notes_are_a_split_order(known: Order) -> None:
    view = view_order(known.pk, user())
    assert view is not None and not view.is_split
    numbered(known, "delivery", "LS-47122")
    view = view_order(known.pk, user())
    assert view is not None and view.is_split


def test_pages_by_key_over_accounts_and_equal_times_lose_nothing(amazon: Account) -> None:
    shop = account()
    for place in range(4):
        order(amazon, placed_at=NOW - timedelta(hours=place))
        order(shop, placed_at=NOW - timedelta(hours=place // 2))
    order(shop, placed_at=None)
    anybody, seen, after = user(), [], ""
    for _ in range(9):
        page = orders.list_orders(anybody, orders.OrderFilter(), after=after, limit=2)
        seen += [(row.placed_at, row.id) for row in page.rows]
        if not (after := page.after):
            break
    dated = [row for row in seen if row[0]]
    assert dated == sorted(dated, reverse=True)
    assert len({pk for _at, pk in seen}) == len(seen) == 9
    assert seen[-1][0] is None


@pytest.mark.parametrize("after", ["gestern", "2026-13-40,1", "-x", "2026-11-27T12:00:00+00:00,x"])
def test_a_key_that_is_none_of_ours_is_refused(amazon: Account, after: str) -> None:
    order(amazon)
    with pytest.raises(ValueError):
        orders.list_orders(user(), orders.OrderFilter(), after=after)


def test_filters_by_account_status_and_name(amazon: Account) -> None:
    shop = account()
    mine = order(amazon, status="Shipped", customer=customer(amazon, "Şenay Gökçe"))
    order(shop, status="Pending")
    anybody = user()

    def ids(**wanted: object) -> list[int]:
        return [row.id for row in orders.list_orders(anybody, orders.OrderFilter(**wanted)).rows]  # type: ignore[arg-type]

    assert ids(account_id=amazon.pk) == ids(status="Shipped") == ids(text="senay g") == [mine.pk]
    assert ids(text="senay", account_id=shop.pk) == []
    assert orders.statuses(anybody) == ["Pending", "Shipped"]


def test_a_total_no_source_names_is_the_sum_of_the_lines(amazon: Account) -> None:
    order(amazon, lines=2, total_cents=None, shipping_cents=390, discount_cents=100)
    order(amazon, lines=0, total_cents=None, placed_at=NOW - timedelta(days=9))
    totals = [row.total_cents for row in orders.list_orders(user(), orders.OrderFilter()).rows]
    assert totals == [2 * 2990 + 390 - 100, None]


def test_a_picture_comes_from_the_erp_and_the_queries_stay_few(known: Order) -> None:
    wawi = account("wawi", "wawi")
    Product.objects.create(account=wawi, sku="SKU-1", title="Kanne", picture="kanne.svg", **fact())
    anybody = user()
    with CaptureQueriesContext(connection) as asked:
        view = view_order(known.pk, anybody)
    assert view is not None
    assert [(line.sku, line.picture, line.title) for line in view.lines] == [
        ("SKU-1", "kanne.svg", "Artikel 1")
    ]
    assert len(asked) == 11
