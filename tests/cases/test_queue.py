"""The queue's groups, order, filters and pages."""

from datetime import UTC, datetime, timedelta

import pytest

import factories as make
from kulanz.cases import queue
from kulanz.cases.groups import GROUPS, Filter, Group, condition, day_of
from kulanz.cases.models import Case, CaseState
from kulanz.people.models import Role

NOW = make.NOW


@pytest.mark.parametrize(
    ("now", "ends_at", "weekend"),
    [
        # Friday morning, Friday noon, Sunday night, Monday; the night the clocks go back
        (datetime(2026, 11, 27, 10, 59, tzinfo=UTC), datetime(2026, 11, 27, 23, tzinfo=UTC), None),
        (datetime(2026, 11, 27, 11, 0, tzinfo=UTC), datetime(2026, 11, 27, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC)),
        (datetime(2026, 11, 29, 22, 59, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC)),
        (datetime(2026, 11, 29, 23, 0, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC), None),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_the_edges_of_a_day_are_local(now, ends_at, weekend):
    day = day_of(now)
    assert (day.ends_at, day.weekend_ends_at) == (ends_at, weekend)


H = timedelta(hours=1)
CASES = [
    # platform, house (from Friday 13:07), state, claim, group
    (2 * H, None, "open", None, Group.TODAY),
    (None, 3 * H, "open", None, Group.TODAY),
    (2 * H, -1 * H, "open", None, Group.TODAY),
    (30 * H, 3 * H, "open", None, Group.TODAY),
    (-1 * H, 3 * H, "open", None, Group.MISSED),
    (None, -1 * H, "open", None, Group.MISSED),
    (-1 * H, None, "open", 500, Group.MONEY),
    (30 * H, 75 * H, "open", None, Group.WEEKEND),
    (None, 75 * H, "open", None, Group.SOON),
    (75 * H, 90 * H, "open", None, Group.SOON),
    (None, 30 * H, "open", None, Group.SOON),
    (None, None, "open", None, Group.CLOCKLESS),
    (2 * H, 2 * H, "wait_carrier", None, Group.CARRIER),
    (None, None, "wait_customer", 500, Group.CUSTOMER),
    (None, None, "later", None, Group.LATER),
    (None, None, "closed", None, None),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("platform", "house", "state", "claim", "group"), CASES)
def test_every_case_stands_in_exactly_one_group(platform, house, state, claim, group):
    make.case(
        state=state,
        claim_cents=claim,
        platform_due_at=NOW + platform if platform is not None else None,
        house_due_at=NOW + house if house is not None else None,
    )
    day = day_of(NOW)
    found = [kind.group for kind in GROUPS if Case.objects.filter(condition(kind.group, day)).exists()]
    assert found == ([group] if group else [])


@pytest.fixture
def desk(db):
    of = make.account("amazon", "amazon", title="Amazon.de")
    owner = make.user("alice", Role.OWNER)
    for hours in range(30):
        make.case(of, f"Fall {hours}", messages=0, platform_due_at=NOW + hours * timedelta(minutes=10) + H)
    return owner


def test_the_queue_counts_all_and_shows_the_first(desk, django_assert_num_queries):
    queue.queue(desk, Filter(), now=NOW)
    with django_assert_num_queries(4):
        found = queue.queue(desk, Filter(), now=NOW)
    (group,) = found.groups
    assert (group.group, group.count, group.more) == (Group.TODAY, 30, 20)
    assert [row.title for row in group.rows] == [f"Fall {n}" for n in range(10)]
    assert (found.total, found.mine, found.unassigned, found.ours, found.others, found.later) == (
        30,
        0,
        30,
        30,
        0,
        0,
    )
    assert group.rows[0].clocks[0].text == "Amazon: noch 1 h"


def test_counting_stops_at_the_cap(desk, monkeypatch):
    of = Case.objects.first().account_id
    Case.objects.bulk_create(
        Case(account_id=of, title="x", opened_at=NOW, touched_at=NOW, house_due_at=NOW + H)
        for _ in range(1000)
    )
    found = queue.queue(desk, Filter(), now=NOW)
    assert (found.groups[0].count, found.total) == (1000, 1000)


def test_filters_narrow_rows_and_not_their_own_counts(desk):
    Case.objects.filter(title__in=["Fall 3", "Fall 4"]).update(assignee=desk)
    found = queue.queue(desk, Filter(mine=True), now=NOW)
    assert [row.title for row in found.groups[0].rows] == ["Fall 3", "Fall 4"]
    assert (found.total, found.mine, found.unassigned, found.ours) == (30, 2, 28, 2)


def test_pages_of_a_group_follow_each_other(desk, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_ROWS", 12)
    titles, after = [], ""
    for _ in range(3):
        page = queue.group_page(desk, Filter(), Group.TODAY, now=NOW, after=after)
        titles += [row.title for row in page.view.rows]
        after = page.after
    assert (titles, after) == ([f"Fall {n}" for n in range(30)], "")


def test_equal_deadlines_are_not_lost_between_pages(desk, monkeypatch):
    Case.objects.update(platform_due_at=NOW + H)
    monkeypatch.setattr(queue, "PAGE_ROWS", 12)
    seen, after = [], ""
    for _ in range(3):
        page = queue.group_page(desk, Filter(), Group.TODAY, now=NOW, after=after)
        seen += [row.id for row in page.view.rows]
        after = page.after
    assert sorted(seen) == sorted(Case.objects.values_list("id", flat=True))


def test_the_export_has_every_waiting_case_in_order(desk):
    Case.objects.filter(title="Fall 9").update(state=CaseState.CLOSED)
    rows = queue.export(desk, Filter(), now=NOW)
    assert [row.title for row in rows] == [f"Fall {n}" for n in range(30) if n != 9]
