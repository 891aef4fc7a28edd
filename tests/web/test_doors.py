"""Who may open which page of Freigaben, Bestellungen, Suche and Einstellungen, and what each costs."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from .desk import Desk, client, desk

OPEN, SHUT, AWAY = 200, 403, 302
QUERIES = 20
"""Of one page, signed in and with the frame; issue 2, "pages"."""

PEOPLE = ("alice", "bob", "charlie", "lager", "buchhaltung")
PAGES = {
    "approvals": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "approvals_history": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "approvals_export": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "orders": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "orders_export": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "search": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "settings": (OPEN, OPEN, AWAY, AWAY, AWAY),
    "profile": (OPEN, OPEN, OPEN, OPEN, OPEN),
    "rules": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "rules_export": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "accounts": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "accounts_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "account_new": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "mailboxes": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "mailboxes_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "mailbox_new": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "import": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "import_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "folders": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "folders_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "policy": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "policy_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "users": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "users_export": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "user_new": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "roster": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "roster_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "quarantine": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "quarantine_export": (OPEN, OPEN, SHUT, SHUT, SHUT),
    "audit": (OPEN, SHUT, SHUT, SHUT, SHUT),
    "audit_export": (OPEN, SHUT, SHUT, SHUT, SHUT),
}


@pytest.fixture
def it(db: None) -> Desk:
    return desk()


@pytest.mark.parametrize("name", PAGES)
def test_each_role_at_each_page(it: Desk, name: str) -> None:
    found = tuple(client(getattr(it, person)).get(reverse(name)).status_code for person in PEOPLE)
    assert found == PAGES[name]


def test_strangers_are_asked_to_sign_in(db: None, client: object) -> None:
    for name in PAGES:
        response = client.get(reverse(name))  # type: ignore[attr-defined]
        assert (response.status_code, response.url.partition("?")[0]) == (302, "/konto/anmelden/"), name


def test_objects_of_another_account_are_not_there(it: Desk) -> None:
    """Bob is a lead and sees only the shop; all of these belong to Amazon."""
    bob = client(it.bob)
    assert [
        bob.get(reverse("order", args=[it.order.pk])).status_code,
        bob.get(reverse("quarantine_record", args=[it.raw.pk])).status_code,
        bob.get(reverse("account_edit", args=[it.amazon.pk])).status_code,
        bob.get(reverse("policy_edit", args=[it.amazon.pk, "refund"])).status_code,
        bob.get(reverse("action_new") + f"?kind=refund&order={it.order.pk}").status_code,
        bob.get(reverse("action_new") + f"?kind=portal_reply&case={it.case.pk}").status_code,
        bob.post(reverse("approval_deed", args=[it.action.pk, "freigeben"])).status_code,
        bob.get(reverse("user_edit", args=[it.charlie.pk])).status_code,
    ] == [404, 404, 404, 404, 404, 404, 404, 403]
    assert "306-6398898-9762213" not in bob.get(reverse("orders")).content.decode()
    assert "Erstattung aus Regel" not in bob.get(reverse("approvals")).content.decode()


def test_lager_and_buchhaltung_see_no_mails(it: Desk) -> None:
    for person in (it.lager, it.buchhaltung):
        page = client(person).get(reverse("order", args=[it.order.pk])).content.decode()
        assert "Wo bleibt meine Kanne?" not in page
        assert client(person).get(reverse("search") + "?q=kanne").context["cases"] == []


@pytest.mark.parametrize("name", PAGES)
def test_queries_of_each_page(it: Desk, name: str) -> None:
    """Counted for the owner, who sees most."""
    alice = client(it.alice)
    with CaptureQueriesContext(connection) as asked:
        response = alice.get(reverse(name))
        if response.streaming:
            b"".join(response.streaming_content)
    assert len(asked) <= QUERIES, [q["sql"][:120] for q in asked]


def test_queries_of_one_order(it: Desk) -> None:
    alice = client(it.alice)
    with CaptureQueriesContext(connection) as asked:
        assert alice.get(reverse("order", args=[it.order.pk])).status_code == 200
    assert len(asked) <= QUERIES + 4, [q["sql"][:120] for q in asked]


def test_pages_keep_the_strict_policy(it: Desk) -> None:
    """No script, style or handler stands in a page, whatever it shows."""
    alice = client(it.alice)
    addresses = [reverse(name) for name in PAGES if "export" not in name] + [
        reverse("order", args=[it.order.pk]),
        reverse("quarantine_record", args=[it.raw.pk]),
        reverse("policy_edit", args=[it.amazon.pk, "refund"]),
        reverse("account_edit", args=[it.amazon.pk]),
        reverse("user_edit", args=[it.charlie.pk]),
    ]
    inline = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:")
    found = {at: inline.findall(alice.get(at).content.decode()) for at in addresses}
    assert found == {at: [] for at in addresses}
