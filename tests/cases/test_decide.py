"""To which case a message belongs: tables, without a database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from factories import NOW
from kulanz.cases.decide import Candidate, Decision, Incoming, What, decide, own_keys, what_is
from kulanz.cases.models import CaseState

ORDER = "303-8841207-5521946"
FOLDED = "30388412075521946"
PLAIN = Incoming(
    message_id=1,
    account_id=1,
    channel="amazon",
    zone="Europe/Berlin",
    land="NW",
    direction="in",
    kind="buyer_message",
    notice="",
    sent_at=NOW,
    sender="abc@marketplace.amazon.de",
    sender_name="Sabine",
    subject="Frage",
    own_text="Wo?",
    thread_keys=(),
    order_numbers=(),
    tracking_numbers=(),
    customer_id=7,
    customer_name="Sabine",
    bounce_of="",
    authentication="",
    message_key="<1@x>",
)


def said(**values: Any) -> Incoming:
    return replace(PLAIN, **values)


def leads(key: str, case_id: int = 5, **values: Any) -> Candidate:
    given: dict[str, Any] = {
        "state": CaseState.OPEN,
        "order_key": "",
        "customer_id": 7,
        "touched_at": NOW - timedelta(days=1),
    }
    return Candidate(key, case_id, **(given | values))


ALIAS = "alias:amazon:abc"
OF_ORDER = f"order:{FOLDED}|{ALIAS}"
OLD = NOW - timedelta(days=31)
CLOSED = CaseState.CLOSED


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({}, What.CUSTOMER),
        ({"authentication": "fail"}, What.CUSTOMER),
        ({"direction": "out"}, What.ANSWER),
        ({"direction": "out", "kind": "other"}, What.ANSWER),
        ({"direction": "out", "kind": "auto_reply"}, What.SILENT),
        ({"kind": "auto_reply"}, What.SILENT),
        ({"kind": "bounce"}, What.BOUNCE),
        ({"kind": "bounce", "notice": "bounce_temporary"}, What.SILENT),
        ({"kind": "other", "notice": "newsletter"}, What.NOTHING),
        ({"kind": "other", "notice": "copy"}, What.NOTHING),
        ({"kind": "other"}, What.NOTHING),
        ({"kind": "platform_notice", "notice": ""}, What.NOTHING),
        ({"kind": "platform_notice", "notice": "community_question"}, What.NOTHING),
        ({"kind": "platform_notice", "notice": "SOMETHING_NEW"}, What.NOTHING),
        ({"kind": "platform_notice", "notice": "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT"}, What.ANSWER),
        ({"kind": "platform_notice", "notice": "A_Z_CLAIM_RESPONDENT_NOTIFY"}, What.NOTICE),
        (
            {"kind": "platform_notice", "notice": "A_Z_CLAIM_RESPONDENT_NOTIFY", "authentication": "fail"},
            What.NOTHING,
        ),
        ({"kind": "platform_notice", "notice": "RETURN_REQUEST"}, What.NOTICE),
    ],
)
def test_what_a_message_is(values: dict[str, Any], what: What) -> None:
    assert what_is(said(**values)) == what


@pytest.mark.parametrize(
    ("values", "candidates", "expected"),
    [
        # Nothing known: only people, and notices that want something, open a case.
        ({}, [], Decision(What.CUSTOMER, opens=True)),
        ({"direction": "out"}, [], Decision(What.ANSWER, keeps=True)),
        ({"kind": "auto_reply"}, [], Decision(What.SILENT, keeps=True)),
        ({"kind": "bounce", "bounce_of": "<9@us>"}, [], Decision(What.BOUNCE, keeps=True)),
        ({"kind": "bounce"}, [leads(ALIAS)], Decision(What.BOUNCE)),
        ({"kind": "other", "notice": "newsletter"}, [leads(ALIAS)], Decision(What.NOTHING)),
        ({"kind": "platform_notice", "notice": "RETURN_REQUEST"}, [], Decision(What.NOTICE, keeps=True)),
        (
            {"kind": "platform_notice", "notice": "BRC_SELLER_NOTIFICATION"},
            [],
            Decision(What.NOTICE, opens=True),
        ),
        (
            {"kind": "platform_notice", "notice": "A_Z_CLAIM_RESPONDENT_NOTIFY"},
            [],
            Decision(What.NOTICE, opens=True),
        ),
        (
            {"kind": "platform_notice", "notice": "BUYER_OPTED_OUT_BSM_MESSAGES"},
            [],
            Decision(What.NOTICE, opens=True),
        ),
        # Threads by Message-ID: however old and closed.
        (
            {"thread_keys": ("mid:<0@x>", ALIAS)},
            [leads(ALIAS, 9), leads("mid:<0@x>", 5, state=CLOSED, touched_at=OLD)],
            Decision(What.CUSTOMER, 5),
        ),
        # A mail that joins two threads names the younger ones; a bounce joins nothing.
        (
            {"thread_keys": ("mid:<0@x>",)},
            [leads("mid:<0@x>", 5), leads("mid:<1@x>", 8), leads("mid:<1@x>", 6)],
            Decision(What.CUSTOMER, 5, also=(6, 8)),
        ),
        (
            {"kind": "bounce", "thread_keys": ("mid:<0@x>", "mid:<9@x>")},
            [leads("mid:<0@x>", 5), leads("mid:<9@x>", 8)],
            Decision(What.BOUNCE, 5),
        ),
        # Amazon's case and token.
        (
            {"thread_keys": ("amazon-case:u", ALIAS)},
            [leads("amazon-case:u", 4, state=CLOSED, touched_at=OLD), leads(ALIAS, 9)],
            Decision(What.CUSTOMER, 4),
        ),
        # Alias and order: open at any age, closed only within 30 days.
        (
            {"thread_keys": (f"order:{ORDER}", ALIAS), "order_numbers": (ORDER,)},
            [leads(OF_ORDER, 5, order_key=FOLDED, touched_at=OLD), leads(ALIAS, 9, order_key="OTHER")],
            Decision(What.CUSTOMER, 5),
        ),
        (
            {"thread_keys": (f"order:{ORDER}", ALIAS), "order_numbers": (ORDER,)},
            [leads(OF_ORDER, 5, order_key=FOLDED, touched_at=OLD, state=CLOSED)],
            Decision(What.CUSTOMER, opens=True),
        ),
        # The alias alone: within 30 days, and never into a case of another order.
        ({"thread_keys": (ALIAS,)}, [leads(ALIAS)], Decision(What.CUSTOMER, 5)),
        ({"thread_keys": (ALIAS,)}, [leads(ALIAS, state=CLOSED)], Decision(What.CUSTOMER, 5)),
        ({"thread_keys": (ALIAS,)}, [leads(ALIAS, touched_at=OLD)], Decision(What.CUSTOMER, opens=True)),
        ({"thread_keys": (ALIAS,)}, [leads(ALIAS, order_key=FOLDED)], Decision(What.CUSTOMER, 5)),
        (
            {"thread_keys": (f"order:{ORDER}", ALIAS), "order_numbers": (ORDER,)},
            [leads(ALIAS, order_key="OTHER")],
            Decision(What.CUSTOMER, opens=True),
        ),
        (
            {"thread_keys": (f"order:{ORDER}", ALIAS), "order_numbers": (ORDER,)},
            [leads(ALIAS, order_key="")],
            Decision(What.CUSTOMER, 5),
        ),
        # The order number alone: the platform, ourselves, or the same customer.
        (
            {"thread_keys": (f"order:{ORDER}",), "order_numbers": (ORDER,), "customer_id": 8},
            [leads(f"order:{FOLDED}", order_key=FOLDED, customer_id=7)],
            Decision(What.CUSTOMER, opens=True),
        ),
        (
            {"thread_keys": (f"order:{ORDER}",), "order_numbers": (ORDER,)},
            [leads(f"order:{FOLDED}", order_key=FOLDED)],
            Decision(What.CUSTOMER, 5),
        ),
        (
            {
                "kind": "platform_notice",
                "notice": "REFUND_ISSUED",
                "thread_keys": (f"order:{ORDER}",),
                "customer_id": None,
            },
            [leads(f"order:{FOLDED}")],
            Decision(What.NOTICE, 5),
        ),
        (
            {"direction": "out", "thread_keys": (f"order:{ORDER}",), "customer_id": None},
            [leads(f"order:{FOLDED}")],
            Decision(What.ANSWER, 5),
        ),
        # A subject that names a case: for its customer, for nobody else.
        ({}, [leads("case", state=CLOSED, touched_at=OLD)], Decision(What.CUSTOMER, 5)),
        ({}, [leads("case", customer_id=None)], Decision(What.CUSTOMER, 5)),
        ({"customer_id": 8}, [leads("case")], Decision(What.CUSTOMER, opens=True)),
    ],
)
def test_decisions(values: dict[str, Any], candidates: list[Candidate], expected: Decision) -> None:
    assert decide(said(**values), candidates) == expected


def test_keys_strongest_first() -> None:
    mail = said(thread_keys=("mid:<0@x>", "amazon-case:u", f"order:{ORDER}", ALIAS), order_numbers=(ORDER,))
    assert own_keys(mail) == (
        "mid:<1@x>",
        "mid:<0@x>",
        "amazon-case:u",
        OF_ORDER,
        f"order:{FOLDED}",
        ALIAS,
    )


def test_the_platform_speaks_for_no_person() -> None:
    mail = said(kind="platform_notice", notice="REFUND_ISSUED", thread_keys=(f"order:{ORDER}",))
    assert own_keys(mail) == ("mid:<1@x>", f"order:{FOLDED}")


def test_a_key_too_long_for_its_column_stays_one_key() -> None:
    one, other = (own_keys(said(message_key="<" + "a" * 990 + end)) for end in ("b>", "c>"))
    assert [len(key) for key in (*one, *other)] == [300, 300]
    assert one != other
