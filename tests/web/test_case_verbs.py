"""What a browser can do to cases: answers, drafts, notes, assignment, undo."""

import json

import pytest

import factories as make
from kulanz.cases.models import Case, CaseEntry, CaseState, Draft
from kulanz.outbox.models import Action, ActionState
from web.people import browser, house

pytestmark = pytest.mark.django_db


def test_an_answer_waits_in_the_outbox_and_comes_back_as_draft():
    place = house()
    client, case = browser(place.alice), place.of_shop
    client.post(f"/faelle/{case.pk}/entwurf/", {"text": "Guten Tag", "version": "0"})
    newest = CaseEntry.objects.get(case=case).message_id
    sent = client.post(
        f"/faelle/{case.pk}/antwort/", {"text": "Guten Tag, hier ist er.", "kennt": newest, "weiter": "1"}
    )
    action = Action.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/faelle/naechster/?ausser={case.pk}")
    assert (action.state, action.payload["text"], Draft.objects.count()) == (
        ActionState.APPROVED,
        "Guten Tag, hier ist er.",
        0,
    )
    if action.way == "mail":
        assert (
            f"/antworten/{action.pk}/zurueck/"
            in client.get(f"/faelle/{place.of_amazon.pk}/").content.decode()
        )
    client.post(f"/antworten/{action.pk}/zurueck/")
    action.refresh_from_db()
    assert (action.state, Draft.objects.get().text) == (ActionState.WITHDRAWN, "Guten Tag, hier ist er.")


def test_a_refused_answer_loses_no_word():
    place = house()
    client, case = browser(place.alice), place.of_shop
    known = CaseEntry.objects.get(case=case).message_id
    later = make.message(place.shop, "Noch etwas")
    CaseEntry.objects.create(case=case, kind="message", message=later, at=later.sent_at)
    answer = client.post(f"/faelle/{case.pk}/antwort/", {"text": "Zu früh", "kennt": known, "version": "0"})
    assert (answer.status_code, Action.objects.count(), Draft.objects.get().text) == (302, 0, "Zu früh")


def test_drafts_save_themselves_and_tell_of_a_conflict():
    place = house()
    address = f"/faelle/{place.of_shop.pk}/entwurf/"
    first = browser(place.alice).post(address, {"text": "Liebe Frau Süß", "version": "0"})
    assert (first.status_code, json.loads(first.content)["version"]) == (200, 1)
    second = browser(place.bob).post(address, {"text": "Hallo", "version": "0"})
    told = json.loads(second.content)
    assert (second.status_code, told["said"], told["text"]) == (
        409,
        "Alice Anders schreibt gerade an diesem Entwurf.",
        "Liebe Frau Süß",
    )
    assert Draft.objects.get().text == "Liebe Frau Süß"
    stranger = browser(place.charlie).post(address, {"text": "Hallo", "version": "1"})
    assert stranger.status_code == 403


@pytest.mark.parametrize(
    ("what", "given", "state"),
    [
        ("schliessen", {}, CaseState.CLOSED),
        ("spaeter", {"bis": "morgen"}, CaseState.LATER),
        ("spaeter", {"bis": "tag", "tag": "2126-01-05"}, CaseState.LATER),
        ("spaeter", {"bis": "tag", "tag": "morgen"}, CaseState.OPEN),
        ("spaeter", {"bis": "tag", "tag": "2020-01-05"}, CaseState.OPEN),
    ],
)
def test_verbs_of_one_case(what, given, state):
    place = house()
    client = browser(place.bob)
    assert client.post(f"/faelle/{place.of_shop.pk}/tun/{what}/", given).status_code == 302
    assert Case.objects.get(pk=place.of_shop.pk).state == state
    client.post(f"/faelle/{place.of_amazon.pk}/tun/{what}/", given)
    assert Case.objects.get(pk=place.of_amazon.pk).state == CaseState.OPEN


def test_a_closed_case_opens_again_by_undo():
    place = house()
    client, case = browser(place.alice), place.of_shop
    client.post(f"/faelle/{case.pk}/tun/schliessen/")
    assert "Fall geschlossen" in client.get("/faelle/").content.decode()
    client.post("/faelle/zurueck/")
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def test_many_cases_at_once_and_back():
    place = house()
    client = browser(place.alice)
    marked = {"fall": [place.of_shop.pk, place.of_amazon.pk], "zurueck": "https://evil.example/"}
    done = client.post("/faelle/viele/", marked | {"was": "zuweisen", "an": place.alice.pk})
    assert done["Location"] == "/faelle/"
    assert set(Case.objects.values_list("assignee__username", flat=True)) == {"alice"}
    client.post("/faelle/zurueck/")
    assert set(Case.objects.values_list("assignee__username", flat=True)) == {None}
    client.post("/faelle/viele/", marked | {"was": "schliessen"})
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.CLOSED}


def test_bob_cannot_close_what_he_cannot_see():
    place = house()
    browser(place.bob).post(
        "/faelle/viele/", {"fall": [place.of_shop.pk, place.of_amazon.pk], "was": "schliessen"}
    )
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.OPEN}


def test_a_note_stays_inside_and_names_are_bold():
    place = house()
    client, case = browser(place.bob), place.of_shop
    client.post(f"/faelle/{case.pk}/tun/notiz/", {"notiz": "@Alice, <b>gibst</b> du frei?"})
    page = client.get(f"/faelle/{case.pk}/").content.decode()
    assert "<strong>@Alice</strong>, &lt;b&gt;gibst&lt;/b&gt; du frei?" in page
    assert Action.objects.count() == 0


def test_the_next_case_is_the_most_urgent_nobody_reads():
    place = house()
    client = browser(place.alice)
    assert client.get("/faelle/naechster/")["Location"] == f"/faelle/{place.of_amazon.pk}/"
    assert (
        client.get(f"/faelle/naechster/?nach={place.of_amazon.pk}")["Location"]
        == f"/faelle/{place.of_shop.pk}/"
    )
    browser(place.bob).get(f"/faelle/{place.of_shop.pk}/")
    assert client.get(f"/faelle/naechster/?ausser={place.of_amazon.pk}")["Location"] == "/faelle/"


def test_others_in_a_case_are_seen():
    place = house()
    browser(place.bob).get(f"/faelle/{place.of_shop.pk}/")
    assert "Bob Berg" in browser(place.alice).get(f"/faelle/{place.of_shop.pk}/").content.decode()
    assert 'title="Bob Berg"' in browser(place.alice).get("/faelle/").content.decode()


def test_a_message_that_overtakes_the_draft_warns_until_it_is_read():
    place = house()
    client, case = browser(place.alice), place.of_shop
    warning = "Seit Sie schreiben, ist eine Nachricht dazugekommen."
    client.post(f"/faelle/{case.pk}/entwurf/", {"text": "Guten Tag", "version": "0"})
    assert warning not in client.get(f"/faelle/{case.pk}/").content.decode()
    Case.objects.filter(pk=case.pk).update(version=case.version + 1)
    assert warning in client.get(f"/faelle/{case.pk}/").content.decode()
    client.post(f"/faelle/{case.pk}/tun/gelesen/", {"version": case.version + 1})
    assert warning not in client.get(f"/faelle/{case.pk}/").content.decode()
