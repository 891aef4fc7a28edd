"""Filing messages: which case, which clocks, which lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from cases.incoming import incoming
from factories import NOW, account, customer, fact, order, user
from kulanz.cases import drafts, search
from kulanz.cases.decide import Incoming
from kulanz.cases.models import Case, CaseEntry, CaseState, Stray
from kulanz.cases.opening import Filed, file_message
from kulanz.channels import rules
from kulanz.facts.models import Account, OrderNumber, Product

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
        "Meine Kaffeemühle sollte am 20. November kommen.",
        "„Wo ist sie?“",
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


def notice(
    of: Account, name: str, at: datetime, number: str = "303-1111111-2222222", **values: Any
) -> Incoming:
    given: dict[str, Any] = {
        "kind": "platform_notice",
        "notice": name,
        "sender": "donotreply@amazon.com",
        "sender_name": "Amazon",
        "order_numbers": (number,),
        "thread_keys": (f"order:{number}",),
    }
    return incoming(of, at, **(given | values))


def ask(of: Account, at: datetime, number: str = "303-1111111-2222222", **values: Any) -> Incoming:
    given: dict[str, Any] = {
        "order_numbers": (number,),
        "thread_keys": (f"order:{number}", "alias:amazon:abc"),
    }
    return incoming(of, at, **(given | values))


HOUR = timedelta(hours=1)


def test_an_answer_given_in_seller_central_stops_the_clock_and_warns_the_draft() -> None:
    amazon = account(channel="amazon")
    case_id = file_message(ask(amazon, NOW - 5 * HOUR), now=NOW).case_id
    assert case_id is not None
    draft = drafts.save(case_id, text="Guten Tag", by=user(), now=NOW, known_version=0)
    assert not drafts.is_overtaken(draft, Case.objects.get())
    copy = notice(amazon, "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT", NOW - HOUR)
    assert file_message(copy, now=NOW) == Filed(case_id, False)
    case = Case.objects.get()
    assert (case.state, case.platform_due_at, case.unanswered_since) == (CaseState.WAIT_CUSTOMER, None, None)
    assert drafts.is_overtaken(draft, case)
    assert lines(case_id) == [("message", ""), ("message", "Antwort in Seller Central gegeben")]


def test_a_claim_marks_its_case_with_money_and_its_own_deadline() -> None:
    amazon = account(channel="amazon")
    order(amazon, "303-1111111-2222222", lines=2)
    case_id = file_message(ask(amazon, NOW - 30 * HOUR), now=NOW).case_id
    file_message(notice(amazon, "A_Z_CLAIM_RESPONDENT_NOTIFY", NOW - 10 * HOUR), now=NOW)
    case = Case.objects.get()
    assert (case.pk, case.claim_name, case.claim_cents, case.claim_due_at) == (
        case_id,
        "A-bis-z-Antrag",
        5980,
        NOW + 38 * HOUR,
    )
    assert case.platform_due_at == NOW - 6 * HOUR
    answer = incoming(
        amazon, NOW - HOUR, direction="out", kind="other", order_numbers=("303-1111111-2222222",)
    )
    answer = replace(answer, thread_keys=("order:303-1111111-2222222",))
    file_message(answer, now=NOW)
    case.refresh_from_db()
    assert (case.state, case.platform_due_at, case.platform_reason) == (
        CaseState.OPEN,
        NOW + 38 * HOUR,
        "Frist der Stellungnahme zum A-bis-z-Antrag.",
    )
    file_message(notice(amazon, "A_Z_CLAIM_RESPONDENT_CLOSE", NOW), now=NOW)
    case.refresh_from_db()
    assert (case.state, case.claim_name, case.claim_cents, case.platform_due_at) == (
        CaseState.WAIT_CUSTOMER,
        "",
        None,
        None,
    )


def test_a_claim_decided_before_its_notice_is_read_stays_decided() -> None:
    amazon = account(channel="amazon")
    file_message(ask(amazon, NOW - 90 * HOUR), now=NOW)
    file_message(notice(amazon, "A_Z_CLAIM_RESPONDENT_CLOSE", NOW - HOUR), now=NOW)
    file_message(notice(amazon, "A_Z_CLAIM_RESPONDENT_NOTIFY", NOW - 60 * HOUR), now=NOW)
    case = Case.objects.get()
    assert (case.claim_name, case.claim_due_at) == ("", None)


@pytest.mark.parametrize(
    ("name", "title", "chip", "claim"),
    [
        ("A_Z_CLAIM_RESPONDENT_NOTIFY", "A-bis-z-Antrag", "", "A-bis-z-Antrag"),
        ("BRC_SELLER_NOTIFICATION", "Bitte um Stornierung", "", ""),
        ("BUYER_OPTED_OUT_BSM_MESSAGES", "Nachricht nicht zugestellt", "nicht zugestellt", ""),
    ],
)
def test_notices_that_open_a_case(name: str, title: str, chip: str, claim: str) -> None:
    amazon = account(channel="amazon")
    order(amazon, "303-1111111-2222222")
    filed = file_message(notice(amazon, name, NOW - HOUR), now=NOW)
    case = Case.objects.get()
    assert filed == Filed(case.pk, True)
    assert (case.title, case.chip, case.claim_name, case.customer_name) == (
        title,
        chip,
        claim,
        "Sabine Hoffmann",
    )
    assert (case.unanswered_since, case.asked_since, case.house_due_at) == (
        None,
        NOW - HOUR,
        datetime(2026, 11, 30, 15, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "bounce", "bounce_of": "<unknown@us>", "thread_keys": ("mid:<unknown@us>",)},
        {"kind": "auto_reply"},
        {"kind": "other", "notice": "newsletter"},
        {"kind": "other", "notice": "copy"},
        {"kind": "platform_notice", "notice": "community_question"},
        {"kind": "platform_notice", "notice": "RETURN_REQUEST"},
        {"kind": "platform_notice", "notice": "REFUND_ISSUED"},
        {"kind": "other", "direction": "out"},
    ],
)
def test_what_never_opens_a_case(values: dict[str, Any]) -> None:
    assert file_message(incoming(account(channel="amazon"), **values), now=NOW) == Filed(None, False)
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"kind": "auto_reply", "sender_name": "Uwe"}, ("event", "Automatische Antwort von Uwe")),
        ({"kind": "platform_notice", "notice": "RETURN_REQUEST"}, ("event", "Rückgabe angemeldet")),
        ({"kind": "platform_notice", "notice": "REFUND_ISSUED"}, ("event", "Amazon meldet eine Erstattung")),
    ],
)
def test_what_changes_no_clock(values: dict[str, Any], line: tuple[str, str]) -> None:
    amazon = account(channel="amazon")
    case_id = file_message(incoming(amazon, NOW - 3 * HOUR, message_key="<1@x>"), now=NOW).case_id
    assert case_id is not None
    before = Case.objects.values(
        "state", "platform_due_at", "house_due_at", "last_in_at", "last_out_at"
    ).get()
    file_message(incoming(amazon, NOW - HOUR, thread_keys=("mid:<1@x>",), **values), now=NOW)
    after = Case.objects.values("state", "platform_due_at", "house_due_at", "last_in_at", "last_out_at").get()
    assert (after, lines(case_id)[1:]) == (before, [line])


def test_a_bounce_brings_the_case_back_and_starts_no_clock() -> None:
    shop = account(channel="amazon")
    case_id = file_message(incoming(shop, NOW - 5 * HOUR, message_key="<1@x>"), now=NOW).case_id
    assert case_id is not None
    ours = incoming(
        shop, NOW - 4 * HOUR, message_key="<2@us>", direction="out", kind="other", thread_keys=("mid:<1@x>",)
    )
    file_message(ours, now=NOW)
    bounce = incoming(
        shop,
        NOW - 3 * HOUR,
        kind="bounce",
        bounce_of="<2@us>",
        thread_keys=("mid:<2@us>",),
        subject="Undelivered Mail",
    )
    file_message(bounce, now=NOW)
    case = Case.objects.get()
    assert (case.state, case.chip, case.platform_due_at, case.house_due_at) == (
        CaseState.OPEN,
        "nicht zugestellt",
        None,
        None,
    )
    assert lines(case_id)[2:] == [("event", "Nicht zugestellt: Undelivered Mail")]


@pytest.mark.parametrize(
    ("state", "events"),
    [
        (CaseState.CLOSED, [("event", "wieder geöffnet")]),
        (CaseState.LATER, [("event", "wieder geöffnet")]),
        (CaseState.WAIT_CARRIER, [("event", "wieder geöffnet")]),
        (CaseState.WAIT_CUSTOMER, []),
    ],
)
def test_a_new_message_opens_again(state: str, events: list[tuple[str, str]]) -> None:
    shop = account()
    case_id = file_message(incoming(shop, NOW - 5 * HOUR, message_key="<1@x>"), now=NOW).case_id
    assert case_id is not None
    Case.objects.update(state=state, wake_at=NOW + HOUR, closed_at=NOW - 2 * HOUR, unanswered_since=None)
    file_message(incoming(shop, NOW - HOUR, thread_keys=("mid:<1@x>",)), now=NOW)
    case = Case.objects.get()
    assert (case.state, case.wake_at, case.closed_at, case.unanswered_since) == (
        CaseState.OPEN,
        None,
        None,
        NOW - HOUR,
    )
    assert lines(case_id)[2:] == events


def test_a_message_older_than_our_answer_wants_nothing_more() -> None:
    shop = account(channel="amazon")
    file_message(incoming(shop, NOW - 5 * HOUR, message_key="<1@x>"), now=NOW)
    ours = incoming(shop, NOW - HOUR, direction="out", kind="other", thread_keys=("mid:<1@x>",))
    file_message(ours, now=NOW)
    file_message(incoming(shop, NOW - 3 * HOUR, thread_keys=("mid:<1@x>",)), now=NOW)
    case = Case.objects.get()
    assert (case.state, case.platform_due_at) == (CaseState.WAIT_CUSTOMER, None)


def test_our_answer_read_before_its_question_is_filed_with_it() -> None:
    """The Sent folder is read before the inbox: an answered mail does not look unanswered."""
    shop = account(channel="amazon")
    ours = incoming(
        shop, NOW - HOUR, message_key="<2@us>", direction="out", kind="other", thread_keys=("mid:<1@x>",)
    )
    bounce = incoming(shop, NOW, kind="bounce", bounce_of="<2@us>", thread_keys=("mid:<2@us>",))
    assert [file_message(mail, now=NOW) for mail in (bounce, ours)] == [Filed(None, False)] * 2
    asked = incoming(shop, NOW - 5 * HOUR, message_key="<1@x>")
    filed = file_message(asked, now=NOW)
    case = Case.objects.get()
    assert filed == Filed(case.pk, True)
    assert (case.chip, case.last_out_at, case.platform_due_at) == ("nicht zugestellt", NOW - HOUR, None)
    assert [kind for kind, _ in lines(case.pk)] == ["message", "message", "event"]
    assert Stray.objects.count() == 0


def test_two_threads_become_one_when_the_mail_between_comes() -> None:
    shop = account(channel="amazon")
    first = file_message(incoming(shop, NOW - 5 * HOUR, message_key="<1@x>", subject="Lampe"), now=NOW)
    third = file_message(
        incoming(shop, NOW - HOUR, message_key="<3@x>", thread_keys=("mid:<2@x>",), own_text="Zwiebelturm"),
        now=NOW,
    )
    assert (first.opened, third.opened) == (True, True)
    between = incoming(shop, NOW - 3 * HOUR, message_key="<2@x>", thread_keys=("mid:<1@x>",))
    assert file_message(between, now=NOW) == Filed(first.case_id, False)
    assert first.case_id is not None and third.case_id is not None
    assert lines(first.case_id) == [("message", "")] * 3
    assert lines(third.case_id) == [("event", f"gehört zu Fall {first.case_id}, dort geht es weiter")]
    kept, left = Case.objects.order_by("pk")
    assert (kept.state, kept.unanswered_since, left.state, left.platform_due_at) == (
        CaseState.OPEN,
        NOW - 5 * HOUR,
        CaseState.CLOSED,
        None,
    )
    assert search.find("zwiebelturm", user=user()) == [kept.pk]


def test_the_order_comes_by_any_of_its_numbers() -> None:
    shop = account()
    wawi = account(channel="wawi")
    bought = order(shop, "B-104913")
    OrderNumber.objects.create(
        account=wawi,
        order=bought,
        order_number="B-104913",
        kind="invoice",
        number="RE-1",
        folded="RE1",
        **fact(),
    )
    file_message(incoming(shop, order_numbers=("RE-1",)), now=NOW)
    case = Case.objects.get()
    assert (case.order_id, case.order_number) == (bought.pk, "B-104913")


def test_no_order_of_another_account_is_shown() -> None:
    order(account(), "B-104913")
    file_message(incoming(account(), order_numbers=("B-104913",)), now=NOW)
    case = Case.objects.get()
    assert (case.order_id, case.order_number) == (None, "B-104913")


@pytest.mark.parametrize(("orders", "linked"), [(1, True), (2, False), (0, False)])
def test_without_a_number_the_only_recent_order(orders: int, linked: bool) -> None:
    shop = account()
    buyer = customer(shop)
    for _ in range(orders):
        order(shop, customer=buyer)
    order(shop, customer=buyer, placed_at=NOW - timedelta(days=200))
    file_message(incoming(shop, customer_id=buyer.pk), now=NOW)
    case = Case.objects.get()
    assert (case.order_id is not None, case.regular) == (linked, orders > 0)


def test_the_picture_of_the_first_line_that_has_one() -> None:
    shop, wawi = account(), account(channel="wawi")
    order(shop, "B-7", lines=3)
    for sku, picture in (("SKU-2", "zwei.png"), ("SKU-3", "drei.png")):
        Product.objects.create(account=wawi, sku=sku, picture=picture, **fact())
    file_message(incoming(shop, order_numbers=("B-7",)), now=NOW)
    assert Case.objects.get().picture == "zwei.png"


def test_a_mail_from_the_future_counts_from_now() -> None:
    file_message(incoming(account(channel="amazon"), NOW + timedelta(days=400)), now=NOW)
    assert Case.objects.get().platform_due_at == NOW + timedelta(days=1)


def test_a_name_of_ten_thousand_characters() -> None:
    file_message(incoming(account(), customer_name="ä" * 10_000, subject=""), now=NOW)
    assert Case.objects.get().customer_name == "ä" * 200


def test_other_accounts_threads_are_other_threads() -> None:
    for shop in (account(), account()):
        file_message(incoming(shop, message_key="<same@x>"), now=NOW)
    assert Case.objects.count() == 2


@pytest.mark.parametrize(("values", "most"), [({}, 10), ({"order_numbers": ("B-7",)}, 10)])
def test_statements_of_a_new_case(
    values: dict[str, Any], most: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shop = account()
    buyer = customer(shop)
    order(shop, "B-7", customer=buyer)
    mail = incoming(shop, customer_id=buyer.pk, **values)
    rules.answer_time("amazon", NOW.date())
    with django_assert_max_num_queries(most):
        file_message(mail, now=NOW)
