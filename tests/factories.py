"""Rows for tests, made by the ORM. Every value can be given; what is not given is plain and valid.

Names are numbered, so two calls never collide. Times default to NOW of the tests.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from kulanz.base.folding import fold
from kulanz.cases.models import Case, CaseEntry, CaseKey, EntryKind
from kulanz.facts.models import Account, Customer, Message, Order, OrderLine
from kulanz.people.models import Role, User

NOW = datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
PASSWORD = "Sieben-Zwerge-34"
_number = count(1)


def account(name: str = "", channel: str = "shop", **values: Any) -> Account:
    name = name or f"konto{next(_number)}"
    given: dict[str, Any] = {
        "title": name.capitalize(),
        "sender": f"service@{name}.example",
        "sender_name": f"Kundenservice {name.capitalize()}",
    } | values
    return Account.objects.create(name=name, channel=channel, **given)


def user(
    username: str = "", role: str = Role.AGENT, accounts: list[Account] | None = None, **values: Any
) -> User:
    """Sees every account unless `accounts` are given. The password is PASSWORD."""
    username = username or f"agent{next(_number)}"
    password = values.pop("password", PASSWORD)
    made = User(username=username, role=role, all_accounts=accounts is None, **values)
    made.set_password(password)
    made.save()
    if accounts is not None:
        made.accounts.set(accounts)
    return made


def fact(**values: Any) -> dict[str, Any]:
    """The columns every fact carries."""
    return {"source": "test", "source_at": NOW, "received_at": NOW} | values


def customer(of: Account | None = None, name: str = "Sabine Hoffmann", **values: Any) -> Customer:
    key = values.pop("key", f"kunde{next(_number)}@example.org")
    given = {"email": key, "folded_name": fold(name), "postcode": "50667", "city": "Köln", "country": "DE"}
    return Customer.objects.create(account=of or account(), key=key, name=name, **fact(**(given | values)))


def order(of: Account | None = None, number: str = "", lines: int = 1, **values: Any) -> Order:
    of = of or account()
    number = number or f"B-{100000 + next(_number)}"
    given = {
        "placed_at": NOW - timedelta(days=3),
        "currency": "EUR",
        "total_cents": 2990 * lines,
        "recipient": "Sabine Hoffmann",
        "postcode": "50667",
        "city": "Köln",
        "country": "DE",
    }
    made = Order.objects.create(account=of, number=number, **fact(**(given | values)))
    for place in range(1, lines + 1):
        OrderLine.objects.create(
            account=of,
            order=made,
            ref=str(place),
            sku=f"SKU-{place}",
            title=f"Artikel {place}",
            quantity=1,
            price_cents=2990,
            **fact(),
        )
    return made


def message(of: Account | None = None, own_text: str = "Wo ist mein Paket?", **values: Any) -> Message:
    number = next(_number)
    given = {
        "key": f"<nachricht-{number}@example.org>",
        "direction": "in",
        "kind": "buyer_message",
        "sent_at": NOW - timedelta(hours=1),
        "sender": f"kunde{number}@example.org",
        "sender_name": "Sabine Hoffmann",
        "recipient": "service@example.org",
        "subject": "Meine Bestellung",
    }
    return Message.objects.create(account=of or account(), own_text=own_text, **fact(**(given | values)))


def case(
    of: Account | None = None, title: str = "Meine Bestellung", messages: int = 1, **values: Any
) -> Case:
    """An open case with `messages` entries, the newest an hour old; none with `messages=0`."""
    of = of or account()
    given: dict[str, Any] = {
        "excerpt": "Wo ist mein Paket?",
        "customer_name": "Sabine Hoffmann",
        "opened_at": NOW - timedelta(hours=messages),
        "last_in_at": NOW - timedelta(hours=1),
        "touched_at": NOW - timedelta(hours=1),
    }
    made = Case.objects.create(account=of, title=title, **(given | values))
    for age in range(messages, 0, -1):
        entered = message(of, sent_at=NOW - timedelta(hours=age), subject=title)
        CaseEntry.objects.create(
            case=made, kind=EntryKind.MESSAGE, message=entered, text=entered.own_text, at=entered.sent_at
        )
        CaseKey.objects.create(account=of, key=entered.key, case=made)
    return made
