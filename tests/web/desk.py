"""A small shop for the tests of pages: two accounts, one person of each role, and one of everything to see."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.test import Client

import factories
from kulanz.base.folding import fold_number
from kulanz.cases.models import Case
from kulanz.facts.models import Account, Order, OrderNumber, Parcel, Scan
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.outbox.models import Action, ActionState
from kulanz.people.models import Role, User

NOW = factories.NOW


@dataclass(frozen=True, slots=True)
class Desk:
    amazon: Account
    shop: Account
    alice: User
    """Owner, sees everything."""
    bob: User
    """Lead, sees only the shop."""
    charlie: User
    """Agent, sees everything."""
    lager: User
    buchhaltung: User
    order: Order
    """Of Amazon."""
    case: Case
    """Of Amazon, about the order."""
    action: Action
    """A refund of Amazon, proposed."""
    raw: RawRecord
    """Of Amazon, in quarantine."""


def action(of: Account, key: str, **values: Any) -> Action:
    given: dict[str, Any] = {
        "kind": "refund",
        "way": "api",
        "state": ActionState.PROPOSED,
        "title": f"Erstattung {key}",
        "reason": "Ware kam zerbrochen an",
        "amount_cents": 1299,
        "proposed_by": "kulanz:delivery",
        "created_at": NOW - timedelta(hours=2),
    }
    return Action.objects.create(account=of, key=key, **(given | values))


def unreadable(of: Account, text: str = "306-1\t12,5", line: int = 7, **values: Any) -> RawRecord:
    batch = RawBatch.objects.create(
        account=of, source="amazon.orders_all", name="bericht.txt", source_at=NOW, received_at=NOW
    )
    given: dict[str, Any] = {
        "batch": batch,
        "source": batch.source,
        "body": text.encode(),
        "digest": sha256(text.encode()).digest(),
        "line": line,
        "received_at": NOW,
        "state": RawState.QUARANTINED,
        "error": f"bericht.txt, Zeile {line}, Spalte „item-price“: Betrag „12,5“",
    }
    return RawRecord.objects.create(account=of, **(given | values))


def desk() -> Desk:
    amazon = factories.account("amazon", "amazon", title="Amazon.de")
    shop = factories.account("shop", "shop", title="Shop")
    order = factories.order(amazon, "306-6398898-9762213", lines=2)
    OrderNumber.objects.create(
        account=amazon,
        order=order,
        order_number=order.number,
        kind="wawi",
        number="AU-51208",
        folded=fold_number("AU-51208"),
        **factories.fact(),
    )
    Parcel.objects.create(
        account=amazon,
        order=order,
        order_number=order.number,
        number="00340434161094273883",
        carrier="dhl",
        state="IN_TRANSIT",
        shipped_at=NOW - timedelta(days=2),
        **factories.fact(),
    )
    Scan.objects.create(
        account=amazon,
        number="00340434161094273883",
        carrier="dhl",
        at=NOW - timedelta(days=1),
        state="IN_TRANSIT",
        place="Köngen",
        text="Im Paketzentrum bearbeitet",
        **factories.fact(),
    )
    return Desk(
        amazon=amazon,
        shop=shop,
        alice=factories.user("alice", Role.OWNER),
        bob=factories.user("bob", Role.LEAD, [shop]),
        charlie=factories.user("charlie", Role.AGENT),
        lager=factories.user("lager", Role.WAREHOUSE),
        buchhaltung=factories.user("buchhaltung", Role.ACCOUNTING),
        order=order,
        case=factories.case(amazon, "Wo bleibt meine Kanne?", order=order, order_number=order.number),
        action=action(amazon, "aus Regel"),
        raw=unreadable(amazon),
    )


def client(user: User) -> Client:
    signed_in = Client()
    signed_in.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return signed_in


def text_of(response: Any) -> str:
    """The page without its white space and entities, for comparing what stands there."""
    return " ".join(response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ").split())


def csv_of(response: Any) -> list[list[str]]:
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    return [line.split(";") for line in body.splitlines()]
