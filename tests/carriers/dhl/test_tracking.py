import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.format_samples import DATA, errors_of, facts_of, found, values_of
from kulanz.carriers.dhl.codes import state_of, table
from kulanz.carriers.states import STATES

DHL = DATA / "dhl"
SHARED = Path(__file__).parents[4] / "shared" / "data"
OFFICIAL = SHARED / "samples" / "dhl" / "parcel_de_ice_event_ric_combinations_July_2024.csv"
CAPTURED = SHARED / "samples" / "karrio-fixtures" / "dhl_parcel_de.TrackingResponseXML.xml"


def test_scans_of_a_parcel() -> None:
    facts = facts_of(DHL / "zwei-pakete.xml")
    scans = [scan for scan in values_of(facts, "scan") if scan["number"] == "00340434161094260074"]
    assert [(scan["at"], scan["code"], scan["state"], scan["ambiguous_time"]) for scan in scans] == [
        (datetime(2026, 9, 28, 13, 40, tzinfo=UTC), "PCKDU/PUBCR/AE", "ACCEPTED", False),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "ULFMV/UNLDD/EE", "IN_TRANSIT", True),
        (datetime(2026, 10, 26, 8, 2, tzinfo=UTC), "SRTED/NRQRD/PO", "OUT_FOR_DELIVERY", False),
        (datetime(2026, 10, 26, 10, 15, tzinfo=UTC), "DLVRD/NGHBR/ZU", "DELIVERED_NEIGHBOUR", False),
        (datetime(2026, 10, 26, 10, 20, tzinfo=UTC), "DLVRD/CODAR/GT", "", False),
    ]
    assert (scans[3]["place"], scans[3]["text"], scans[3]["carrier"]) == ("Köln", "Beim Nachbarn", "dhl")


def test_how_parcels_stand_the_money_of_a_cash_on_delivery_changes_nothing() -> None:
    assert values_of(facts_of(DHL / "zwei-pakete.xml"), "parcel_state") == [
        {
            "number": "00340434161094260074",
            "carrier": "dhl",
            "state": "DELIVERED_NEIGHBOUR",
            "state_at": datetime(2026, 10, 26, 10, 15, tzinfo=UTC),
            "place": "Köln",
        },
        {
            "number": "00340434161094260395",
            "carrier": "dhl",
            "state": "RETURNED",
            "state_at": datetime(2026, 10, 3, 8, 0, tzinfo=UTC),
            "place": "Husum",
        },
    ]


def test_delivered_back_to_us_is_not_delivered() -> None:
    scans = values_of(facts_of(DHL / "zwei-pakete.xml"), "scan")
    assert [scan["state"] for scan in scans if scan["number"] == "00340434161094260395"] == [
        "RETURNING",
        "RETURNING",
        "RETURNED",
    ]


def test_a_withdrawn_scan_leaves_the_parcel_as_before_it() -> None:
    facts = facts_of(DHL / "storniert.xml")
    assert [(scan["code"], scan["state"]) for scan in values_of(facts, "scan")] == [
        ("SRTED/NRQRD/PO", "OUT_FOR_DELIVERY"),
        ("DLVRD/ACCPT/ZU", ""),
        ("STORN/NRQRD/DD", "OUT_FOR_DELIVERY"),
    ]
    assert [fact["state"] for fact in values_of(facts, "parcel_state")] == ["OUT_FOR_DELIVERY"]


def test_nothing_found_is_no_error() -> None:
    assert facts_of(DHL / "nichts-gefunden.xml") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ((DHL / "kein-zugang.xml").read_text(), "DHL meldet Fehler 5: login failed"),
        (
            '<data name="piece-shipment-list" code="0"><data name="piece-shipment"',
            "Das XML ist ab Zeile 1, Zeichen 43 nicht lesbar.",
        ),
        (
            '<!DOCTYPE d [<!ENTITY a "b">]><data name="piece-shipment-list">&a;</data>',
            "Das XML enthält eigene Entitäten; solche Dateien werden nicht gelesen.",
        ),
        (
            '<data name="piece-shipment-list"><data name="piece-shipment" piece-code=""/></data>',
            "Feld „piece-code“ ist leer",
        ),
        (
            '<data name="piece-shipment-list"><data name="piece-shipment" piece-code="1"><data name="piece-event"'
            ' event-timestamp="morgen"/></data></data>',
            "Feld „event-timestamp“: Zeit „morgen“ ist nicht lesbar",
        ),
        ('<x><data name="piece-shipment"/></x>', "Das ist keine Antwort von DHL: Das XML beginnt mit <x>."),
    ],
    ids=["login", "cut", "entity", "no-number", "time", "other"],
)
def test_errors(body: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "antwort.xml"
    path.write_text(body, "utf-8")
    assert errors_of(path) == [(1, reason)]


def test_the_status_alone_is_read_where_no_events_are_told(tmp_path: Path) -> None:
    path = tmp_path / "antwort.xml"
    path.write_text(
        '<data name="piece-shipment-list" code="0"><data name="piece-shipment" error-status="0" piece-code="1 2"'
        ' status-timestamp="28.09.2026 10:00" status="Da" ice="DLVRD" ric="WINPL" standard-event-code="ZU"/></data>'
    )
    assert [(fact["number"], fact["state"]) for fact in values_of(facts_of(path), "parcel_state")] == [
        ("12", "DELIVERED_SAFE_PLACE")
    ]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("DLVRD/ACCPT/ZU", "DELIVERED"),
        ("DLVRD/ACCDM/ZU", "DELIVERED_DAMAGED"),
        ("HLDCC/LDPCK/LA", "READY_FOR_PICKUP"),
        ("SECHK/INSPT/BV", "DAMAGED"),
        ("DLVRD/NEUES/ZU", "DELIVERED"),
        ("NEUES/XXXXX/PO", "OUT_FOR_DELIVERY"),
        ("NEUES/XXXXX/XX", "INFO"),
        ("//", "INFO"),
    ],
)
def test_codes(code: str, state: str) -> None:
    assert state_of(*code.split("/")) == state


def test_our_table_names_only_states_we_have() -> None:
    assert set(table().values()) - set(STATES) == set()


@pytest.mark.skipif(not OFFICIAL.exists(), reason="DHL's own table of codes may not ship")
def test_every_official_code_has_a_state_of_its_own() -> None:
    with OFFICIAL.open(encoding="cp1252", newline="") as file:
        official = {
            (row["ice_event_code"], row["ice_ric_code"], row["ttpro_event_code"])
            for row in csv.DictReader(file, delimiter=";")
        }
    assert {code for code in table() if "*" not in code} == official
    assert len(official) == 338


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured answer may not ship")
def test_an_answer_of_dhls_sandbox() -> None:
    assert found(CAPTURED).source == "dhl.tracking"
    facts = facts_of(CAPTURED)
    assert [scan["state"] for scan in values_of(facts, "scan")] == [
        "ACCEPTED",
        "IN_TRANSIT",
        "ACCEPTED",
        "IN_TRANSIT",
        "IN_TRANSIT",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
    ]
    assert [fact["state"] for fact in values_of(facts, "parcel_state")] == ["DELIVERED"]
