"""Titles and excerpts of cases."""

import pytest

from kulanz.cases.titles import excerpt_of, first_sentence, title_of


@pytest.mark.parametrize(
    ("subject", "text", "title"),
    [
        ("Wo bleibt meine Kaffeemühle?", "", "Wo bleibt meine Kaffeemühle?"),
        ("Re: AW: Wo bleibt sie?", "", "Wo bleibt sie?"),
        ("RE[2]: [EXTERN] Fwd: Lampe defekt", "", "Lampe defekt"),
        ("Antw: Rechnung", "", "Rechnung"),
        ("Reparatur: wie geht das", "", "Reparatur: wie geht das"),
        (
            "Frage von Amazon-Kunde Uwe (Bestellung: 303-8841207-5521946)",
            "Hallo, der Deckel tropft! Was nun?",
            "Der Deckel tropft!",
        ),
        (
            "Paket nicht angekommen: Gutschrift anfordern(Bestellung: 303-8841207-5521946)",
            "",
            "Paket nicht angekommen: Gutschrift anfordern",
        ),
        ("", "", "Ohne Betreff"),
        ("AW:", "Guten Tag,\n\nwo ist mein Paket?", "Wo ist mein Paket?"),
        ("", "wort " * 40, "Wort wort wort wort wort wort wort wort wort wort wort wort wort…"),
        ("x" * 400, "", "x" * 200),
        ("  Viele \t Leerzeichen\n hier ", "", "Viele Leerzeichen hier"),
    ],
)
def test_titles(subject: str, text: str, title: str) -> None:
    assert title_of(subject, text) == title


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("", ""),
        ("Guten Tag,\n\nich warte seit z. B. drei Wochen. Und jetzt?", "„ich warte seit z. B. drei Wochen.“"),
        (
            "Sehr geehrte Damen und Herren,\ndie Lampe kam am 3. Mai an. Sie ist kaputt.",
            "„die Lampe kam am 3. Mai an.“",
        ),
        ("Hallo", "„Hallo“"),
        ("Nie angekommen, Geld zurück.\nGruß", "„Nie angekommen, Geld zurück.“"),
        ("Erste Zeile\n\nZweite", "„Erste Zeile“"),
        ("ä" * 500, "„" + "ä" * 159 + "…“"),
    ],
)
def test_excerpts(text: str, excerpt: str) -> None:
    assert excerpt_of(text) == excerpt


@pytest.mark.parametrize(
    ("text", "title", "excerpt"),
    [
        ("Hallo, wo ist sie? Ich warte.", "Wo ist sie?", "„Ich warte.“"),
        ("Der Deckel tropft, und zwar stark. Bitte helfen Sie.", "Der Deckel tropft…", "„Bitte helfen Sie.“"),
        ("Wo ist sie?", "Wo ist sie?", ""),
        ("Wo ist sie?", "Liefertermin", "„Wo ist sie?“"),
    ],
)
def test_an_excerpt_does_not_repeat_the_title(text: str, title: str, excerpt: str) -> None:
    assert excerpt_of(text, title) == excerpt


def test_a_text_of_blanks_has_no_sentence() -> None:
    assert first_sentence(" \n\t ") == ""
