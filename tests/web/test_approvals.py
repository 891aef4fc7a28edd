"""Freigaben: lists, deeds, and what each leaves behind."""

from datetime import timedelta

import pytest
from django.urls import reverse

from factories import NOW
from kulanz.audit.models import AuditEntry
from kulanz.outbox import waiting
from kulanz.outbox.models import Action, ActionState
from kulanz.people.models import User
from kulanz.web.asks import due_words

from .desk import Desk, action, client, csv_of, desk


@pytest.fixture
def it(db: None) -> Desk:
    return desk()


def post(user: User, of: Action, name: str, **values: str) -> str:
    """The deed's answer in words: the messages it left."""
    response = client(user).post(reverse("approval_deed", args=[of.pk, name]), values, follow=True)
    assert response.status_code == 200
    return " | ".join(str(message) for message in response.context["messages"])


def hand(it: Desk, key: str = "hand", **values: object) -> Action:
    steps = [{"do": "copy", "title": "Text kopieren"}, {"do": "do", "title": "Erledigt"}]
    payload = {"text": "Guten Tag", "steps": steps, "link": {"url": "javascript:alert(1)", "title": "x"}}
    return action(
        it.amazon,
        key,
        way="hand",
        kind="portal_reply",
        state="approved",
        amount_cents=None,
        payload=payload,
        **values,
    )


def test_groups_stand_in_the_order_a_person_looks_at_them(it: Desk) -> None:
    hand(it)
    action(it.amazon, "unclear", state="unclear")
    action(it.amazon, "failed", state="failed")
    action(it.amazon, "leaving", state="approved", way="mail", kind="reply")
    action(it.amazon, "done", state="done")
    groups = waiting.overview(it.alice, waiting.ActionFilter())
    assert [(g.group.value, g.count) for g in groups] == [
        ("unklar", 2),
        ("hand", 1),
        ("vorschlag", 1),
        ("unterwegs", 1),
    ]
    assert waiting.totals(it.alice) == waiting.Totals(all=4, with_money=3, by_hand=1, proposed=1, unclear=2)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("alice", ["cancel", "document", "hold", "refund", "replacement", "reply"]),
        ("bob", []),
        ("lager", ["cancel", "hold", "replacement"]),
        ("buchhaltung", ["document", "refund"]),
    ],
)
def test_each_role_sees_its_kinds(it: Desk, role: str, seen: list[str]) -> None:
    for kind in ("reply", "replacement", "hold", "cancel", "document"):
        action(it.amazon, kind, kind=kind)
    found = waiting.waiting_rows(getattr(it, role), waiting.ActionFilter(), limit=50)
    assert sorted(row.kind for row in found) == seen


def test_the_filter_stands_in_the_address(it: Desk) -> None:
    action(it.shop, "andere", kind="document", amount_cents=None)
    page = client(it.alice).get(reverse("approvals") + f"?zeige=geld&konto={it.amazon.pk}&art=refund")
    rows = [ask.row.title for group in page.context["groups"] for ask in group["asks"]]
    assert rows == ["Erstattung aus Regel"]
    strange = client(it.alice).get(reverse("approvals") + "?konto=x&art=mord&wahl=-1&zeige=%00")
    assert strange.status_code == 200


def test_a_lead_approves_and_an_agent_may_not(it: Desk) -> None:
    assert post(it.charlie, it.action, "freigeben") == (
        "Das darf Ihre Rolle nicht freigeben. Bitte wenden Sie sich an die Leitung."
    )
    assert Action.objects.get(pk=it.action.pk).state == ActionState.PROPOSED
    assert post(it.alice, it.action, "freigeben") == "Freigegeben: „Erstattung aus Regel“."
    stands = Action.objects.get(pk=it.action.pk)
    assert (stands.state, stands.decided_by) == (ActionState.APPROVED, it.alice)


def test_a_mail_is_approved_with_time_to_take_it_back(it: Desk, settings: object) -> None:
    mail = action(it.amazon, "mail", way="mail", kind="document", amount_cents=None)
    post(it.charlie, mail, "freigeben")
    stands = Action.objects.get(pk=mail.pk)
    assert stands.not_before - stands.decided_at == timedelta(seconds=settings.UNDO_SECONDS)  # type: ignore[attr-defined]
    assert post(it.charlie, mail, "zurueckholen").startswith("Zurückgeholt")
    assert Action.objects.get(pk=mail.pk).state == ActionState.WITHDRAWN


def test_rejecting_needs_a_reason(it: Desk) -> None:
    assert post(it.alice, it.action, "ablehnen") == "Bitte geben Sie einen Grund an."
    post(it.alice, it.action, "ablehnen", grund="schon anders gelöst")
    assert Action.objects.get(pk=it.action.pk).state == ActionState.REJECTED


def test_many_at_once_name_what_did_not_go(it: Desk) -> None:
    paper = action(it.amazon, "paper", kind="document", amount_cents=None)
    of_bob = action(it.shop, "bobs", kind="document", amount_cents=None)
    answer = client(it.charlie).post(
        reverse("approvals_together"), {"marke": [paper.pk, it.action.pk, of_bob.pk, "x"]}, follow=True
    )
    assert [str(m) for m in answer.context["messages"]] == [
        "2 Vorschläge freigegeben.",
        "Das darf Ihre Rolle nicht freigeben. Bitte wenden Sie sich an die Leitung.",
    ]
    assert list(Action.objects.order_by("pk").values_list("state", flat=True)) == [
        "proposed",
        "approved",
        "approved",
    ]


