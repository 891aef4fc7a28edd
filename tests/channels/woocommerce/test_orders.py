from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.format_samples import DATA, errors_of, facts_of, found, values_of
from kulanz.channels.woocommerce.orders import ORDERS
from kulanz.facts.records import Unreadable

FOLDER = DATA / "woocommerce"
OWN = FOLDER / "mit-sendung.json"


def write(folder: Path, text: str) -> Path:
    path = folder / "bestellungen.json"
    path.write_text(text, "utf-8")
    return path


def test_an_order_with_everything() -> None:
    facts = facts_of(OWN)
    assert {fact.at for fact in facts} == {datetime(2026, 11, 20, 13, 45, tzinfo=UTC)}
    assert values_of(facts, "customer") == [
        {
            "key": "juergen.mueller@example.org",
            "name": "Jürgen Müller",
            "folded_name": "jurgen muller",
            "email": "juergen.mueller@example.org",
            "phone": "0221 1234",
            "street": "Mühlenweg 37a, Hinterhaus",
            "postcode": "50667",
            "city": "Köln",
            "country": "DE",
        }
    ]
    assert values_of(facts, "order") == [
        {
            "number": "B-104834",
            "placed_at": datetime(2026, 11, 19, 12, 30, 38, tzinfo=UTC),
            "status": "completed",
            "fulfilled_by": "own",
            "currency": "EUR",
            "total_cents": 117951,
            "shipping_cents": 390,
            "discount_cents": 595,
            "vouchers": "deich10, gruss",
            "paid_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            "recipient": "Ayşe Yıldız",
            "street": "Packstation 112",
            "postcode": "53111",
            "city": "Bonn",
            "country": "DE",
            "customer_key": "juergen.mueller@example.org",
        }
    ]
    assert values_of(facts, "order_number") == [
        {"order_number": "B-104834", "kind": "shop", "number": "18504", "folded": "18504"}
    ]
    assert values_of(facts, "order_line") == [
        {
            "order_number": "B-104834",
            "ref": "74016",
            "sku": "NK-001-BL",
            "title": "Nähkästchen – Blech",
            "quantity": 2,
            "price_cents": 1505 + 286,
            "tax_cents": 286,
        },
        {
            "order_number": "B-104834",
            "ref": "74017",
            "sku": "",
            "title": "Thermoskanne",
            "quantity": 1,
            "price_cents": 3144,
            "tax_cents": 500,
        },
    ]
    assert values_of(facts, "stage") == [
        {
            "order_number": "B-104834",
            "name": "versendet",
            "reached_at": datetime(2026, 11, 20, 13, 45, tzinfo=UTC),
        }
    ]
    assert values_of(facts, "refund") == [
        {"order_number": "B-104834", "ref": "901", "cents": 210, "currency": "EUR", "reason": "Deckel fehlt"}
    ]
    assert values_of(facts, "parcel") == [
        {
            "number": "00340434161094299647",
            "carrier": "dhl",
            "order_number": "B-104834",
            "shipped_at": datetime(2026, 11, 19, 23, 0, tzinfo=UTC),
        },
        {
            "number": "50118299902",
            "carrier": "gls",
            "order_number": "B-104834",
            "shipped_at": datetime(2026, 11, 20, tzinfo=UTC),
        },
    ]


@pytest.mark.parametrize(
    ("name", "orders", "lines", "refunds"),
    [
        ("orders.retrieve-an-order.json", [("727", 2935)], 2, []),
        ("orders.list-all-orders.json", [("727", 2935), ("723", 3900)], 4, [("726", 1000), ("724", 900)]),
    ],
)
def test_bodies_of_the_documentation(
    name: str, orders: list[tuple[str, int]], lines: int, refunds: list[tuple[str, int]]
) -> None:
    facts = facts_of(FOLDER / name)
    assert [(o["number"], o["total_cents"]) for o in values_of(facts, "order")] == orders
    assert len(values_of(facts, "order_line")) == lines
    assert [(r["ref"], r["cents"]) for r in values_of(facts, "refund")] == refunds


def test_a_batch_answer_gives_the_orders_of_all_its_lists() -> None:
    facts = facts_of(FOLDER / "orders.batch-update-orders.json")
    assert [order["number"] for order in values_of(facts, "order")] == ["728", "729", "727", "723"]


@pytest.mark.parametrize(
    "wrap", ["{}", "[{}]", '{{"orders": [{}], "total": 1}}', '{{"body": {}}}', "\ufeff \n[{} ]\n"]
)
def test_the_same_order_is_the_same_record_however_it_is_wrapped(wrap: str, tmp_path: Path) -> None:
    body = OWN.read_text("utf-8").strip()
    parts = list(ORDERS.open(write(tmp_path, wrap.format(body))).parts)
    assert [(part.key, part.body, part.error) for part in parts] == [("B-104834", body.encode(), "")]


def test_what_is_whole_is_read_when_the_file_breaks_off(tmp_path: Path) -> None:
    body = OWN.read_text("utf-8").strip()
    path = write(tmp_path, f"[{body},\n{body[:500]}")
    line = body.count("\n") + 2
    assert [(part.key, part.line, part.error) for part in ORDERS.open(path).parts] == [
        ("B-104834", 1, ""),
        (
            f"Zeile {line}",
            line,
            f"Zeile {line}: Ab hier ist das JSON nicht lesbar; vielleicht bricht die Datei ab.",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '{"payload": {"orders": []}}',
            "Das ist keine Bestellung von WooCommerce: Es fehlen die Felder „id“, „status“, „currency“, „date_created“,"
            " „total“, „line_items“, „billing“.",
        ),
        ("[1, 2]", "Das ist keine Bestellung von WooCommerce, sondern ein einzelner Wert."),
        (" ", "Die Datei ist leer."),
    ],
)
def test_json_of_another_system_is_refused_as_a_whole(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as raised:
        ORDERS.open(write(tmp_path, text))
    assert str(raised.value) == reason


def test_json_in_another_character_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes('[{"name": "Müller"}]'.encode("cp1252"))
    with pytest.raises(Unreadable, match=r"^JSON muss in UTF-8 geschrieben sein; Byte 13 ist es nicht\.$"):
        found(path).open(path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"1.179,51"', '"12,5O"', "Spalte „total“: Betrag „12,5O“ ist nicht lesbar"),
        ('"1.179,51"', "true", "Feld „total“: Betrag „True“ ist nicht lesbar"),
        ('"1.179,51"', "1e300", "Feld „total“: Betrag „1e+300“ liegt über der Grenze von 10 Milliarden"),
        ('"2026-11-19T12:30:38"', '"heute"', "Spalte „date_created_gmt“: Zeit „heute“ ist nicht lesbar"),
        ('"quantity": 2', '"quantity": "viele"', "Feld „quantity“: „viele“ ist keine Menge"),
        ('"id": 74016', '"id": ""', "Spalte „id“ ist leer"),
    ],
)
def test_errors_name_field_and_value(old: str, new: str, reason: str, tmp_path: Path) -> None:
    text = OWN.read_text("utf-8")
    assert old in text
    assert errors_of(write(tmp_path, text.replace(old, new))) == [(1, reason)]


def test_a_buyer_without_mail_is_known_by_name_and_postcode(tmp_path: Path) -> None:
    path = write(tmp_path, OWN.read_text("utf-8").replace("Juergen.Mueller@Example.org", ""))
    assert [customer["key"] for customer in values_of(facts_of(path), "customer")] == ["jurgen muller|50667"]
