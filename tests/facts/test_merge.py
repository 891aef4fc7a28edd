"""Older never overwrites newer, whatever order the deliveries come in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kulanz.facts.merge import Standing, merge

COLUMNS = ("status", "total", "name")


def apply(deliveries):
    """The state after these deliveries, in this order; the first one makes the row."""
    first_stamp, first_values = deliveries[0]
    row = dict.fromkeys(COLUMNS)
    row.update(first_values)
    stamp, stamps = first_stamp, {}
    for at, values in deliveries[1:]:
        columns = tuple(values)
        merged = merge(
            Standing(stamp, stamps, [row[c] for c in columns]), columns, [values[c] for c in columns], at
        )
        for place in merged.write:
            row[columns[place]] = values[columns[place]]
        stamps = merged.stamps
        if merged.newest:
            stamp = at
    return row


values = st.dictionaries(st.sampled_from(COLUMNS), st.integers(1, 5), min_size=1)
stamps = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")), min_size=1, max_size=5, unique=True
)


@given(stamps.flatmap(lambda s: st.tuples(*[st.tuples(st.just(one), values) for one in s])))
def test_every_order_of_arrival_ends_alike(deliveries):
    ends = [apply(order) for order in itertools.permutations(deliveries)]
    assert all(end == ends[0] for end in ends)
    newest = {}
    for _at, said in sorted(deliveries, key=lambda d: d[0]):
        newest.update(said)
    assert {c: v for c, v in ends[0].items() if v is not None} == newest


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [(("2", "1"), (0,)), (("1", "2"), (0,)), (("1", "1"), (0,)), (("1", "0"), ()), (("0", "9"), ())],
)
def test_one_column(stamp, expected):
    merged = merge(Standing(("1", "1"), {}, ["shipped"]), ("status",), ["open"], stamp)
    assert merged.write == expected
