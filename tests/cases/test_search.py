"""Search: one table of queries that hits alike on both databases, and what stays hidden."""

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.incoming import incoming
from factories import NOW, account, case, customer, fact, order, user
from kulanz.cases import search, verbs
from kulanz.cases.models import Case, CaseEntry, SearchDoc
from kulanz.cases.opening import file_message
from kulanz.cases.search import find, index_case, reindex
from kulanz.facts.models import Account, Invoice, OrderLine, OrderNumber, Parcel
from kulanz.people.models import Role, User

pytestmark = pytest.mark.django_db
TRACKING = "00340434161094027318"


@pytest.fixture
def shop() -> Account:
    return account(channel="amazon")


@pytest.fixture
def cases(shop: Account) -> dict[str, int]:
    """Three cases: of an order with everything, of a shop customer, of somebody who asks in passing."""
    wawi = account(channel="wawi")
    buyer = customer(shop, "Katharina Wöhrle", key="abc")
    bought = order(shop, "303-8841207-5521946", customer=buyer)
    OrderLine.objects.update(title="Kaffeemühle Nordkap, Edelstahl", sku="KM-210-ST")
    for kind, number in (("wawi", "AU-77120"), ("delivery", "LS-2026-9914")):
        folded = number.replace("-", "")
        OrderNumber.objects.create(
            account=wawi,
            order=bought,
            order_number=bought.number,
            kind=kind,
            number=number,
            folded=folded,
            **fact(),
        )
    Parcel.objects.create(account=wawi, order=bought, number=TRACKING, carrier="dhl", **fact())
    Invoice.objects.create(account=wawi, order=bought, number="RE-2026-48113", **fact())
    mails = {
        "mill": incoming(
            shop,
            subject="Wo bleibt meine Kaffeemühle?",
            own_text="Die Sendungsverfolgung bewegt sich seit über einer Woche nicht. Größe egal.",
            order_numbers=("303-8841207-5521946",),
            customer_id=buyer.pk,
            customer_name=buyer.name,
        ),
        "pillow": incoming(
            shop,
            subject="Kissen riecht nach Farbe",
            own_text="Ist das gesundheitlich unbedenklich? Bin in der Hauptstraße 5.",
            sender="senay.goekce@web.example",
            customer_name="Şenay Gökçe",
        ),
        "lamp": incoming(
            shop,
            subject="Lampe: Umtausch der Größe XL",
            own_text="Bestellung 12-12387-90415, Paket H1234567890123456789.",
            order_numbers=("12-12387-90415",),
            tracking_numbers=("H1234567890123456789",),
            customer_name="Jürgen Mueller",
        ),
    }
    return {name: file_message(mail, now=NOW).case_id or 0 for name, mail in mails.items()}


