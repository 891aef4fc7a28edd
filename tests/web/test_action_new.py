"""Tasks by hand from an order or a case."""

import pytest
from django.urls import reverse

from factories import fact
from kulanz.facts.models import Refund
from kulanz.outbox.models import Action

from .desk import Desk, client, desk


@pytest.fixture
def it(db: None) -> Desk:
    return desk()


def address(kind: str, **ids: int) -> str:
    return reverse("action_new") + f"?kind={kind}" + "".join(f"&{name}={pk}" for name, pk in ids.items())


def made(it: Desk) -> Action:
    return Action.objects.exclude(pk=it.action.pk).get()


def test_a_lead_starts_a_refund_and_it_waits_by_hand(it: Desk) -> None:
    at = address("refund", order=it.order.pk)
    values = {"token": "t1", "amount": "12,50", "reason": "Kanne zerbrochen"}
    alice = client(it.alice)
    for _ in range(2):  # a double click is one task
        answer = alice.post(at, values)
        assert answer.status_code == 302
    task = made(it)
    assert (task.state, task.way, task.kind, task.amount_cents, task.title) == (
        "approved",
        "hand",
        "refund",
        1250,
        "Erstattung an Sabine Hoffmann",
    )
    assert (task.subject_kind, task.subject_id, task.decided_by) == ("order", it.order.pk, it.alice)
    assert task.payload["link"]["url"] == f"https://sellercentral.amazon.de/orders-v3/order/{it.order.number}"
    assert [step["do"] for step in task.payload["steps"]] == ["copy", "open", "do"]


def test_an_agents_refund_waits_for_a_lead_but_his_portal_answer_does_not(it: Desk) -> None:
    charlie = client(it.charlie)
    charlie.post(
        address("refund", order=it.order.pk), {"token": "t", "amount": "5", "reason": "Kulanz"}, follow=True
    )
    assert made(it).state == "proposed"
    made(it).delete()
    charlie.post(
        address("portal_reply", case=it.case.pk), {"token": "t", "reason": "Frist", "text": "Guten Tag"}
    )
    task = made(it)
    assert (task.state, task.subject_kind, task.subject_id, task.payload["text"]) == (
        "approved",
        "case",
        it.case.pk,
        "Guten Tag",
    )


@pytest.mark.parametrize("amount", ["59,81", "-1", "0", "", "viel", "1.234"])
def test_no_more_than_was_paid(it: Desk, amount: str) -> None:
    """Paid are 59,80."""
    at = address("refund", order=it.order.pk)
    page = client(it.alice).post(at, {"token": "t", "amount": amount, "reason": "x"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert Action.objects.count() == 1


def test_what_is_refunded_or_on_its_way_counts(it: Desk) -> None:
    Refund.objects.create(
        account=it.amazon, order=it.order, order_number=it.order.number, ref="1", cents=1000, **fact()
    )
    alice, at = client(it.alice), address("refund", order=it.order.pk)
    assert alice.get(at).context["most"] == 4980
    alice.post(at, {"token": "t", "amount": "40", "reason": "x"})
    assert alice.get(at).context["most"] == 980
    refused = alice.post(at, {"token": "t2", "amount": "9,81", "reason": "x"})
    assert refused.context["form"].non_field_errors() == [
        "Zu Bestellung 306-6398898-9762213 sind höchstens 9,80\u00a0€ zu erstatten: bezahlt 59,80\u00a0€,"
        " schon erstattet oder auf dem Weg 50,00\u00a0€."
    ]
    ours = Action.objects.get(amount_cents=4000)
    Action.objects.filter(pk=ours.pk).update(state="done")
    assert alice.get(at).context["most"] == 980
    Refund.objects.create(
        account=it.amazon, order=it.order, order_number=it.order.number, ref="2", cents=4000, **fact()
    )
    assert alice.get(at).context["most"] == 980  # the feed tells of ours: it counts once
    Action.objects.filter(pk=ours.pk).update(state="rejected")
    assert alice.get(at).context["most"] == 980


def test_a_refund_needs_an_order_and_an_answer_its_text(it: Desk) -> None:
    it.case.order = None
    it.case.save()
    page = client(it.alice).post(
        address("refund", case=it.case.pk), {"token": "t", "amount": "1", "reason": "x"}
    )
    assert page.context["form"].non_field_errors() == [
        "Dazu gehört eine Bestellung. Bitte öffnen Sie zuerst die Bestellung."
    ]
    page = client(it.alice).post(address("portal_reply", case=it.case.pk), {"token": "t", "reason": "x"})
    assert page.context["form"].non_field_errors() == ["Die Antwort ist leer."]


def test_wrong_roles_and_addresses(it: Desk) -> None:
    assert client(it.lager).get(address("refund", order=it.order.pk)).status_code == 403
    alice = client(it.alice)
    assert [
        alice.get(at).status_code
        for at in (address("reply", order=it.order.pk), address("refund"), address("refund", order=10**9))
    ] == [404, 404, 404]
