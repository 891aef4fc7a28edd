import re

import pytest

from channels.mail.samples import DATA
from kulanz.channels.mail.quotes import split_quoted

TRIMMER = DATA / "email_reply_trimmer"
NOT_EXACT = {
    # The whole mail is one quotation. The collection expects nothing; we never show an empty message.
    "spam_1.txt",
}


@pytest.mark.parametrize("name", sorted(path.name for path in (TRIMMER / "emails").glob("*.txt")))
def test_own_words_as_the_collection_expects_them(name: str) -> None:
    own, _ = split_quoted((TRIMMER / "emails" / name).read_text())
    expected = (TRIMMER / "trimmed" / name).read_text()
    assert (own.strip() == expected.strip()) == (name not in NOT_EXACT)


CRISP = DATA / "crisp_email_reply_parser" / "fixtures"
LOREM = (
    "Fusce bibendum, quam hendrerit sagittis tempor, dui turpis tempus erat, pharetra sodales ante sem sit amet metus.\n"
    "Nulla malesuada, orci non vulputate lobortis, massa felis pharetra ex, convallis consectetur ex libero eget ante.\n"
    "Nam vel turpis posuere, rhoncus ligula in, venenatis orci. Duis interdum venenatis ex a rutrum.\n"
    "Duis ut libero eu lectus consequat consequat ut vel lorem. Vestibulum convallis lectus urna,\n"
    "et mollis ligula rutrum quis. Fusce sed odio id arcu varius aliquet nec nec nibh."
)
CRISP_LOREM = """email_8 email_9 email_10 email_11 email_12 email_13 email_14 email_15 email_16 email_17 email_18
    email_22 email_23 email_24 email_25 email_26 email_portuguese email_german email_german_2 email_german_3
    email_german_outlook email_norwegian_gmail email_finnish email_italian email_russian email_outlook_split_line_from
    email_gmail_split_line_from email_ios_outlook_fr email_ios_outlook email_msn email_fr_multiline email_french_2
    email_en_multiline_2 email_original_message email_original_message_2 email_danish_dash_separator
    email_french_dash_separator email_tricky_5_mixed_languages email_tricky_10_special_chars_in_name
    email_tricky_12_no_space_after_header email_tricky_14_long_quote_header
    email_tricky_15_original_message_variations""".split()
# email_7 breaks quoted lines in mid-sentence and after a full stop; the latter could be the customer's answer: kept.


@pytest.mark.parametrize("name", CRISP_LOREM)
def test_one_reply_above_quotations_of_many_mailers(name: str) -> None:
    own, quoted = split_quoted((CRISP / f"{name}.txt").read_text())
    assert own == LOREM
    assert quoted != ""


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("email_3", "Oh thanks.\n\nHaving the function would be great.\n\n-Abhishek Kona"),
        ("email_4", "Awesome! I haven't had another problem with it."),
        ("email_blackberry", "Here is another email"),
        ("email_iphone", "Here is another email"),
        ("email_multi_word_sent_from_my_mobile_device", "Here is another email"),
        (
            "email_sent_from_my_not_signature",
            "Here is another email\n\nSent from my desk, is much easier then my mobile phone.",
        ),
        ("email_emoji", "🎉\n\n—\nJohn Doe\nCEO at Pandaland\n\n@pandaland"),
        ("correct_sig", "this is an email with a correct -- signature."),
        ("sig_no_empty_line", "this is an email with a signature with no empty line above."),
        ("email_unquoted_reply", "This is my reply."),
        ("email_customer_quote_header_2", "Thank you very much."),
        (
            "email_zoho",
            "What is the best way to clear a Riak bucket of all key, values after\nrunning a test?",
        ),
        (
            "email_sent_from",
            "Hi it can happen to any texts you type, as long as you type in between words or paragraphs.",
        ),
        (
            "email_1",
            "Hi folks\n\nWhat is the best way to clear a Riak bucket of all key, values after\n"
            "running a test?\nI am currently using the Java HTTP API.\n\n-Abhishek Kona",
        ),
    ],
)
def test_crisp_cases_word_for_word(name: str, own: str) -> None:
    assert split_quoted((CRISP / f"{name}.txt").read_text())[0] == own


@pytest.mark.parametrize(
    "name",
    """email_5 email_21 email_not_a_signature email_not_a_signature_2 email_tricky_1_on_false_positive
    email_tricky_2_url_with_wrote email_tricky_3_code_block email_tricky_4_from_in_body
    email_tricky_6_regards_in_sentence email_tricky_7_multiple_dashes email_tricky_8_sent_from_in_content
    email_tricky_13_timestamp_variations email_with_regards""".split(),
)
def test_nothing_is_cut_where_nothing_is_quoted(name: str) -> None:
    text = (CRISP / f"{name}.txt").read_text()
    assert split_quoted(text) == (text.strip("\n").rstrip(), "")