QUERIES = [
    # Numbers: as a whole, with blanks or without dashes, their parts, their last digits.
    ("303-8841207-5521946", ["mill"]),
    ("30388412075521946", ["mill"]),
    ("303 8841207 5521946", ["mill"]),
    ("8841207", ["mill"]),
    ("21946", ["mill"]),
    ("AU-77120", ["mill"]),
    ("au77120", ["mill"]),
    ("LS 2026 9914", ["mill"]),
    ("RE-2026-48113", ["mill"]),
    ("48113", ["mill"]),
    (TRACKING, ["mill"]),
    ("0034 0434 1610 9402 7318", ["mill"]),
    ("27318", ["mill"]),
    ("KM-210-ST", ["mill"]),
    ("km210", ["mill"]),
    ("12-12387-90415", ["lamp"]),
    ("90415", ["lamp"]),
    ("H1234567890123456789", ["lamp"]),
    ("99999999", []),
    # One spelling for all.
    ("größe", ["lamp", "mill"]),
    ("groesse", ["lamp", "mill"]),
    ("GRÖSSE", ["lamp", "mill"]),
    ("Grösse", ["lamp", "mill"]),
    ("Müller", ["lamp"]),
    ("Mueller", ["lamp"]),
    ("muller", ["lamp"]),
    ("MÜLLER", ["lamp"]),
    ("Mu\u0308ller", ["lamp"]),
    ("Şenay", ["pillow"]),
    ("senay", ["pillow"]),
    ("Gökçe", ["pillow"]),
    ("goekce", ["pillow"]),
    ("hauptstraße", ["pillow"]),
    ("HAUPTSTRASSE", ["pillow"]),
    ("Wöhrle", ["mill"]),
    ("woehrle", ["mill"]),
    # Beginnings of words in texts, any part of names, subjects and titles.
    ("sendungsverf", ["mill"]),
    ("verfolgung", []),
    ("mühle", ["mill"]),
    ("feemuh", ["mill"]),
    ("edelstahl", ["mill"]),
    ("stahl", ["mill"]),
    ("xl", ["lamp"]),
    # All words must be there, in whatever place.
    ("wöhrle kaffeemühle", ["mill"]),
    ("kaffeemühle wöhrle 303-8841207", ["mill"]),
    ("wöhrle kissen", []),
    ("kissen farbe unbedenklich", ["pillow"]),
    ("kissen, Farbe!", ["pillow"]),
    ("senay.goekce@web.example", ["pillow"]),
    # Nothing to look for, and what other languages of queries would trip over.
    ("", []),
    ("   ", []),
    ("…", []),
    ('"kissen"', ["pillow"]),
    ("kissen*", ["pillow"]),
    ("kissen OR lampe", []),
    ("kissen' & 'x", ["pillow"]),
    ("(((", []),
    ("%_", []),
    ("NEAR(kissen farbe)", []),
    ("t:kissen", ["pillow"]),
    ("\x00", []),
]


@pytest.mark.parametrize(("text", "expected"), QUERIES)
def test_queries(cases: dict[str, int], text: str, expected: list[str]) -> None:
    assert find(text, user=user()) == [cases[name] for name in expected]


@pytest.mark.parametrize("text", ["{}", "Fall {}", "fall {}", "#{}", "Fall #{}"])
def test_a_cases_own_number_comes_first(cases: dict[str, int], text: str) -> None:
    assert find(text.format(cases["pillow"]), user=user())[0] == cases["pillow"]


def test_everything_is_found_after_reindexing(cases: dict[str, int]) -> None:
    told: list[tuple[int, int]] = []
    assert reindex(lambda done, of: told.append((done, of))) == 3
    assert told == [(3, 3)]
    looking = user()
    wrong = [
        (text, expected)
        for text, expected in QUERIES
        if sorted(find(text, user=looking)) != sorted(cases[name] for name in expected)
    ]
    assert wrong == []


def test_one_case_indexed_again_keeps_its_place(cases: dict[str, int]) -> None:
    before = list(SearchDoc.objects.order_by("rank").values_list("case_id", flat=True))
    Case.objects.filter(pk=cases["mill"]).update(title="Ganz anderes Anliegen")
    CaseEntry.objects.filter(case_id=cases["mill"]).delete()
    index_case(cases["mill"])
    looking = user()
    assert find("anliegen", user=looking) == [cases["mill"]]
    assert find("sendungsverfolgung", user=looking) == []
    assert list(SearchDoc.objects.order_by("rank").values_list("case_id", flat=True)) == before


def test_the_newest_word_comes_first(shop: Account, cases: dict[str, int]) -> None:
    verbs.note(cases["mill"], text="Lampe und Kissen", by=user(), now=NOW)
    looking = user()
    assert find("kissen", user=looking) == [cases["mill"], cases["pillow"]]
    assert find("lampe", user=looking) == [cases["mill"], cases["lamp"]]
    assert find("wöhrle", user=looking) == [cases["mill"]]


