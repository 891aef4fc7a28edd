"""Filing messages: which case, which clocks, which lines."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.incoming import incoming
from factories import NOW, account, customer, order
from kulanz.cases.models import Case, CaseEntry, CaseState
from kulanz.cases.opening import Filed, file_message

pytestmark = pytest.mark.django_db


def lines(case_id: int) -> list[tuple[str, str]]:
    return list(CaseEntry.objects.filter(case_id=case_id).order_by("at", "pk").values_list("kind", "text"))


def test_a_message_opens_a_case() -> None:
    amazon = account("amazon", "amazon", title="Amazon")
    buyer = customer(amazon, "Katharina Wöhrle")
    bought = order(amazon, "303-8841207-5521946", customer=buyer)
    asked = incoming(
        amazon,
        datetime(2026, 11, 26, 15, 7, tzinfo=UTC),
        subject="Frage von Amazon-Kunde Katharina Wöhrle (Bestellung: 303-8841207-5521946)",
        own_text="Guten Tag, meine Kaffeemühle sollte am 20. November kommen. Wo ist sie?",
        order_numbers=("303-8841207-5521946",),
        thread_keys=("order:303-8841207-5521946", "alias:amazon:abc"),
        customer_id=buyer.pk,
        customer_name="Katharina Wöhrle",
    )
    filed = file_message(asked, now=NOW)
    case = Case.objects.get()
    assert filed == Filed(case.pk, True)
    assert (case.title, case.excerpt, case.customer_name, case.order_id, case.order_number, case.regular) == (
        "meine Kaffeemühle sollte am 20. November kommen.",
        "„meine Kaffeemühle sollte am 20. November kommen.“",
        "Katharina Wöhrle",
        bought.pk,
        "303-8841207-5521946",
        False,
    )
    assert (case.platform_due_at, case.platform_reason) == (
        datetime(2026, 11, 27, 15, 7, tzinfo=UTC),
        "24 h ab Do., 16:07. Läuft nachts und am Wochenende.",
    )
    assert (case.house_due_at, case.house_reason) == (
        datetime(2026, 11, 27, 15, 0, tzinfo=UTC),
        "Hausregel: bis 16 Uhr am nächsten Werktag.",
    )
    assert lines(case.pk) == [("message", "")]
    assert file_message(asked, now=NOW) == Filed(case.pk, False)
    assert lines(case.pk) == [("message", "")]


def test_an_answer_stops_the_clocks_and_the_next_message_starts_them() -> None:
    shop = account("shop", "amazon")
    first = incoming(shop, NOW - timedelta(hours=5), message_key="<1@x>")
    case_id = file_message(first, now=NOW).case_id
    ours = incoming(
        shop,
        NOW - timedelta(hours=3),
        message_key="<2@x>",
        direction="out",
        kind="other",
        thread_keys=("mid:<1@x>",),
    )
    assert file_message(ours, now=NOW) == Filed(case_id, False)
    case = Case.objects.get()
    assert (case.state, case.platform_due_at, case.house_due_at) == (CaseState.WAIT_CUSTOMER, None, None)
    again = incoming(
        shop, NOW - timedelta(hours=1), message_key="<3@x>", thread_keys=("mid:<2@x>", "mid:<1@x>")
    )
    assert file_message(again, now=NOW) == Filed(case_id, False)
    case.refresh_from_db()
    assert (case.state, case.platform_due_at) == (CaseState.OPEN, NOW + timedelta(hours=23))
    assert lines(case.pk) == [("message", "")] * 3
