"""Mails of one thread come in any order: one case, whose clocks depend on the set alone."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.incoming import incoming
from factories import NOW, account
from kulanz.cases.models import Case, CaseEntry, CaseState, Stray
from kulanz.cases.opening import Incoming, file_message
from kulanz.cases.state import waiting_since
from kulanz.facts.models import Account

State = tuple[str, datetime | None, datetime | None, datetime | None, datetime | None]


@st.composite
def threads(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[int]]:
    """Who wrote each mail and which earlier one it answers, the first always a customer's; and an order of arrival."""
    size = draw(st.integers(1, 6))
    mails = [("in", -1)]
    for place in range(1, size):
        mails.append((draw(st.sampled_from(("in", "out"))), draw(st.integers(0, place - 1))))
    return mails, draw(st.permutations(range(size)))


def written(of: Account, mails: list[tuple[str, int]]) -> list[Incoming]:
    """Each names only the mail it answers, as some programs do: no list of references helps."""
    made: list[Incoming] = []
    for place, (direction, answers) in enumerate(mails):
        keys = (f"mid:{made[answers].message_key}",) if answers >= 0 else ()
        kind = "buyer_message" if direction == "in" else "other"
        sent = NOW - timedelta(hours=10 - place)
        made.append(incoming(of, sent, direction=direction, kind=kind, thread_keys=keys))
    return made


def outcome(mails: list[Incoming]) -> tuple[State, int]:
    """State and clocks of the one case, and how many lines are mails. All in one case."""
    for mail in mails:
        file_message(mail, now=NOW)
    entries = CaseEntry.objects.filter(message__in=[mail.message_id for mail in mails])
    [case_id] = entries.values_list("case_id", flat=True).distinct()
    case = Case.objects.get(pk=case_id)
    state = (case.state, case.unanswered_since, case.platform_due_at, case.house_due_at, case.last_out_at)
    return state, entries.count()


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(threads())
def test_any_order_of_arrival_is_one_case_with_the_same_clocks(
    drawn: tuple[list[tuple[str, int]], list[int]],
) -> None:
    mails, arrival = drawn
    in_turn = outcome(written(account(channel="amazon"), mails))
    shuffled = written(account(channel="amazon"), mails)
    assert outcome([shuffled[place] for place in arrival]) == in_turn
    said = [(mail.direction, mail.kind, mail.notice, mail.sent_at) for mail in shuffled]
    unanswered, _, last_out = waiting_since(said)
    state = CaseState.WAIT_CUSTOMER if unanswered is None else CaseState.OPEN
    assert (in_turn[0][:2], in_turn[0][4], in_turn[1]) == ((state, unanswered), last_out, len(mails))
    assert Stray.objects.count() == 0


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(4)))
def test_amazons_mails_of_one_order_in_any_order(arrival: list[int]) -> None:
    amazon = account(channel="amazon")
    number = f"303-{amazon.pk:07d}-5521946"
    alias = "alias:amazon:abc"
    mails = [
        incoming(amazon, NOW - timedelta(hours=9), order_numbers=(number,)),
        incoming(
            amazon,
            NOW - timedelta(hours=7),
            kind="platform_notice",
            notice="BBC_MESSAGE_CONFIRMATION_TO_MERCHANT",
            order_numbers=(number,),
        ),
        incoming(amazon, NOW - timedelta(hours=5), order_numbers=(number,)),
        incoming(
            amazon,
            NOW - timedelta(hours=3),
            kind="platform_notice",
            notice="REFUND_ISSUED",
            order_numbers=(number,),
        ),
    ]
    order = f"order:{number}"
    keyed = [
        replace(mail, thread_keys=(order, alias) if mail.kind == "buyer_message" else (order,))
        for mail in mails
    ]
    for mail, key in zip(mails, keyed, strict=True):
        # The fact is what a stray is filed from later.
        CaseEntry.message.field.related_model.objects.filter(pk=mail.message_id).update(
            thread_keys=list(key.thread_keys)
        )
    state, count = outcome([keyed[place] for place in arrival])
    since = NOW - timedelta(hours=5)
    assert (state[1:3], count) == ((since, since + timedelta(hours=24)), 4)
