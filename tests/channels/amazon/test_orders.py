from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.format_samples import DATA, errors_of, facts_of, found, values_of
from kulanz.channels import textfile
from kulanz.channels.amazon.cut import REST, orders_of
from kulanz.channels.amazon.orders import ALL_ORDERS_REPORT, UNSHIPPED_REPORT
from kulanz.channels.textfile import Shape
from kulanz.facts.records import Fact, Unreadable

ALL, UNSHIPPED = DATA / "amazon" / "bestellungen.txt", DATA / "amazon" / "unversandt.txt"
CHANGED = datetime(2026, 9, 28, 13, 42, tzinfo=UTC)
HEAD = "amazon-order-id\tpurchase-date\torder-status\tsku\tquantity\titem-price\tship-city"


def write(folder: Path, *rows: str, end: str = "\n", name: str = "bericht.txt") -> Path:
    path = folder / name
    path.write_bytes((end.join(rows)).encode())
    return path


def row(
    number: str = "302-1", time: str = "2026-09-28T08:16:25Z", price: str = "12.50", sku: str = "A"
) -> str:
    return f"{number}\t{time}\tShipped\t{sku}\t1\t{price}\tKöln"


def test_an_order_of_the_report_of_all_orders() -> None:
    facts = [fact for fact in facts_of(ALL) if "302-4367882-7595866" in fact.values.values()]
    placed = datetime(2026, 9, 28, 8, 16, 25, tzinfo=UTC)
    assert facts == [
        Fact(
            "order",
            {
                "number": "302-4367882-7595866",
                "placed_at": placed,
                "status": "Shipped",
                "fulfilled_by": "own",
                "currency": "EUR",
                "total_cents": 6990 + 390 - 500 + 7495 + 250,
                "shipping_cents": 390,
                "discount_cents": 500,
                "vouchers": "PAWS-1, PAWS-2",
                "postcode": "50667",
                "city": "Köln",
                "country": "DE",
                "business": False,
            },
            CHANGED,
        ),
        Fact(
            "order_line",
            {
                "order_number": "302-4367882-7595866",
                "ref": "TK-100-SZ",
                "sku": "TK-100-SZ",
                "quantity": 2,
                "asin": "B0YCNYLGY8",
                "title": 'Thermoskanne "Hooge", 1 l',
                "price_cents": 6990,
                "tax_cents": 1116,
                "status": "Shipped",
            },
            CHANGED,
        ),
        Fact(
            "order_line",
            {
                "order_number": "302-4367882-7595866",
                "ref": "PF-028-SE",
                "sku": "PF-028-SE",
                "quantity": 1,
                "asin": "B018M1JHP7",
                "title": "Schmiedepfanne Amrum, 28 cm",
                "price_cents": 7495,
                "tax_cents": 1197,
                "status": "Shipped",
            },
            CHANGED,
        ),
        Fact(
            "stage",
            {"order_number": "302-4367882-7595866", "name": "versendet", "reached_at": CHANGED},
            CHANGED,
        ),
    ]


def test_a_pending_order_has_no_sums_and_a_time_without_zone_takes_the_earlier_hour() -> None:
    order = values_of(facts_of(ALL), "order")[1]
    assert order == {
        "number": "028-0000001-0000002",
        "placed_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        "status": "Pending",
        "fulfilled_by": "platform",
        "business": True,
    }


def test_an_order_of_the_report_of_unshipped_orders() -> None:
    facts = facts_of(UNSHIPPED)
    address = {
        "street": "Heinestraße 86, c/o Wagner",
        "postcode": "38324",
        "city": "Kissenbrück",
        "country": "DE",
    }
    mail = "92kf8wst2ojbfq@marketplace.amazon.de"
    assert values_of(facts, "customer") == [
        {"key": mail, "email": mail, "name": "Jörg Größe", "folded_name": "jorg grosse", "phone": "0151 1"}
        | address
    ]
    assert values_of(facts, "order") == [
        {
            "number": "302-6027066-3803065",
            "placed_at": datetime(2026, 11, 26, 10, 52, 28, tzinfo=UTC),
            "status": "Unshipped",
            "fulfilled_by": "own",
            "recipient": "Jörg Größe",
        }
        | address
        | {
            "business": False,
            "ship_by": datetime(2026, 11, 28, 22, 59, 59, tzinfo=UTC),
            "customer_key": mail,
        }
    ]
    assert [(line["ref"], line["quantity"]) for line in values_of(facts, "order_line")] == [
        ("MS-020-KO", 1),
        ("MS-020-KO#2", 3),
    ]
    assert values_of(facts, "stage") == [
        {
            "order_number": "302-6027066-3803065",
            "name": "eingegangen",
            "reached_at": datetime(2026, 11, 26, 10, 52, 28, tzinfo=UTC),
        }
    ]
    assert {fact.at for fact in facts} == {datetime(2026, 11, 27, 11, 58, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([row(price="12,50")], []),
        ([row(price="12,5O")], [(2, "Spalte „item-price“: Betrag „12,5O“ ist nicht lesbar")]),
        ([row(time="gestern")], [(2, "Spalte „purchase-date“: Zeit „gestern“ ist nicht lesbar")]),
        (
            [row(time="1017-01-01T00:00:00Z")],
            [(2, "Spalte „purchase-date“: Zeit „1017-01-01T00:00:00Z“ liegt nicht zwischen 1990 und 2100")],
        ),
        ([row(), "", row("302-2", sku="")], [(4, "Spalte „sku“ ist leer")]),
        ([row(), "302-2\t2026-09-28T08:1"], [(3, "Zeile 3: Die Datei bricht mitten in der Zeile ab.")]),
        (
            [row(), row("302-2").removesuffix("\tKöln")],
            [(3, "Zeile 3: Die Datei bricht mitten in der Zeile ab.")],
        ),
        ([row(), "302-2\tx", row("302-3")], [(3, "Zeile 3: Nur 2 von mindestens 5 Feldern.")]),
        ([row("x" * 70)], [(2, f"Spalte „amazon-order-id“: „{'x' * 40}…“ ist länger als 60 Zeichen")]),
        ([HEAD, row()], []),
    ],
    ids=[
        "comma",
        "letter-o",
        "time",
        "year",
        "no-sku",
        "half-line",
        "half-row",
        "few",
        "long",
        "header-again",
    ],
)
def test_errors_name_line_column_and_value(
    tmp_path: Path, rows: list[str], wrong: list[tuple[int, str]]
) -> None:
    assert errors_of(write(tmp_path, HEAD, *rows)) == wrong


