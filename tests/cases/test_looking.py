"""Orders that come after their case."""

import pytest
from pytest_django import DjangoAssertNumQueries

from cases.incoming import incoming
from factories import NOW, account, customer, fact, order, user
from kulanz.audit.models import AuditEntry
from kulanz.cases import drafts, search
from kulanz.cases.looking import CONSUMER, look_again
from kulanz.cases.models import Case
from kulanz.cases.opening import file_message
from kulanz.facts.models import Change, OrderLine, OrderNumber, Parcel

pytestmark = pytest.mark.django_db


def changed(*order_ids: int) -> None:
    for pk in order_ids:
        row, made = Change.objects.get_or_create(consumer=CONSUMER, object_kind="order", object_id=pk)
        if not made:
            Change.objects.filter(pk=row.pk).update(version=row.version + 1)


@pytest.mark.parametrize("said", ["B-104913", "B 104913", "b104913"])
def test_an_order_after_its_case(said: str) -> None:
    shop = account()
    file_message(incoming(shop, order_numbers=(said,)), now=NOW)
    writer = user()
    drafts.save(Case.objects.get().pk, text="x", by=writer, now=NOW, known_version=0)
    bought = order(shop, "B-104913", customer=customer(shop, "Björn Nußbaumer"))
    OrderLine.objects.update(title="Thermoskanne Nordkap")
    changed(bought.pk)
    assert look_again(now=NOW) == 1
    case = Case.objects.get()
    assert (case.order_id, case.customer_id, Change.objects.count()) == (bought.pk, bought.customer_id, 0)
    assert search.find("thermoskanne", user=writer) == [case.pk]
    assert (case.version, drafts.is_overtaken(case_draft(case), case)) == (2, False)
    assert list(AuditEntry.objects.filter(verb="case.link_order").values_list("after", flat=True)) == [
        {"order_id": bought.pk}
    ]
    assert look_again(now=NOW) == 0


def case_draft(of: Case) -> drafts.Draft:
    return drafts.Draft.objects.get(case=of)


def test_by_a_further_number_and_with_the_money_of_its_claim() -> None:
    shop, wawi = account(channel="amazon"), account(channel="wawi")
    file_message(
        incoming(
            shop, kind="platform_notice", notice="A_Z_CLAIM_RESPONDENT_NOTIFY", order_numbers=("LS-7/1",)
        ),
        now=NOW,
    )
    bought = order(wawi, "B-1", lines=2)
    OrderNumber.objects.create(
        account=wawi, order=bought, order_number="B-1", kind="note", number="LS 7-1", folded="LS71", **fact()
    )
    changed(bought.pk)
    assert look_again(now=NOW) == 1
    case = Case.objects.get()
    assert (case.order_id, case.claim_cents) == (bought.pk, 5980)


def test_no_order_of_another_shop() -> None:
    file_message(incoming(account(), order_numbers=("B-1",)), now=NOW)
    changed(order(account(), "B-1").pk)
    assert look_again(now=NOW) == 1
    assert (Case.objects.get().order_id, Change.objects.count()) == (None, 0)


def test_a_new_parcel_is_found_with_its_case_and_pages_see_news() -> None:
    shop = account()
    bought = order(shop, "B-1")
    file_message(incoming(shop, order_numbers=("B-1",)), now=NOW)
    Parcel.objects.create(account=shop, order=bought, number="00340434161094027318", **fact())
    changed(bought.pk)
    look_again(now=NOW)
    case = Case.objects.get()
    assert (case.version, search.find("0034 0434 1610 9402 7318", user=user())) == (2, [case.pk])


def test_orders_without_a_case_are_cleared_at_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shop = account()
    file_message(incoming(shop, order_numbers=("B-0",)), now=NOW)
    changed(*(order(shop).pk for _ in range(20)))
    with django_assert_num_queries(6):
        assert look_again(now=NOW) == 20


def test_other_consumers_rows_stay() -> None:
    Change.objects.create(consumer="watchers", object_kind="order", object_id=order().pk)
    assert (look_again(now=NOW), Change.objects.count()) == (0, 1)
