"""Who may open which page of the desk, and what each page asks the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from web.people import browser, house

pytestmark = pytest.mark.django_db

PAGES = [
    # address, statuses for Alice, Bob (only the shop's account), Charlie (books), Dora (warehouse), a stranger
    ("/", 200, 200, 302, 302, 302),
    ("/faelle/", 200, 200, 403, 403, 302),
    ("/faelle/csv/", 200, 200, 403, 403, 302),
    ("/faelle/gruppe/heute/", 200, 200, 403, 403, 302),
    ("/faelle/gruppe/unsinn/", 404, 404, 403, 403, 302),
    ("/faelle/gruppe/heute/?nach=unsinn", 404, 404, 403, 403, 302),
    ("/faelle/naechster/", 302, 302, 403, 403, 302),
    ("/faelle/{shop}/", 200, 200, 403, 403, 302),
    ("/faelle/{amazon}/", 200, 404, 403, 403, 302),
    ("/faelle/999999/", 404, 404, 403, 403, 302),
    ("/stoerfall/", 200, 200, 200, 200, 302),
    ("/neu/listen/", 200, 200, 403, 403, 401),
    ("/neu/fall/{shop}/", 200, 200, 403, 403, 401),
    ("/neu/fall/{amazon}/", 200, 404, 403, 403, 401),
    ("/nachricht/{mail}/", 200, 404, 403, 403, 302),
    ("/bild/keins.svg", 404, 404, 404, 404, 302),
    ("/bild/..%2Fkulanz.sqlite3", 404, 404, 404, 404, 404),
    ("/konto/anmelden/", 302, 302, 302, 302, 200),
    ("/konto/sicherheit/", 200, 200, 200, 200, 302),
    ("/konto/passwort/", 200, 200, 200, 200, 302),
    ("/konto/registrieren/", 404, 404, 404, 404, 404),
    ("/konto/passwort/vergessen/", 404, 404, 404, 404, 404),
]


@pytest.mark.parametrize(("address", "alice", "bob", "charlie", "dora", "stranger"), PAGES)
def test_only_those_who_may_see_a_page(address, alice, bob, charlie, dora, stranger):
    place = house()
    mail = place.of_amazon
    from kulanz.cases.models import CaseEntry

    message_id = CaseEntry.objects.get(case=mail).message_id
    address = address.format(shop=place.of_shop.pk, amazon=place.of_amazon.pk, mail=message_id)
    people = (place.alice, place.bob, place.charlie, place.dora, None)
    assert [browser(who).get(address).status_code for who in people] == [alice, bob, charlie, dora, stranger]


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/", 16),
        ("/faelle/", 11),
        ("/faelle/gruppe/heute/", 10),
        ("/faelle/{shop}/", 19),
        ("/neu/listen/", 3),
        ("/neu/fall/{shop}/", 5),
    ],
)
def test_pages_ask_a_fixed_number_of_queries(address, most):
    place = house()
    address = address.format(shop=place.of_shop.pk)
    client = browser(place.alice)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= most, "\n".join(q["sql"][:120] for q in queries.captured_queries)


def test_a_limited_colleague_sees_only_her_account():
    place = house()
    page = browser(place.bob).get("/faelle/").content.decode()
    assert ("Ute Süß" in page, "Jan Weiß" in page, "Amazon.de" in page) == (True, False, False)
    rows = b"".join(browser(place.bob).get("/faelle/csv/")).decode("utf-8-sig").splitlines()
    assert [row.split(";")[2] for row in rows[1:]] == ["Ute Süß"]


def test_strict_csp_on_every_page():
    place = house()
    for address in ("/", "/faelle/", f"/faelle/{place.of_shop.pk}/", "/stoerfall/", "/konto/sicherheit/"):
        response = browser(place.alice).get(address)
        page = response.content.decode()
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert [
            word
            for word in (" style=", "<style", "onclick=", "<script>", "javascript:", "http://", "https://")
            if word in page
        ] == []


def test_roles_land_where_their_work_is():
    place = house()
    landed = []
    for who in (place.alice, place.bob, place.charlie, place.dora):
        answer = browser(None).post(
            "/konto/anmelden/", {"login": who.username, "password": "Sieben-Zwerge-34"}
        )
        landed.append((answer.status_code, answer["Location"]))
    assert landed == [(302, "/"), (302, "/faelle/"), (302, "/freigaben/"), (302, "/freigaben/")]


def test_an_incident_report_shows_on_heute_and_stops_nothing():
    from kulanz.outbox.models import Halt

    place = house()
    answer = browser(place.dora).post("/stoerfall/", {"text": "Seit 10 Uhr doppelte Rabatte, etwa B-104"})
    assert answer.status_code == 302
    page = browser(place.alice).get("/").content.decode()
    assert "Seit 10 Uhr doppelte Rabatte, etwa B-104" in page
    assert Halt.objects.count() == 0