def test_half_a_line_keeps_its_whole_order_out(tmp_path: Path) -> None:
    """An order without one of its lines would show a wrong sum."""
    path = write(tmp_path, HEAD, row("302-1"), row("302-2"), "302-2\t2026-09")
    parts = list(ALL_ORDERS_REPORT.open(path).parts)
    assert [(part.key, part.line, part.error) for part in parts] == [
        ("302-1", 2, ""),
        ("302-2", 3, "Zeile 4: Die Datei bricht mitten in der Zeile ab."),
    ]
    assert parts[1].body == f"{row('302-2')}\n302-2\t2026-09".encode()


def test_lines_of_an_order_are_one_record_wherever_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD, row("302-1"), row("302-2"), row("302-1", sku="B"), "", end="\r\n")
    parts = list(ALL_ORDERS_REPORT.open(path).parts)
    assert [(part.key, part.line, part.body.count(b"\n")) for part in parts] == [
        ("302-1", 2, 1),
        ("302-2", 3, 0),
    ]


def test_the_last_order_is_the_same_record_with_and_without_line_end(tmp_path: Path) -> None:
    bodies = [
        [part.body for part in ALL_ORDERS_REPORT.open(write(tmp_path, HEAD, row(), *end)).parts]
        for end in ([], [""])
    ]
    assert bodies[0] == bodies[1] == [[row().encode()]][0]


def test_an_order_that_comes_again_far_below_delivers_lines_but_no_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "BLOCK_BYTES", 100)
    rows = [row("302-1"), *(row(f"302-{n}") for n in range(10, 20)), row("302-1", sku="B")]
    path = write(tmp_path, HEAD, *rows)
    parts = list(orders_of(path, Shape("utf-8", 0), header=HEAD.encode(), number_at=0, needed=5, width=7))
    assert [part.note for part in parts if part.key == "302-1"] == ["", REST]
    assert b"\n".join(part.body for part in parts) == "\n".join(rows).encode()
    facts = [fact for fact in facts_of(path) if fact.kind == "order" and fact.values["number"] == "302-1"]
    assert ["total_cents" in fact.values for fact in facts] == [True, False]


def test_columns_may_stand_in_any_order_and_unknown_ones_are_ignored(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "neu\tquantity\tsku\torder-status\tpurchase-date\tAmazon-Order-Id\t",
        "x\t3\tA-1\tCancelled\t2026-09-28 10:16\t302-9\t",
    )
    assert values_of(facts_of(path), "order_line") == [
        {"order_number": "302-9", "ref": "A-1", "sku": "A-1", "quantity": 3}
    ]
    assert values_of(facts_of(path), "stage") == [
        {"order_number": "302-9", "name": "storniert", "reached_at": datetime(2026, 9, 28, 8, 16, tzinfo=UTC)}
    ]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "amazon-order-id\tpurchase-date\torder-status\titem-status", "1\t2\t3\t4")
    with pytest.raises(Unreadable, match=r"^Dem Amazon-Bericht fehlen Spalten: „sku“, „quantity“\.$"):
        found(path).open(path)


def test_a_torn_character_spoils_one_record_and_not_the_character_set(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD, *(row(f"302-{n}") for n in range(30)))
    whole = path.read_bytes()
    at = whole.index("Köln".encode())
    path.write_bytes(whole[: at + 2] + whole[at + 3 :])
    assert errors_of(path) == [(2, "Zeichensatz utf-8: Byte 47 (0xc3) ist nicht lesbar")]


def test_both_reports_speak_of_the_same_line() -> None:
    """An order that comes by two feeds counts once, so its lines must have the same names in both."""
    one = "302-1\t1\t2026-09-28T08:16:25Z\tSKU-1\t1"
    head = b"order-id\torder-item-id\tpurchase-date\tsku\tquantity-purchased"
    assert UNSHIPPED_REPORT.recognises("x.txt", head + b"\n" + one.encode())
