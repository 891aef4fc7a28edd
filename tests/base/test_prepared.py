"""A kept statement answers as the queryset it was made from, whatever its values."""

from datetime import timedelta

import pytest

import factories as make
from kulanz.base import prepared
from kulanz.cases.models import Case
from kulanz.facts.models import Account
from kulanz.people.models import User

pytestmark = pytest.mark.django_db


def late(since, account_id):
    found = Case.objects.filter(touched_at__gte=since, account_id=account_id).order_by("id")
    return found.values_list("id", "title", "touched_at")


def test_rows_equal_the_orms_for_every_value():
    first, second = make.account("a"), make.account("b")
    for age in range(4):
        make.case(first if age % 2 else second, f"Fall {age}", touched_at=make.NOW - timedelta(hours=age))
    for account in (first, second):
        for hours in (0, 1, 3, 9):
            given = {"since": make.NOW - timedelta(hours=hours), "account_id": account.pk}
            assert prepared.rows("late", late, **given) == list(late(**given))


def by_ids(ids):
    return Case.objects.filter(pk__in=ids).select_related("account", "customer").order_by("id")


@pytest.mark.parametrize("count", [0, 1, 4, 6, 25])
def test_lists_of_any_length_and_objects_with_relations(count):
    of = make.account("a")
    ids = [make.case(of, messages=0).pk for _ in range(count)]
    make.case(of, messages=0)
    found = prepared.objects("by ids", by_ids, ids=ids)
    assert found == list(by_ids(ids))
    assert [case.account.title for case in found] == ["A"] * count
    assert [case.__dict__.keys() for case in found] == [case.__dict__.keys() for case in by_ids(ids)]


def test_too_many_ids_name_the_limit():
    with pytest.raises(ValueError, match="MAX_IDS"):
        prepared.rows("by ids", by_ids, ids=list(range(prepared.MAX_IDS + 1)))


def test_counts_scalars_and_piles_are_one_statement_each(django_assert_num_queries):
    of = make.account("a")
    ids = [make.case(of, messages=0).pk for _ in range(3)]

    def some(account_id):
        return Case.objects.filter(account_id=account_id).order_by("-id").values("id")[:2]

    def none(account_id):
        return Account.objects.filter(pk=account_id, title="?").values_list("title")[:1]

    def nil(account_id):
        return Case.objects.filter(account_id=account_id, title="?").values("id")

    with django_assert_num_queries(3):
        assert prepared.counts("c", [("some", some), ("none", none)], account_id=of.pk) == [2, 0]
        assert prepared.scalars(
            "s", [("some", lambda account_id: some(account_id)[:1]), ("none", none)], account_id=of.pk
        ) == [ids[2], None]
        assert prepared.piles("p", [("some", some), ("nil", nil)], account_id=of.pk) == {
            "some": [ids[2], ids[1]],
            "nil": [],
        }


def test_what_changes_the_shape_is_refused_as_a_value():
    with pytest.raises(TypeError, match="shape"):
        prepared.rows(
            "flag", lambda flag: User.objects.filter(all_accounts=flag).values_list("id"), flag=True
        )