def people(of: Account) -> Iterator[tuple[User, bool]]:
    other = account()
    yield user(), True
    yield user(accounts=[of]), True
    yield user(accounts=[of, other]), True
    yield user(accounts=[other]), False
    yield user(accounts=[]), False
    yield user(role=Role.OWNER), True
    yield user(role=Role.WAREHOUSE), False
    yield user(role=Role.ACCOUNTING), False


def test_only_who_may_see_it_finds_it(shop: Account, cases: dict[str, int]) -> None:
    for looking, may in people(shop):
        expected = [cases["pillow"]] if may else []
        for text in ("kissen", "Kissen unbedenklich", f"Fall {cases['pillow']}"):
            assert find(text, user=looking) == expected, (looking.username, text)


def test_pages_follow_each_other(shop: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several shards, with a word that all have, one that few have, and both."""
    monkeypatch.setattr(search, "SHARD", 16)
    made = [case(shop, messages=0).pk for _ in range(100)]
    for place, pk in enumerate(made):
        few = "selten" if place % 9 == 0 else ""
        search.add(pk, shop.pk, words=["Bestellung", few], opened=True)
    looking = user()
    for text, expected in (
        ("bestellung", made[::-1]),
        ("selten", made[::9][::-1]),
        ("best selt", made[::9][::-1]),
        ("selten fehlt", []),
    ):
        paged: list[int] = []
        while page := find(text, user=looking, limit=7, after=paged[-1] if paged else None):
            paged += page
        assert paged == expected
    own = made[30]
    search.add(made[10], shop.pk, numbers=[f"99{own}"])
    search.add(made[11], shop.pk, numbers=[f"{own}99"])
    first = find(str(own), user=looking, limit=1)
    assert first == [own]
    assert own not in find(str(own), user=looking, limit=10, after=own)


def test_forgotten_cases_are_found_no_more(cases: dict[str, int]) -> None:
    search.forget(cases["pillow"])
    search.forget(cases["pillow"])
    assert find("kissen", user=user()) == []
    assert find("größe", user=user()) == [cases["lamp"], cases["mill"]]


def test_a_huge_text_is_cut_and_its_account_stays(shop: Account) -> None:
    of = case(shop, messages=0)
    search.add(of.pk, shop.pk, words=[" ".join(f"wort{n:05d}" for n in range(20_000))], opened=True)
    search.add(of.pk, shop.pk, words=["nachtrag"])
    limited = user(accounts=[shop])
    assert find("wort00001", user=limited) == [of.pk]
    assert find("wort19999", user=limited) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet="äöüß abcdeÄÖ-1234é日", max_size=30), min_size=1, max_size=5))
def test_whatever_was_said_is_found_by_each_of_its_words(shop: Account, texts: list[str]) -> None:
    of = case(shop, messages=0)
    search.add(of.pk, shop.pk, words=["anfang"], opened=True)
    for text in texts:
        search.add(of.pk, shop.pk, words=[text])
    limited = user(accounts=[shop])
    missed = [
        text for text in texts if any(c.isalnum() for c in text) and of.pk not in find(text, user=limited)
    ]
    assert missed == []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO kulanz_casewords (kulanz_casewords) VALUES ('integrity-check')")


def test_tidying_merges_the_index_and_changes_no_result(
    shop: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        assert search.tidy() == 0
        return
    monkeypatch.setattr(search, "TIDY_PAGES", 1)
    for number in range(40):
        file_message(incoming(shop, own_text=f"gemeinsam einzeln{number}"), now=NOW)
    looks = user()
    before = {text: find(text, user=looks, limit=50) for text in ("gemeinsam", "einzeln7", "einzeln")}
    assert len(before["gemeinsam"]) == 40
    assert search.tidy() > 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(DISTINCT segid) FROM kulanz_casewords_idx")
        assert cursor.fetchone() == (1,)
    assert {text: find(text, user=looks, limit=50) for text in before} == before
    assert search.tidy() == 1
