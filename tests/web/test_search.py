"""The search page: jumps, groups, marks, pages."""

import pytest
from django.urls import reverse

from factories import case
from kulanz.cases import search as index
from kulanz.web import search

from .desk import Desk, client, desk


@pytest.fixture
def it(db: None) -> Desk:
    made = desk()
    index.index_case(made.case.pk)
    return made


def ask(it: Desk, text: str, person: str = "alice", more: str = ""):  # type: ignore[no-untyped-def]
    return client(getattr(it, person)).get(reverse("search"), {"q": text} | ({"ab": more} if more else {}))


@pytest.mark.parametrize(
    ("person", "typed", "to"),
    [
        ("alice", "306-6398898-9762213", "case"),
        ("alice", "au-51208", "case"),
        ("lager", "AU-51208", "order"),
        ("lager", "00340434161094273883", "order"),
    ],
)
def test_a_whole_number_jumps(it: Desk, person: str, typed: str, to: str) -> None:
    pk = it.case.pk if to == "case" else it.order.pk
    answer = ask(it, typed, person)
    assert (answer.status_code, answer.url) == (302, reverse(to, args=[pk]))


def test_words_list_cases_with_marks(it: Desk) -> None:
    page = ask(it, "KANNE")
    assert [str(found.title) for found in page.context["cases"]] == ["Wo bleibt meine <mark>Kanne?</mark>"]
    assert ask(it, "Kanne", "bob").context["cases"] == []
    assert ask(it, "").context["cases"] == []


def test_newest_25_and_the_next_page(it: Desk) -> None:
    for _ in range(27):
        index.index_case(case(it.amazon, "Noch eine Kanne").pk)
    first = ask(it, "kanne")
    second = ask(it, "kanne", more=str(first.context["following"]))
    shown = [[found.row.id for found in page.context["cases"]] for page in (first, second)]
    assert [len(ids) for ids in shown] == [25, 3]
    assert len(set(shown[0]) | set(shown[1])) == 28


@pytest.mark.parametrize(
    ("text", "words", "html"),
    [
        ("Größe 38", ["grosse"], "<mark>Größe</mark> 38"),
        ("<b>Paket</b>", ["paket"], "&lt;b&gt;Paket&lt;/b&gt;"),
        ("ein „Paket“ & mehr", ["pak"], "ein <mark>„Paket“</mark> &amp; mehr"),
        ("nichts", [], "nichts"),
    ],
)
def test_marks(text: str, words: list[str], html: str) -> None:
    assert search.marked(text, words) == html
