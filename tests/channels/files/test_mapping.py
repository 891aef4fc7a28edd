from pathlib import Path

import pytest

from channels.format_samples import DATA, record
from kulanz.channels import registry
from kulanz.channels.contract import Opened, Part
from kulanz.channels.files.format import MAPPED, MappingNeeded, header_key, preview, propose_mapping
from kulanz.channels.files.mapping import Guess, known_columns, synonyms
from kulanz.channels.files.targets import TARGETS, split_numbers
from kulanz.facts.records import Unreadable

LIST = DATA / "files" / "kundenliste.csv"
ORDERS = {
    "target": "orders",
    "number": "Vorgang",
    "placed_at": "Bestell-Datum",
    "recipient": "Kundin oder Kunde",
    "postcode": "PLZ",
    "total_cents": "Summe brutto",
}
NOTHING = record(Part("", b""), Opened("", b"", "", iter([])))


def test_a_mapping_is_proposed_with_its_confidence() -> None:
    with pytest.raises(MappingNeeded) as raised:
        registry.by_source("files.table").open(LIST)
    proposal = raised.value.proposal
    assert raised.value.header == ("Vorgang", "Bestell-Datum", "Kundin oder Kunde", "PLZ", "Summe brutto")
    assert (proposal.target, proposal.missing) == ("orders", ("number",))
    assert proposal.guesses == {
        "placed_at": Guess("Bestell-Datum", 1.0),
        "postcode": Guess("PLZ", 1.0),
        "total_cents": Guess("Summe brutto", 0.6),
        "recipient": Guess("Kundin oder Kunde", 0.6),
    }
    assert proposal.columns() == {key: value for key, value in ORDERS.items() if key != "number"}


def test_a_column_whose_values_do_not_fit_is_not_proposed() -> None:
    header = ["SKU", "Verfügbar", "Stand"]
    assert propose_mapping(header, [["A", "12", "27.11.2026"]]).columns() == {
        "target": "stock",
        "sku": "SKU",
        "available": "Verfügbar",
        "at": "Stand",
    }
    assert "available" not in propose_mapping(header, [["A", "ja", "27.11.2026"]]).guesses


def test_a_preview_shows_facts_and_errors_and_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(LIST.read_text("utf-8") + "V-1003,gestern,Ole Otte,24534,1\n", "utf-8")
    rows = preview(path, "orders", ORDERS, example=NOTHING)
    assert [(row.line, [fact.kind for fact in row.facts], row.error) for row in rows] == [
        (2, ["customer", "order"], ""),
        (3, ["customer", "order"], ""),
        (4, [], "Spalte „Bestell-Datum“: Zeit „gestern“ ist nicht lesbar"),
    ]
    assert rows[0].fields == ["V-1001", "03.11.2026", "Jörg Größe", "50667", "1.012,50"]
    order = rows[0].facts[1].values
    assert (order["number"], order["total_cents"], order["customer_key"]) == (
        "V-1001",
        101250,
        "jorg grosse|50667",
    )


def test_an_approved_mapping_reads_the_table() -> None:
    fmt = registry.by_source("files.orders")
    assert fmt is MAPPED["orders"]
    opened = fmt.open(LIST)
    facts = [fact for part in opened.parts for fact in fmt.parse(record(part, opened, columns=ORDERS))]
    assert [fact.values["number"] for fact in facts if fact.kind == "order"] == ["V-1001", "V-1002"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, "Spaltenzuordnung fehlt."),
        ({"target": "orders", "number": "Nummer"}, "Spalte „Nummer“ fehlt."),
        (
            {"target": "orders", "number": "Vorgang"},
            "Zuordnung unvollständig: Es fehlt eine Spalte für placed_at.",
        ),
    ],
)
def test_an_incomplete_mapping_is_refused(columns: dict[str, str], reason: str) -> None:
    opened = MAPPED["orders"].open(LIST)
    with pytest.raises(Unreadable) as raised:
        MAPPED["orders"].parse(record(next(opened.parts), opened, columns=columns))
    assert str(raised.value) == reason


def test_the_same_header_takes_the_same_mapping() -> None:
    assert header_key(["Bestell-Nr.", "PLZ"]) == header_key(["bestellnr", " plz "])
    assert header_key(["PLZ", "Bestell-Nr."]) != header_key(["Bestell-Nr.", "PLZ"])


def test_every_column_of_every_target_has_a_name() -> None:
    known = synonyms()
    nameless = [
        (key, column)
        for key, target in TARGETS.items()
        for column in target.columns
        if column not in known.get(key, {}) and column not in known["*"]
    ]
    unused = [
        (key, column)
        for key in known
        if key != "*"
        for column in known[key]
        if column not in TARGETS[key].columns
    ]
    assert (nameless, unused) == ([], [])


def test_a_column_serves_one_purpose() -> None:
    assert known_columns(["Nummer", "Auftrag", "Betrag", "Grund"], TARGETS["refunds"]) == {
        "wawi_number": "Auftrag",
        "ref_plain": "Nummer",
        "cents": "Betrag",
        "reason": "Grund",
    }


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("302-4367882-7595866", ["302-4367882-7595866"]),
        ("302-4367882-7595866, 303-4367882-7595866", ["302-4367882-7595866", "303-4367882-7595866"]),
        ("B-104311;B-104312", ["B-104311", "B-104312"]),
        ("B-104311/B-104312", ["B-104311", "B-104312"]),
        ("B-104311 B-104312 B-104311", ["B-104311", "B-104312"]),
        ("2026/4711", ["2026/4711"]),
        ("AU 51208", ["AU 51208"]),
        (" ,; ", []),
    ],
)
def test_merged_orders_are_told_apart_from_numbers_with_a_slash(cell: str, numbers: list[str]) -> None:
    assert split_numbers(cell) == numbers
