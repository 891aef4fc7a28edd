"""The poll of an open page: nothing new is 204, anything new is the new token."""

import time

import pytest

from kulanz.base import clock
from kulanz.cases import verbs
from web.people import browser, house

pytestmark = pytest.mark.django_db


def test_a_list_hears_of_a_note_once():
    place = house()
    client = browser(place.alice)
    token = client.get("/neu/listen/").content.decode()
    assert client.get(f"/neu/listen/?seit={token}").status_code == 204
    verbs.note(place.of_shop.pk, text="Neu", by=place.bob, now=clock.now())
    newer = client.get(f"/neu/listen/?seit={token}")
    assert newer.status_code == 200
    assert client.get(f"/neu/listen/?seit={newer.content.decode()}").status_code == 204


def test_a_case_hears_of_its_own_news_only():
    place = house()
    client, address = browser(place.alice), f"/neu/fall/{place.of_shop.pk}/"
    token = client.get(address).content.decode()
    verbs.note(place.of_amazon.pk, text="Anderswo", by=place.alice, now=clock.now())
    assert client.get(f"{address}?seit={token}").status_code == 204
    verbs.note(place.of_shop.pk, text="Hier", by=place.bob, now=clock.now())
    assert client.get(f"{address}?seit={token}").status_code == 200


def test_a_reader_who_polls_is_seen():
    place = house()
    address = f"/neu/fall/{place.of_shop.pk}/"
    token = browser(place.alice).get(address).content.decode()
    browser(place.bob).get(f"{address}?hier=1&tippt=1")
    told = browser(place.alice).get(f"{address}?seit={token}")
    assert (told.status_code, told.content.decode()) == (200, f"{token}{place.bob.pk}t")


def test_the_region_is_the_page_without_its_frame():
    place = house()
    client = browser(place.alice)
    region = client.get("/faelle/", headers={"X-Kulanz-Region": "1"}).content.decode()
    assert (region.lstrip().startswith('<div id="live"'), "<html" in region) == (True, False)
    parts = client.get(f"/faelle/{place.of_shop.pk}/", headers={"X-Kulanz-Region": "1"}).content.decode()
    assert [f'id="{part}"' in parts for part in ("kopf", "verlauf", "ausgang", "seite", "antwort")] == [
        True, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.slow
def test_a_poll_costs_little():
    """The goal is 2.5 ms of CPU; here only that nothing made it ten times dearer."""
    place = house()
    client, address = browser(place.alice), f"/neu/fall/{place.of_shop.pk}/"
    token = client.get(address).content.decode()
    started = time.process_time()
    for _ in range(50):
        assert client.get(f"{address}?seit={token}").status_code == 204
    assert (time.process_time() - started) / 50 < 0.025