SHOP = "Guten Tag,\nIhr Paket ist unterwegs.\n\nIhr Laden"
QUOTED = "\n".join(f"> {line}" for line in SHOP.split("\n"))
HEADERS = "Gesendet: Donnerstag, 12. November 2026 10:03\nAn: max@example.de\nBetreff: Ihre Bestellung"

GERMAN = {
    "thunderbird": f"Danke!\n\nAm 12.11.2026 um 10:03 schrieb Laden:\n{QUOTED}",
    "thunderbird mit Adresse": f"Danke!\n\nAm 12.11.26 um 10:03 schrieb Der Laden <laden@example.org>:\n{QUOTED}",
    "gmail": f"Danke!\n\nAm Do., 12. Nov. 2026 um 10:03 Uhr schrieb Laden <laden@example.org>:\n\n{QUOTED}",
    "gmail umbrochen": f"Danke!\n\nAm Do., 12. Nov. 2026 um 10:03 Uhr schrieb Der Laden\n<laden@example.org>:\n\n{QUOTED}",
    "gmail dreizeilig": f"Danke!\n\nAm Do., 12. Nov. 2026 um 10:03 Uhr schrieb Ein sehr\nlanger Laden GmbH <\nladen@example.org>:\n{QUOTED}",
    "google inbox": f"Danke!\n\nLaden <laden@example.org> schrieb am Do., 12.\nNov. 2026 um 10:03 Uhr:\n\n{QUOTED}",
    "android": f"Danke!\n\nAm 12.11.2026 10:03 vorm. schrieb Laden <laden@example.org>:\n\n{QUOTED}",
    "iphone": f"Danke!\n\nVon meinem iPhone gesendet\n\n> Am 12.11.2026 um 10:03 schrieb Laden <laden@example.org>:\n> \n{QUOTED}",
    "ipad ohne Winkel": f"Danke!\n\nVon meinem iPad gesendet\n\nAm 12.11.2026 um 10:03 schrieb Laden:\n\n{SHOP}",
    "apple mail": f"Danke!\n\n> Am 12.11.2026 um 10:03 schrieb Laden <laden@example.org>:\n> \n{QUOTED}",
    "yahoo": f"Danke!\n\nAm Donnerstag, 12. November 2026 um 10:03:12 MEZ hat Laden <laden@example.org> Folgendes geschrieben:\n\n{SHOP}",
    "outlook klassisch": f"Danke!\n\n-----Ursprüngliche Nachricht-----\nVon: Laden <laden@example.org>\n{HEADERS}\n\n{SHOP}",
    "outlook ohne Marke": f"Danke!\n\nVon: Laden <laden@example.org>\n{HEADERS}\n\n{SHOP}",
    "outlook mit Strich": f"Danke!\n\n________________________________\nVon: Laden <laden@example.org>\n{HEADERS}\n\n{SHOP}",
    "outlook fett": f"Danke!\n\n*Von:* Laden <laden@example.org>\n*Gesendet:* 12.11.2026\n*An:* max@example.de\n*Betreff:* AW\n\n{SHOP}",
    "outlook mobil": f"Danke!\n\nGesendet von Outlook für Android<https://aka.ms/x>\n________________________________\nFrom: Laden <laden@example.org>\nSent: Thursday, November 12, 2026\nTo: max@example.de\nSubject: AW\n\n{SHOP}",
    "windows mail": f"Danke!\n\nGesendet von Mail für Windows\n\nVon: Laden\n{HEADERS}\n\n{SHOP}",
    "gmx": f"Danke!\n\nGesendet: Donnerstag, 12. November 2026 um 10:03 Uhr\nVon: \"Laden\" <laden@example.org>\nAn: max@example.de\nBetreff: AW: Frage\n\n{SHOP}",
    "gmx app": f"Danke!\n-- \nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\nAm 12.11.26, 10:03 schrieb Laden <laden@example.org>:\n\n{SHOP}",
    "web.de app": f"Danke!\n\nGesendet mit der WEB.DE iPhone App\n\n{SHOP}",
    "samsung": f"Danke!\n\nVon meinem Samsung Galaxy Smartphone gesendet.\n\n-------- Ursprüngliche Nachricht --------\nVon: Laden <laden@example.org>\nDatum: 12.11.26 10:03 (GMT+01:00)\nAn: max@example.de\nBetreff: AW\n\n{SHOP}",
    "t-online": f"Danke!\n\n-----Original-Nachricht-----\nBetreff: AW\nDatum: 2026-11-12\nVon: Laden <laden@example.org>\nAn: max@example.de\n\n{SHOP}",
    "thunderbird weiter": f"Danke!\n\n-------- Weitergeleitete Nachricht --------\nBetreff: AW\nVon: Laden <laden@example.org>\n\n{SHOP}",
    "apple weiter": f"Danke!\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: Laden <laden@example.org>\n\n{SHOP}",
    "englisch": f"Danke!\n\nOn Thu, Nov 12, 2026 at 10:03 AM Laden <laden@example.org> wrote:\n\n{QUOTED}",
    "nur Winkel": f"Danke!\n\n{QUOTED}",
    "signatur": "Danke!\n-- \nMax Muster\nHauptstraße 1\n12345 Musterstadt",
    "kmail": f"Danke!\n\nAm Donnerstag, 12. November 2026, 10:03:12 CET schrieb Laden:\n{QUOTED}",
    "laden schrieb am": f"Danke!\n\nDer Laden schrieb am 12.11.2026 um 10:03:\n{QUOTED}",
    "de facto": f"Danke!\n\n2026-11-12 10:03 GMT+01:00 Laden <laden@example.org>:\n\n{QUOTED}",
}  # fmt: skip


