"""Search tokens and queries, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kulanz.cases.tokens import Query, names, number, parse, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Größe GRÖSSE groesse", {"grosse"}),
        ("Müller Mueller muller", {"muller"}),
        ("Şenay senay", {"senay"}),
        ("Straße strasse", {"strasse"}),
        ("Mu\u0308ller", {"muller"}),
        ("A-bis-z-Antrag", {"a", "bis", "z", "antrag", "abiszantrag"}),
        ("Kaffee-Mühle", {"kaffee", "muhle", "kaffeemuhle"}),
        ("27.11.2026", {"27", "11", "2026"}),
        ("", set()),
        ("…!?„“", set()),
        ("日本語", {"日本語"}),
        ("x" * 100, {"x" * 40}),
    ],
)
def test_words(text: str, expected: set[str]) -> None:
    assert words(text) == expected


def test_names_leave_their_endings() -> None:
    assert names("Mühle, Öl") == {"muhle", "uhle", "hle", "ol"}


def test_numbers_leave_their_endings() -> None:
    assert number("RE-2026-4") == {"re20264", "e20264", "20264", "0264"}
    assert number("  ") == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query(())),
        ("  …  ", Query(())),
        ("Müller", Query((((("muller",),),),))),
        ("Müller Lampe", Query((((("muller",),), (("lampe",),)),))),
        ("a Lampe", Query((((("lampe",),),),))),
        ("a", Query((((("a",),),),))),
        ("20418", Query((((("20418",),),),), 20418)),
        ("Fall 20418", Query((((("fall",),), (("20418",),)), ((("fall20418",),),)), 20418)),
        (
            "303-8841207-5521946",
            Query((((("30388412075521946",), ("303", "8841207", "5521946")),),)),
        ),
        ("0034 0434", Query((((("00340434",), ("0034", "0434")),),))),
        (
            "Weber 0034 0434",
            Query((((("weber",),), (("00340434",), ("0034", "0434"))), ((("weber00340434",),),))),
        ),
        ("RE 48113", Query((((("re",),), (("48113",),)), ((("re48113",),),)))),
    ],
)
def test_queries(text: str, expected: Query) -> None:
    assert parse(text) == expected


@given(st.text(max_size=300))
def test_any_text_gives_plain_tokens(text: str) -> None:
    """Tokens are letters and digits alone: nothing of a query language gets through."""
    found = words(text)
    assert [token for token in found if not token.isalnum()] == []
    for way in parse(text).ways:
        for group in way:
            assert group
            for term in group:
                assert term
                assert [token for token in term if not token.isalnum()] == []


@given(st.text(alphabet="äöüßÄÖÜaeiou rstn-", min_size=1, max_size=40))
def test_a_word_is_found_by_itself(text: str) -> None:
    query = parse(text)
    known = words(text)
    for way in query.ways[:1]:
        for group in way:
            assert any(set(term) <= known for term in group)
