"""Who looks at a case."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from factories import NOW, account, case, user
from kulanz.cases import presence
from kulanz.cases.models import Presence
from kulanz.cases.presence import Present

pytestmark = pytest.mark.django_db


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_two_agents_see_each_other() -> None:
    of = case()
    deniz = user(first_name="Deniz", last_name="Aydın")
    miriam = user(first_name="Miriam", last_name="Köster")
    presence.here(of.pk, user=deniz, now=NOW, typing=True)
    presence.here(of.pk, user=miriam, now=NOW)
    assert presence.others(of.pk, user=miriam, now=NOW + seconds(9)) == [
        Present(deniz.pk, "Deniz Aydın", "DA", True)
    ]
    assert presence.others(of.pk, user=miriam, now=NOW + seconds(11)) == [
        Present(deniz.pk, "Deniz Aydın", "DA", False)
    ]
    assert presence.others(of.pk, user=deniz, now=NOW) == [Present(miriam.pk, "Miriam Köster", "MK", False)]
    assert presence.others(of.pk, user=miriam, now=NOW + seconds(30)) == []
    presence.gone(of.pk, user=miriam)
    assert presence.others(of.pk, user=deniz, now=NOW) == []


def test_polling_writes_seldom(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    of, by = case(), user()
    presence.here(of.pk, user=by, now=NOW)
    with django_assert_num_queries(1):
        presence.here(of.pk, user=by, now=NOW + seconds(9))
    with django_assert_num_queries(2):
        presence.here(of.pk, user=by, now=NOW + seconds(11))
    with django_assert_num_queries(2):
        presence.here(of.pk, user=by, now=NOW + seconds(12), typing=True)
    assert Presence.objects.values_list("seen_at", "typed_at").get() == (NOW + seconds(12), NOW + seconds(12))


def test_a_stranger_leaves_no_trace_and_sees_nobody() -> None:
    of, charlie = case(), user(accounts=[account()])
    presence.here(of.pk, user=user(), now=NOW)
    presence.here(of.pk, user=charlie, now=NOW)
    assert Presence.objects.count() == 1
    assert presence.others(of.pk, user=charlie, now=NOW) == []


def test_old_rows_are_forgotten() -> None:
    of = case()
    presence.here(of.pk, user=user(), now=NOW)
    assert presence.forget_old(NOW + timedelta(hours=23)) == 0
    assert presence.forget_old(NOW + timedelta(hours=25)) == 1
