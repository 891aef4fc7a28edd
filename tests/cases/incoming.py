"""Messages for the tests of opening, made as take_in hands them over."""

from datetime import datetime, timedelta
from typing import Any

from factories import NOW, message
from kulanz.cases.decide import Incoming
from kulanz.facts.models import Account


def incoming(account: Account, sent_at: datetime = NOW - timedelta(hours=1), **values: Any) -> Incoming:
    """A buyer's message that stands as a fact already; every value can be given."""
    given: dict[str, Any] = {
        "direction": "in",
        "kind": "buyer_message",
        "notice": "",
        "sender": "sabine@example.org",
        "sender_name": "Sabine Hoffmann",
        "subject": "Meine Bestellung",
        "own_text": "Wo ist mein Paket?",
        "thread_keys": (),
        "order_numbers": (),
        "tracking_numbers": (),
        "customer_id": None,
        "customer_name": "",
        "bounce_of": "",
        "authentication": "",
    } | values
    key = {"key": given.pop("message_key")} if "message_key" in given else {}
    of_fact = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name != "customer_name"
    }
    made = message(account, sent_at=sent_at, **key, **of_fact)
    return Incoming(
        message_id=made.pk,
        account_id=account.pk,
        channel=account.channel,
        zone=account.zone,
        land=account.land,
        sent_at=sent_at,
        message_key=made.key,
        **given,
    )
