import json

import pytest

from channels.mail.samples import DATA
from kulanz.channels.mail.numbers import order_numbers, tracking_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Frage (Bestellung: 303-1234567-7654321)", ("303-1234567-7654321",)),
        ("Gutschrift anfordern(Bestellung: 303-1234567-7654321)", ("303-1234567-7654321",)),
        ("# 303-1234567-7654321:", ("303-1234567-7654321",)),
        ("eBay-Kauf 12-12345-54321", ("12-12345-54321",)),
        ("meine Bestellung MB7UWLD bei Kaufland", ("MB7UWLD",)),
        ("OTTO, Bestellnummer: bxy6pm5bmg", ("bxy6pm5bmg",)),
        ("Bestellung B-104 913 ist nicht da", ("B-104913",)),
        ("Bestell-Nr. 4711-22", ("4711-22",)),
        ("Bestell-Nr.: 100045", ("100045",)),
        ("Bestellnummer lautet 998877", ("998877",)),
        ("Auftrag Nr. 2026-10023", ("2026-10023",)),
        ("Auftragsnummer\n12345", ("12345",)),
        ("Rechnung RE-2026-48113", ("RE-2026-48113",)),
        ("ich meine RE-2026-48113.", ("RE-2026-48113",)),
        ("Bestellung vom 12.11.2026 (Nr. 104913)", ("104913",)),
        ("Bestellung (Nr. 55512)", ("55512",)),
        ("Lieferschein LS-2026-001", ("LS-2026-001",)),
        ("your order #10452 and invoice number 20481", ("10452", "20481")),
        ("Bestellung 303-1234567-7654321 4 Stück", ("303-1234567-7654321",)),
        # None of these is an order number.
        ("Bestellung vom 12.11.2026", ()),
        ("Rechnung 11/2026", ()),
        ("Rechnung 2026", ()),
        ("Rechnung 1.234,56", ()),
        ("Rechnung 1234,56 €", ()),
        ("Rechnung 1200 Euro", ()),
        ("Bestellung: PLZ 10115 Berlin", ()),
        ("Bestellung von 5000 Stück", ()),
        ("Bestellung Kindle2020", ()),
        ("Bestellung ja, Tel. 0171 2345678", ()),
        ("Bestellung: IBAN DE44 5001 0517 5407 3249 31", ()),
        ("Artikel 4006381333931, Größe 104913", ()),
        ("Tel. 030-1234567-123", ()),
        ("030-12345-12345", ()),
        ("Abrechnung 104913", ()),
        ("Unbestellte Ware 104913", ()),
    ],
)
def test_order_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert order_numbers(text) == numbers


def test_each_number_once_over_all_texts() -> None:
    assert order_numbers("Bestellung 10452", "Bestellung 10453, Bestellung 10452") == ("10452", "10453")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("00340434161094042557", ("00340434161094042557",)),
        ("0034 0434 1610 9404 2557", ("00340434161094042557",)),
        ("JJD000390007882823840", ("JJD000390007882823840",)),
        ("DPD Paket 05308801410058", ("05308801410058",)),
        ("GLS: 50110123456", ("50110123456",)),
        ("Hermes H1000730000832801036", ("H1000730000832801036",)),
        ("mit Hermes, 1234567890123456", ("1234567890123456",)),
        ("(1Z5R89390357567127)", ("1Z5R89390357567127",)),
        ("RB123456785GB", ("RB123456785GB",)),
        # A wrong check digit, another number, no carrier beside it.
        ("00340434161094042558", ()),
        ("RB123456786GB", ()),
        ("1Z5R89390357567128", ()),
        ("05308801410058", ()),
        ("50110123456", ()),
        ("GLS erreichte mich nicht, Tel. 17123456789", ()),
        ("GLS, 01712345678", ()),
        ("GLS +49 171 23456789", ()),
        ("Hermes, IBAN DE44 5001 0517 5407 3249 31", ()),
        ("DHL, EAN 4006381333931", ()),
        ("DHL 10115 Berlin", ()),
        ("303-1234567-7654321 mit DPD", ()),
        ("https://example.org/00340434161094042557x", ()),
    ],
)
def test_tracking_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert tracking_numbers(text) == numbers


NUMBERS = {
    (entry["id"], number): valid == "valid"
    for carrier in ("dpd", "s10", "ups")
    for entry in json.loads((DATA / "tracking_numbers" / f"{carrier}.json").read_text())["tracking_numbers"]
    if entry.get("id", entry["name"]) in ("dpd_14", "s10", "ups")
    for valid in ("valid", "invalid")
    for number in entry["test_numbers"][valid]
}


@pytest.mark.parametrize(("case", "valid"), NUMBERS.items())
def test_the_collections_numbers(case: tuple[str, str], valid: bool) -> None:
    number = case[1].replace(" ", "")
    assert tracking_numbers(number) == ((number,) if valid else ())