@pytest.mark.parametrize("name", GERMAN)
def test_german_mailers(name: str) -> None:
    own, quoted = split_quoted(GERMAN[name])
    assert own == "Danke!"
    assert re.sub(r"\s", "", own + quoted) == re.sub(r"\s", "", GERMAN[name])


KEPT = {
    "ein Satz mit schrieb": "Hallo,\n\nam 12.11.2026 um 10:03 schrieb mir Ihr Kollege:\n\nSie bekommen das Geld zurück.\n\nBis heute nichts.",
    "Liste mit Strichen": "Es fehlen:\n-- der Deckel\n-- das Kabel\n\nBitte nachsenden.",
    "Trennlinie im Text": "Artikel 1 ist kaputt.\n----------\nArtikel 2 fehlt ganz.\nUnd Artikel 3 auch.",
    "Von Bis": "Ich bin im Urlaub.\nVon: 12.11.\nBis: 20.11.\nBitte danach liefern.",
    "Kontaktformular": "Neue Nachricht über das Kontaktformular\n\nVon: Max Muster\nBetreff: Frage\n\nWo ist mein Paket?",
    "gesendet von mir": "Die Ware wurde gesendet von meinem Bruder.\nBitte prüfen.",
    "ein Datum am Anfang": "12.11.2026 bestellt, bis heute nicht da.\n13.11. angerufen: keiner ging ran.",
    "Pfeile": "Startseite > Küche > Wasserkocher: der dritte von oben ist es.",
    "nur Zitat": "> Wo ist mein Paket?",
    "nur Signatur": "-- \nMax",
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_the_customers_words_stay(name: str) -> None:
    assert split_quoted(KEPT[name]) == (KEPT[name], "")


def test_answers_between_quoted_lines_stay_with_their_questions() -> None:
    text = "Hallo,\n\nAm 12.11.2026 um 10:03 schrieb Laden:\n> Welche Farbe?\n\nRot.\n\n> Welche Größe?\n\n42\n\n> Danke\n"
    own, quoted = split_quoted(text)
    assert own == "Hallo,\n\n> Welche Farbe?\n\nRot.\n\n> Welche Größe?\n\n42"
    assert quoted == "Am 12.11.2026 um 10:03 schrieb Laden:\n\n> Danke"


def test_answer_below_the_quotation() -> None:
    text = "Am 12.11.2026 um 10:03 schrieb Laden:\n> Welche Farbe?\n\nRot, bitte."
    assert split_quoted(text) == ("Rot, bitte.", "Am 12.11.2026 um 10:03 schrieb Laden:\n> Welche Farbe?")


def test_a_lower_case_answer_right_below_a_long_quoted_line_stays() -> None:
    text = "Hallo\n\n> Haben Sie das Gerät schon einmal ganz ausgeschaltet und wieder neu gestartet?\nja, dreimal\n> Danke"
    assert "ja, dreimal" in split_quoted(text)[0]


def test_a_forwarded_mail_without_words_of_its_own_shows_what_was_forwarded() -> None:
    text = f"-------- Weitergeleitete Nachricht --------\nVon: Laden <laden@example.org>\n{HEADERS}\n\n{SHOP}"
    assert split_quoted(text)[0] == SHOP
