from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from channels.format_samples import DATA, errors_of, facts_of, found, values_of
from kulanz.channels import registry
from kulanz.channels.files.format import MappingNeeded

WAWI = DATA / "wawi"


def write(folder: Path, *rows: str, charset: str = "utf-8") -> Path:
    path = folder / "export.csv"
    path.write_bytes("\n".join(rows).encode(charset))
    return path


def also(order: str, kind: str, number: str) -> dict[str, object]:
    return {"order_number": order, "kind": kind, "number": number, "folded": number.replace("-", "")}


def test_stages_of_merged_and_plain_orders() -> None:
    facts = facts_of(WAWI / "stufen.csv")
    first, second = datetime(2026, 9, 28, 13, 30, tzinfo=UTC), datetime(2026, 9, 28, 10, 35, 10, tzinfo=UTC)
    assert values_of(facts, "order_number") == [
        also("302-4367882-7595866", "wawi", "AU-1"),
        also("302-4367882-7595866", "delivery", "LS-1"),
        also("B-104311", "wawi", "AU-2"),
        also("B-104312", "wawi", "AU-2"),
        also("B-104311", "delivery", "LS-2"),
        also("B-104312", "delivery", "LS-2"),
    ]
    assert values_of(facts, "stage") == [
        {"order_number": "302-4367882-7595866", "name": "versendet", "reached_at": first},
        {"order_number": "B-104311", "name": "verpackt", "reached_at": second},
        {"order_number": "B-104312", "name": "verpackt", "reached_at": second},
    ]
    assert values_of(facts, "parcel") == [
        {
            "number": "00340434161094260074",
            "carrier": "dhl",
            "order_number": "302-4367882-7595866",
            "delivery_note": "LS-1",
            "shipped_at": first,
        }
    ]
    assert {fact.at for fact in facts} == {first, second}


def test_stock_has_the_time_it_stands_for() -> None:
    facts = facts_of(WAWI / "bestand.csv")
    assert values_of(facts, "stock") == [
        {"sku": "KM-210-ST", "available": 14},
        {"sku": "FP-004", "available": 1260},
    ]
    assert {fact.at for fact in facts} == {datetime(2026, 11, 27, 11, 55, tzinfo=UTC)}


def test_available_is_physical_minus_reserved(tmp_path: Path) -> None:
    path = write(tmp_path, "Artikelnummer;Lagerbestand;In Aufträgen", "A-1;10;4", "A-2;3;", charset="cp1252")
    assert values_of(facts_of(path), "stock") == [
        {"sku": "A-1", "available": 6},
        {"sku": "A-2", "available": 3},
    ]


def test_an_unknown_cost_is_not_zero_and_a_field_may_hold_line_ends() -> None:
    assert values_of(facts_of(WAWI / "artikel.csv"), "product") == [
        {
            "sku": "KM-210-ST",
            "asin": "B0KJDMRK83",
            "ean": "2000004183004",
            "title": 'Kaffeemühle "Nordkap";\nEdelstahl',
            "picture": "kaffeemuehle.svg",
            "cost_cents": 3820,
        },
        {"sku": "FP-004", "asin": "", "ean": "", "title": "Filterpapier Größe 4", "picture": ""},
    ]


