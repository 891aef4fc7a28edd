"""The makers of test rows give valid, distinct rows."""

import pytest

import factories
from kulanz.cases.models import Case, CaseEntry

pytestmark = pytest.mark.django_db


def test_a_case_carries_its_messages_oldest_first() -> None:
    made = factories.case(messages=2)
    entries = CaseEntry.objects.filter(case=made).order_by("at")
    assert [entry.at for entry in entries] == [entry.message.sent_at for entry in entries]
    assert len(entries) == 2


def test_a_limited_user_sees_only_his_accounts() -> None:
    mine, other = factories.account(), factories.account()
    case = factories.case(mine)
    factories.case(other)
    viewer = factories.user(accounts=[mine])
    assert list(Case.objects.visible_to(viewer)) == [case]
    assert Case.objects.visible_to(factories.user()).count() == 2


def test_an_order_has_lines_that_sum_up() -> None:
    assert factories.order(lines=2).total_cents == 5980
