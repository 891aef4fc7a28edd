"""English is complete: every German text of a template has an English one."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from kulanz import settings
from web.people import browser, house

SOURCE = Path(settings.SOURCE)
FILE = SOURCE / "locale/en/LC_MESSAGES/django.po"
COLLECT = "run python tools/catalogue.py and give the English text"


def test_no_text_wants_its_english():
    blocks = FILE.read_text().split("\n\n")[1:]
    wants = [b for b in blocks if re.search(r'^msgstr(\[\d\])? ""$', b, re.MULTILINE) or "fuzzy" in b]
    assert wants == [], COLLECT


def test_every_text_of_a_template_is_in_the_catalogue():
    known = set(re.findall(r'^msgid "(.*)"$', FILE.read_text(), re.MULTILINE))
    used = {
        text.replace('"', '\\"').replace("%", "%%")
        for path in (SOURCE / "web/templates").rglob("*.*")
        for pair in re.findall(r"""{% translate (?:"([^"]+)"|'([^']+)')""", path.read_text())
        for text in pair
        if text
    }
    assert used - known == set(), COLLECT


@pytest.mark.django_db
def test_pages_speak_the_users_language():
    place = house()
    place.alice.language = "en"
    place.alice.save()
    client = browser(place.alice)
    page = client.get("/faelle/").content.decode()
    assert [word in page for word in ("Next case", "Unassigned", 'lang="en"', "Nächster Fall")] == [
        True,
        True,
        True,
        False,
    ]
    assert "Nothing is open in this group." in client.get("/faelle/gruppe/geld/").content.decode()
    translation.activate("de")