def test_invoices_refunds_and_returns() -> None:
    invoices = facts_of(WAWI / "rechnungen.csv")
    assert values_of(invoices, "order_number") == [also("AU-1", "invoice", "RE-47643")]
    assert values_of(invoices, "invoice") == [
        {
            "order_number": "AU-1",
            "number": "RE-47643",
            "kind": "invoice",
            "issued_on": date(2026, 9, 28),
            "total_cents": 102880,
            "file_name": "RE-47643.pdf",
        }
    ]
    refunds = facts_of(WAWI / "erstattungen.csv")
    assert values_of(refunds, "order_number") == [also("302-4367882-7595866", "wawi", "AU-1")]
    assert values_of(refunds, "refund") == [
        {
            "order_number": "302-4367882-7595866",
            "ref": "GS-2104",
            "refunded_at": datetime(2026, 10, 8, 5, 30, tzinfo=UTC),
            "cents": 3380,
            "reason": "Retoure: Gefällt nicht",
        }
    ]
    assert values_of(facts_of(WAWI / "retouren.csv"), "return") == [
        {
            "order_number": "302-4367882-7595866",
            "ref": "RT-3311",
            "sku": "TK-100-SZ",
            "quantity": 1,
            "arrived_at": datetime(2026, 10, 7, 8, 30, tzinfo=UTC),
            "reason": "Gefällt nicht (Zustand: unbenutzt)",
        }
    ]


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("Externe Auftragsnummer;Tracking-ID;Versandart;Versanddatum", "wawi.stages"),
        ("Auftragsnr\tAuftragsstatus\tStatusdatum", "wawi.stages"),
        ("Artikelnummer,Verfügbarer Bestand", "wawi.stock"),
        ("ArtNr;Bezeichnung;Durchschnittlicher EK netto;Verfügbar", "wawi.products"),
        ("Rechnungsnr.;Bestellnummer;Rechnungsdatum", "wawi.invoices"),
        ("Gutschriftnummer;Auftragsnummer;Gutschriftbetrag", "wawi.refunds"),
        ("RMA-Nummer;Auftragsnummer;SKU;Menge", "wawi.returns"),
        ("Nummer;Auftragsnummer;Datum;Betrag", "files.table"),  # payments would look the same
        (
            "Order Number;Order Status;Order Date;Customer Email",
            "files.table",
        ),  # orders, their status is no stage
        ("SKU;Bestellnummer;EAN;Menge", "files.table"),  # articles of orders, not articles
    ],
)
def test_exports_are_known_by_their_column_names(header: str, source: str) -> None:
    recognised = registry.recognise("export.csv", (header + "\n").encode())
    assert recognised is not None
    assert recognised.source == source


HEADER = "Auftragsnummer;Externe Bestellnummer;Stufe;Zeit"


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("AU-1;;verpackt;31.02.2026", [(2, "Spalte „Zeit“: Zeit „31.02.2026“ ist nicht lesbar")]),
        (";;verpackt;28.09.2026", [(2, "Spalte „Auftragsnummer“ ist leer")]),
        ("AU-1;B-1;verp;ackt;28.09.2026", [(2, "5 Felder, aber die Kopfzeile hat 4.")]),
        ("AU-1;B-1;verp", [(2, "Zeile 2: Die Datei bricht mitten in der Zeile ab.")]),
        ('AU-1;"B-1;verpackt;28.09.2026', [(2, "Zeile 2: Ein Anführungszeichen wird nicht geschlossen.")]),
        ('AU-1;B-1;27" Monitor verpackt;28.09.2026', []),
    ],
    ids=["date", "no-number", "too-many", "half-line", "open-quote", "inch"],
)
def test_errors_name_line_column_and_value(row: str, wrong: list[tuple[int, str]], tmp_path: Path) -> None:
    assert errors_of(write(tmp_path, HEADER, row)) == wrong


def test_an_open_quotation_mark_spoils_only_its_own_row(tmp_path: Path) -> None:
    path = write(
        tmp_path, HEADER, 'AU-1;"B-100001;verpackt;28.09.2026', "AU-2;B-100002;verpackt;28.09.2026", ""
    )
    fmt = found(path)
    assert [(part.line, bool(part.error)) for part in fmt.open(path).parts] == [(2, True), (3, False)]


def test_a_table_nobody_knows_waits_with_a_proposal() -> None:
    path = DATA / "files" / "kundenliste.csv"
    with pytest.raises(
        MappingNeeded, match=r"^Spaltenzuordnung fehlt\. Die Datei hat die Spalten „Vorgang“, "
    ) as raised:
        found(path).open(path)
    assert raised.value.proposal.target == "orders"