def test_a_task_by_hand_is_ticked_with_name_time_and_proof(it: Desk) -> None:
    task = hand(it)
    post(it.charlie, task, "schritt", schritt="0")
    assert [t["name"] for t in Action.objects.get(pk=task.pk).steps_done] == ["charlie"]
    assert post(it.charlie, task, "erledigt").startswith("Bitte geben Sie an, woran man es erkennt")
    post(it.charlie, task, "erledigt", nachweis="Vorgang 4711")
    done = Action.objects.get(pk=task.pk)
    assert (done.state, done.proof, [t["step"] for t in done.steps_done]) == ("done", "Vorgang 4711", [0, 1])
    assert done.ended_at is not None


def test_the_page_opens_only_https_links(it: Desk) -> None:
    chosen = waiting.choose(hand(it).pk, it.alice)
    assert chosen is not None and chosen.link == ""


def test_a_task_by_hand_goes_to_a_colleague_or_does_not_work(it: Desk) -> None:
    task = hand(it)
    assert post(it.alice, task, "uebergeben", an=str(it.charlie.pk)).endswith("liegt jetzt bei charlie.")
    assert post(it.alice, task, "uebergeben", an=str(it.bob.pk)) == (
        "Diese Person gibt es nicht, oder sie sieht dieses Konto nicht."
    )
    assert Action.objects.get(pk=task.pk).assignee == it.charlie
    post(it.charlie, task, "geht-nicht", grund="Seller Central ist nicht erreichbar")
    failed = Action.objects.get(pk=task.pk)
    assert (failed.state, failed.error) == ("failed", "Seller Central ist nicht erreichbar")
    post(it.alice, task, "noch-einmal")
    assert Action.objects.get(pk=task.pk).state == "approved"


def test_an_unclear_one_is_confirmed_sent_again_or_given_up(it: Desk) -> None:
    first, second, third = (action(it.amazon, f"u{n}", state="unclear") for n in range(3))
    post(it.alice, first, "angekommen", nachweis="liegt im Ordner Gesendet")
    post(it.alice, second, "noch-einmal")
    post(it.alice, third, "aufgeben", grund="der Kunde hat schon angerufen")
    states = [Action.objects.get(pk=a.pk).state for a in (first, second, third)]
    assert states == ["done", "approved", "rejected"]
    assert list(
        AuditEntry.objects.filter(object_kind="action").order_by("pk").values_list("actor", "verb")
    ) == [("alice", "action.confirm_sent"), ("alice", "action.approve_again"), ("alice", "action.give_up")]


def test_lager_cannot_touch_a_refund(it: Desk) -> None:
    answer = client(it.lager).post(reverse("approval_deed", args=[it.action.pk, "freigeben"]))
    assert answer.status_code == 404


def test_a_deed_returns_only_to_our_own_pages(it: Desk) -> None:
    at = reverse("approval_deed", args=[it.action.pk, "freigeben"])
    answer = client(it.alice).post(at, {"zurueck": "https://boese.example/"})
    assert answer.url == f"/freigaben/?wahl={it.action.pk}"  # type: ignore[attr-defined]


def test_a_group_has_pages_by_key(it: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAGE_ROWS", 2)
    rows = [it.action, *(action(it.amazon, f"a{n}") for n in range(3))]
    alice = client(it.alice)
    first = alice.get(reverse("approvals_group", args=["vorschlag"]))
    second = alice.get(reverse("approvals_group", args=["vorschlag"]) + f"?ab={first.context['following']}")
    shown = [[ask.row.id for ask in page.context["group"]["asks"]] for page in (first, second)]
    assert shown == [[rows[0].pk, rows[1].pk], [rows[2].pk, rows[3].pk]]
    assert second.context["following"] is None
    assert alice.get("/freigaben/gruppe/nichts/").status_code == 404


def test_history_and_export(it: Desk) -> None:
    action(it.amazon, "alt", state="done", ended_at=NOW, proof="=HYPERLINK()", decided_by=it.alice)
    page = client(it.alice).get(reverse("approvals_history"))
    assert [ask.row.title for ask in page.context["asks"]] == ["Erstattung alt"]
    rows = csv_of(client(it.alice).get(reverse("approvals_export") + "?verlauf=1"))
    assert [(row[1], row[5], row[7], row[13]) for row in rows[1:]] == [
        ("Erstattung alt", "erledigt", "12,99", "'=HYPERLINK()")
    ]
    assert len(csv_of(client(it.alice).get(reverse("approvals_export")))) == 2


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=-30), ("seit 12:37 vorbei", "stop")),
        (timedelta(days=-2), ("seit 25.11. vorbei", "stop")),
        (timedelta(minutes=48), ("noch 48 min", "stop")),
        (timedelta(hours=3, minutes=5), ("noch 3 h", "warn")),
        (timedelta(hours=5), ("bis 18:07", "")),
        (timedelta(days=1), ("bis Sa.", "")),
        (timedelta(days=9), ("bis 6.12.", "")),
    ],
)
def test_deadlines_in_words(left: timedelta, words: tuple[str, str]) -> None:
    assert due_words(NOW + left, NOW) == words


def test_no_deadline_no_words() -> None:
    assert due_words(None, NOW) == ("", "")
