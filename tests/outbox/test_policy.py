"""What a policy allows, and what a role may decide: tables."""

import pytest

from kulanz.outbox.models import ActionKind, Mode
from kulanz.outbox.policy import decide, default_mode, may_decide
from kulanz.people.models import Role, User


def test_everything_starts_on_observe_and_replies_on_propose() -> None:
    assert {kind: default_mode(kind) for kind in ActionKind} == {
        ActionKind.REPLY: Mode.PROPOSE,
        ActionKind.PORTAL_REPLY: Mode.PROPOSE,
        ActionKind.DOCUMENT: Mode.OBSERVE,
        ActionKind.REFUND: Mode.OBSERVE,
        ActionKind.REPLACEMENT: Mode.OBSERVE,
        ActionKind.CANCEL: Mode.OBSERVE,
        ActionKind.HOLD: Mode.OBSERVE,
        ActionKind.INQUIRY: Mode.OBSERVE,
        ActionKind.CLAIM_ANSWER: Mode.OBSERVE,
    }


@pytest.mark.parametrize(
    ("kind", "mode", "limit", "amount", "expected"),
    [
        ("refund", "observe", None, 100, Mode.OBSERVE),
        ("refund", "propose", None, 100, Mode.PROPOSE),
        ("refund", "act", 2000, 2000, Mode.ACT),
        ("refund", "act", 2000, 2001, Mode.PROPOSE),
        ("refund", "act", 2000, None, Mode.PROPOSE),
        ("replacement", "act", 2000, None, Mode.PROPOSE),
        ("refund", "act", None, 1, Mode.PROPOSE),
        ("inquiry", "act", 0, None, Mode.ACT),
        ("inquiry", "act", 0, 1, Mode.PROPOSE),
        ("reply", "act", 100000, 0, Mode.PROPOSE),
        ("portal_reply", "act", 100000, None, Mode.PROPOSE),
    ],
)
def test_what_a_policy_allows(
    kind: str, mode: str, limit: int | None, amount: int | None, expected: Mode
) -> None:
    assert decide(kind, mode, limit, amount) == expected


@pytest.mark.parametrize(
    ("role", "kind", "amount", "expected"),
    [
        (Role.AGENT, "reply", None, True),
        (Role.AGENT, "inquiry", None, True),
        (Role.AGENT, "refund", 100, False),
        (Role.AGENT, "replacement", None, False),
        (Role.AGENT, "hold", None, False),
        (Role.AGENT, "document", 1, False),
        (Role.LEAD, "refund", 100, True),
        (Role.OWNER, "hold", None, True),
        (Role.WAREHOUSE, "reply", None, False),
        (Role.ACCOUNTING, "refund", 100, False),
    ],
)
def test_what_a_role_may_decide(role: str, kind: str, amount: int | None, expected: bool) -> None:
    assert may_decide(User(role=role), kind, amount) is expected
