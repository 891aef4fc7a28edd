"""Alice owns the shop, Bob is her colleague for one account, Charlie keeps the books, Dora packs."""

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils import timezone

import factories as make
from kulanz.cases.models import Case
from kulanz.facts.models import Account
from kulanz.people.models import Role, User


@dataclass(frozen=True)
class House:
    shop: Account
    amazon: Account
    alice: User
    bob: User
    charlie: User
    dora: User
    of_shop: Case
    of_amazon: Case


def house() -> House:
    """Two accounts with an open case each, due in three and five hours from now."""
    shop, amazon = make.account("shop", title="Shop"), make.account("amazon", "amazon", title="Amazon.de")
    now = timezone.now()
    return House(
        shop=shop,
        amazon=amazon,
        alice=make.user("alice", Role.OWNER, first_name="Alice", last_name="Anders"),
        bob=make.user("bob", Role.AGENT, [shop], first_name="Bob", last_name="Berg"),
        charlie=make.user("charlie", Role.ACCOUNTING),
        dora=make.user("dora", Role.WAREHOUSE),
        of_shop=make.case(
            shop, "Deckel fehlt", house_due_at=now + timedelta(hours=5), customer_name="Ute Süß"
        ),
        of_amazon=make.case(
            amazon,
            "Wo bleibt meine Mühle?",
            platform_due_at=now + timedelta(hours=3),
            customer_name="Jan Weiß",
        ),
    )


def browser(user: User | None) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
