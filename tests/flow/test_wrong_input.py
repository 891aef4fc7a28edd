"""Wrong input of every kind: a clear message with file, line and reason, the record in quarantine, the rest read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import factories
from flow.desk import (
    ALL_ORDERS,
    NOW,
    SHARED,
    UNSHIPPED,
    counts,
    order_row,
    put,
    report,
    run,
    take,
    unreadable,
)
from kulanz.facts.models import Account, Invoice, Order, OrderLine, Parcel, Scan, Stage, Stock
from kulanz.intake import quarantine
from kulanz.intake.models import RawBatch
from kulanz.people.models import Role

pytestmark = pytest.mark.django_db

INVOICES = "Rechnungsnummer;Auftrag;Datum;Betrag;PDF\n"
STAGES = "Auftragsnummer;Externe Bestellnummer;Lieferscheinnummer;Stufe;Zeit;Versanddienst;Sendungsnummer\n"


@pytest.fixture
def amazon() -> Account:
    return factories.account("amazon", channel="amazon")


@pytest.fixture
def wawi() -> Account:
    return factories.account("wawi", channel="wawi")


def told(account: Account, problems: list[str], file: str, line: int | None, *words: str) -> None:
    """One record waits, and the merchant reads which file, which line and why."""
    (record,) = unreadable(account)
    assert record.line == line
    assert RawBatch.objects.get(pk=record.batch_id).name == file
    (problem,) = problems
    assert file in problem
    if line is not None:
        assert f"Zeile {line}" in problem
    for word in words:
        assert word in record.error, record.error
        assert word in problem, problem


# --- order reports ---------------------------------------------------------------------------------------------


def test_half_a_line_at_the_end(amazon: Account, tmp_path: Path) -> None:
    whole = report(ALL_ORDERS, {}, {"amazon_order_id": "303-2222222-2222222"})
    path = put(tmp_path, "bestellungen.txt", whole[: whole.rindex("Shipped") - 20])
    done = take(amazon, path)
    assert counts(done) == (2, 2, 0, 1)
    told(amazon, done.problems, "bestellungen.txt", 3)
    assert [order.number for order in Order.objects.all()] == ["303-1234567-7654321"]


@pytest.mark.parametrize(("extra", "line"), [("\tzu\tviel", 3), (None, 3)])
def test_wrong_column_count(amazon: Account, tmp_path: Path, extra: str | None, line: int) -> None:
    """Too many fields are tolerated or refused, never shifted; too few are refused."""
    odd = order_row(ALL_ORDERS, amazon_order_id="303-2222222-2222222").rstrip("\r\n")
    odd = odd + extra if extra else "\t".join(odd.split("\t")[:6])
    last = order_row(ALL_ORDERS, amazon_order_id="303-3333333-3333333")
    path = put(tmp_path, "b.txt", report(ALL_ORDERS, {}) + odd + "\r\n" + last)
    done = take(amazon, path)
    numbers = set(Order.objects.values_list("number", flat=True))
    assert {"303-1234567-7654321", "303-3333333-3333333"} <= numbers
    if extra is None:
        told(amazon, done.problems, "b.txt", line)
        assert numbers == {"303-1234567-7654321", "303-3333333-3333333"}
    elif "303-2222222-2222222" in numbers:
        assert Order.objects.get(number="303-2222222-2222222").city == "Köln"


@pytest.mark.parametrize("lost", ["sku", "purchase-date", "order-status", "quantity"])
def test_header_without_a_required_column(amazon: Account, tmp_path: Path, lost: str) -> None:
    columns = [name for name in ALL_ORDERS if name != lost]
    done = take(
        amazon, put(tmp_path, "b.txt", report(columns, {}, {"amazon_order_id": "303-2222222-2222222"}))
    )
    assert Order.objects.count() == 0
    assert done.as_json()["quarantined"] == len(unreadable(amazon)) >= 1
    assert all("b.txt" in problem and lost in problem for problem in done.problems)


def test_unknown_columns_are_tolerated(amazon: Account, tmp_path: Path) -> None:
    columns = ("neue-spalte", *ALL_ORDERS, "noch-eine")
    text = "\t".join(columns) + "\r\n"
    text += "\t".join(["x", *order_row(ALL_ORDERS).rstrip("\r\n").split("\t"), "y"]) + "\r\n"
    assert counts(take(amazon, put(tmp_path, "b.txt", text))) == (1, 1, 0, 0)
    assert Order.objects.get().city == "Köln"


@pytest.mark.parametrize(
    ("charset", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b"")],
)
def test_charsets_of_reports(amazon: Account, tmp_path: Path, charset: str, mark: bytes) -> None:
    path = put(tmp_path, "b.txt", mark + report(ALL_ORDERS, {}).encode(charset))
    assert counts(take(amazon, path)) == (1, 1, 0, 0)
    assert (Order.objects.get().city, OrderLine.objects.get().title) == ("Köln", "Kaffeemühle Größe 2")


@pytest.mark.parametrize(
    ("charset", "mark"),
    [("utf-8", b"\xef\xbb\xbf"), ("cp1252", b"")],
)
def test_charsets_of_exports(wawi: Account, tmp_path: Path, charset: str, mark: bytes) -> None:
    text = "SKU;Artikel;Verfügbar;Stand\nGRÖSSE-1;Größe;12;27.11.2026 12:55\n"
    assert counts(take(wawi, put(tmp_path, "bestand.csv", mark + text.encode(charset)))) == (1, 1, 0, 0)
    assert [(row.sku, row.available) for row in Stock.objects.all()] == [("GRÖSSE-1", 12)]


@pytest.mark.parametrize(("charset", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
@pytest.mark.parametrize("name", ["b.txt", "b.csv"])
def test_utf_16_is_refused_by_name(
    amazon: Account, tmp_path: Path, name: str, charset: str, mark: bytes
) -> None:
    path = put(tmp_path, name, mark + report(ALL_ORDERS, {}).encode(charset))
    told(amazon, take(amazon, path).problems, name, None, "UTF-16", "UTF-8")


def test_a_price_nobody_can_read(amazon: Account, tmp_path: Path) -> None:
    path = put(tmp_path, "b.txt", report(ALL_ORDERS, {}, {"amazon_order_id": "303-2", "item_price": "24,9O"}))
    done = take(amazon, path)
    told(amazon, done.problems, "b.txt", 3, "item-price", "24,9O")


def test_a_quantity_nobody_can_read(amazon: Account, tmp_path: Path) -> None:
    path = put(tmp_path, "b.txt", report(ALL_ORDERS, {"quantity": "zwei"}))
    told(amazon, take(amazon, path).problems, "b.txt", 2, "quantity", "zwei")


def test_a_time_nobody_can_read(amazon: Account, tmp_path: Path) -> None:
    path = put(tmp_path, "b.txt", report(ALL_ORDERS, {"purchase_date": "vorgestern"}))
    told(amazon, take(amazon, path).problems, "b.txt", 2, "purchase-date", "vorgestern")


def test_a_name_of_10_000_characters(amazon: Account, tmp_path: Path) -> None:
    """The order is there, its name cut or the record waiting with the reason; never an exception."""
    path = put(
        tmp_path, "b.txt", report(UNSHIPPED, {"recipient_name": "Ä" * 10_000, "buyer_name": "B" * 10_000})
    )
    done = take(amazon, path)
    assert counts(done) == (1, 1, 0, 0)
    order = Order.objects.get()
    assert order.recipient == "Ä" * 200
    assert order.customer is not None


def test_nul_bytes_in_a_report(amazon: Account, tmp_path: Path) -> None:
    path = put(
        tmp_path, "b.txt", report(ALL_ORDERS, {"product_name": "Ka\0nne"}, {"amazon_order_id": "303-2"})
    )
    take(amazon, path)
    assert Order.objects.filter(number="303-2").count() == 1
    assert all("\0" not in line.title for line in OrderLine.objects.all())


def test_a_record_over_the_limit(amazon: Account, tmp_path: Path) -> None:
    text = report(ALL_ORDERS, {"product_name": "x" * 2_000_000}, {"amazon_order_id": "303-2222222-2222222"})
    done = take(amazon, put(tmp_path, "b.txt", text))
    told(amazon, done.problems, "b.txt", 2)
    assert "RECORD_BYTES" in unreadable(amazon)[0].error
    assert [order.number for order in Order.objects.all()] == ["303-2222222-2222222"]


def test_duplicate_files(amazon: Account, tmp_path: Path) -> None:
    text = report(ALL_ORDERS, {}, {"amazon_order_id": "303-2222222-2222222"})
    one, two = put(tmp_path, "b.txt", text), put(tmp_path, "b (1).txt", text)
    assert counts(take(amazon, one, two)) == (4, 2, 2, 0)
    assert counts(take(amazon, one, two)) == (4, 0, 4, 0)
    assert (Order.objects.count(), OrderLine.objects.count()) == (2, 2)


@pytest.mark.parametrize("cut", [1, 30, 150])
def test_a_file_still_being_written(amazon: Account, tmp_path: Path, cut: int) -> None:
    """The half line of the first try never stands in the way of the whole line of the second."""
    text = report(ALL_ORDERS, *({"amazon_order_id": f"303-000000{n}-0000000"} for n in range(9)))
    path = put(tmp_path, "b.txt", text[: len(text) // 2 + cut])
    take(amazon, path)
    put(tmp_path, "b.txt", text)
    take(amazon, path)
    assert sorted(Order.objects.values_list("number", flat=True)) == [
        f"303-000000{n}-0000000" for n in range(9)
    ]
    assert OrderLine.objects.count() == 9
    assert {line.quantity for line in OrderLine.objects.all()} == {1}


def test_an_empty_file_and_a_header_alone(amazon: Account, tmp_path: Path) -> None:
    done = take(amazon, put(tmp_path, "leer.txt", ""), put(tmp_path, "kopf.txt", report(ALL_ORDERS)))
    assert Order.objects.count() == 0
    assert all("leer.txt" in problem for problem in done.problems)


# --- money and time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "cents"),
    [("12,50", 1250), ("1.234,56", 123456), ("1234.56", 123456), ("1,234.56", 123456), ("12,5", 1250), ("0,00", 0)],
)  # fmt: skip
def test_prices(wawi: Account, tmp_path: Path, written: str, cents: int) -> None:
    take(wawi, put(tmp_path, "rechnungen.csv", INVOICES + f"RE-1;AU-1;28.09.2026;{written};RE-1.pdf\n"))
    assert Invoice.objects.get().total_cents == cents


@pytest.mark.parametrize(
    "written", ["12,5O", "zwölf", "12,50,30", "1.2.3", "--5", "12,345", "NaN", "1e5", "١٢"]
)
def test_no_prices(wawi: Account, tmp_path: Path, written: str) -> None:
    text = INVOICES + f"RE-1;AU-1;28.09.2026;{written};RE-1.pdf\nRE-2;AU-2;28.09.2026;1,00;RE-2.pdf\n"
    done = take(wawi, put(tmp_path, "rechnungen.csv", text))
    told(wawi, done.problems, "rechnungen.csv", 2, "Betrag", written)
    assert [row.number for row in Invoice.objects.all()] == ["RE-2"]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("28.09.2026 10:00", datetime(2026, 9, 28, 8, 0, tzinfo=UTC)),
        ("28.01.2026 10:00", datetime(2026, 1, 28, 9, 0, tzinfo=UTC)),
        ("25.10.2026 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice; the earlier
        ("25.10.2026 01:59", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        ("25.10.2026 03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        ("29.03.2026 03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_times_without_zone(wawi: Account, tmp_path: Path, written: str, utc: datetime) -> None:
    take(wawi, put(tmp_path, "stufen.csv", STAGES + f"AU-1;303-1;;eingegangen;{written};;\n"))
    assert Stage.objects.get().reached_at == utc


def test_an_hour_that_never_was(wawi: Account, tmp_path: Path) -> None:
    """02:30 on the day summer time begins: the stage stays within that hour, or waits with its reason."""
    done = take(wawi, put(tmp_path, "stufen.csv", STAGES + "AU-1;303-1;;eingegangen;29.03.2026 02:30;;\n"))
    if done.problems:
        told(wawi, done.problems, "stufen.csv", 2, "29.03.2026 02:30")
    else:
        assert Stage.objects.get().reached_at in (
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        )


def test_an_impossible_date(wawi: Account, tmp_path: Path) -> None:
    done = take(wawi, put(tmp_path, "stufen.csv", STAGES + "AU-1;303-1;;eingegangen;31.02.2026 02:30;;\n"))
    told(wawi, done.problems, "stufen.csv", 2, "Zeit", "31.02.2026")


# --- other systems ---------------------------------------------------------------------------------------------

FOREIGN = [
    (
        "shopify.json",
        json.dumps({"orders": [{"id": 450789469, "line_items": [{"sku": "a"}], "name": "#1001"}]}),
    ),
    ("liste.json", json.dumps([1, 2, 3])),
    ("text.json", json.dumps("Hallo")),
    ("null.json", "null"),
    ("zahl.json", "42"),
    ("abgeschnitten.json", '{"id": 727, "number": "727", "line_items": [{"id": 315, "na'),
    ("tief.json", "[" * 100_000),
    ("tief2.json", '{"line_items":' * 50_000),
    ("bild.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    ("brief.docx", b"PK\x03\x04" + bytes(range(256)) * 40),
    ("zufall.csv", bytes((i * 7919) % 251 for i in range(5000))),
    ("nullen.txt", b"\0" * 5000),
    ("falsch.xml", '<?xml version="1.0"?><rss><channel><title>Nachrichten</title></channel></rss>'),
    ("kaputt.xml", '<?xml version="1.0"?><data name="piece-shipment-list" code="0"><data name="piece-'),
]


@pytest.mark.parametrize(("name", "content"), FOREIGN, ids=[name for name, _ in FOREIGN])
def test_files_of_others(amazon: Account, tmp_path: Path, name: str, content: str | bytes) -> None:
    done = take(amazon, put(tmp_path, name, content), put(tmp_path, "zuletzt.txt", report(ALL_ORDERS, {})))
    assert done.as_json()["quarantined"] == len(unreadable(amazon)) == 1
    (problem,) = done.problems
    assert name in problem
    assert len(unreadable(amazon)[0].error) > 15
    assert Order.objects.count() == 1
    again = take(amazon, tmp_path / name)
    assert again.as_json()["new"] == 0
    assert len(unreadable(amazon)) == 1


def test_woocommerce_of_a_real_shop(tmp_path: Path) -> None:
    found = sorted((SHARED / "samples" / "woocommerce" / "json").rglob("*.json"))
    if not found:
        pytest.skip("the shared collections do not lie beside the project (KULANZ_SHARED)")
    shop = factories.account("shop")
    done = take(shop, *found)
    assert Order.objects.count() > 0
    assert len(done.problems) == min(20, len(unreadable(shop)))


def test_woocommerce_order_with_a_wrong_price(tmp_path: Path) -> None:
    shop = factories.account("shop")
    body = json.loads(
        (Path(__file__).parents[2] / "demo/bestellungen/woocommerce/bestellung-B-104841.json").read_text()
    )
    body["line_items"][0]["total"] = "12,5O"
    done = take(shop, put(tmp_path, "order.json", json.dumps(body)))
    (record,) = unreadable(shop)
    assert "12,5O" in record.error
    assert "order.json" in done.problems[0]
    assert Order.objects.count() == 0


# --- carriers --------------------------------------------------------------------------------------------------

ERROR = '<?xml version="1.0" encoding="UTF-8"?><data name="piece-shipment-list" code="{code}" error="{text}" request-id="1"/>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10 if n > 1 else "&lol;" * 10}">' for n in range(1, 10))
    + ']><data name="piece-shipment-list" code="0"><data name="piece-shipment" piece-code="&lol9;"/></data>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<data name="piece-shipment-list" code="0"><data name="piece-shipment" piece-code="&x;"/></data>'
)


def test_dhl_with_an_error_code(amazon: Account, tmp_path: Path) -> None:
    done = take(amazon, put(tmp_path, "dhl.xml", ERROR.format(code=5, text="Login failed")))
    told(amazon, done.problems, "dhl.xml", unreadable(amazon)[0].line, "5")
    assert Parcel.objects.count() == Scan.objects.count() == 0


@pytest.mark.parametrize("content", [BOMB, OUTSIDE], ids=["billion laughs", "entity of a file"])
def test_hostile_xml(amazon: Account, tmp_path: Path, content: str) -> None:
    done = take(amazon, put(tmp_path, "dhl.xml", content))
    assert len(unreadable(amazon)) == 1
    assert "dhl.xml" in done.problems[0]
    assert Parcel.objects.count() == Scan.objects.count() == 0


# --- tables nobody knows ---------------------------------------------------------------------------------------


def test_a_table_of_unknown_layout_waits_and_is_read_once_its_columns_are_approved(tmp_path: Path) -> None:
    from kulanz.channels.connections import approve_mapping
    from kulanz.channels.files.mapping import header_key
    from kulanz.flow.take_in import take_in

    wawi = factories.account("wawi", channel="wawi")
    lead = factories.user(role=Role.OWNER)
    path = put(
        tmp_path, "liste.csv", "Zeichen;Wieviel;Wann\nA-1;7;27.11.2026 10:00\nA-2;x;27.11.2026 10:00\n"
    )
    done = take(wawi, path)
    assert "Spaltenzuordnung fehlt" in done.problems[0]
    assert "liste.csv" in done.problems[0]
    assert Stock.objects.count() == 0
    waiting = unreadable(wawi)
    assert len(waiting) >= 1
    assert counts(take(wawi, path)) == (len(waiting), 0, len(waiting), 0)

    approve_mapping(
        account_id=wawi.pk,
        name="Liste",
        target="stock",
        header_key=header_key(["Zeichen", "Wieviel", "Wann"]),
        columns={"sku": "Zeichen", "available": "Wieviel", "at": "Wann"},
        by="anna",
        now=NOW,
    )
    for record in waiting:
        quarantine.replay(record.pk, by=lead, now=NOW)
    take_in(wawi.pk, now=NOW)
    assert [(row.sku, row.available) for row in Stock.objects.all()] == [("A-1", 7)]
    (left,) = unreadable(wawi)
    assert "Wieviel" in left.error
    assert "x" in left.error
    assert left.line == 3


# --- names and places of files ---------------------------------------------------------------------------------

NAMES = [
    "Größe äöü.txt",
    "mit\nUmbruch.txt",
    "  leer zeichen .txt",
    "-rf.txt",
    "a" * 200 + ".txt",
    "'; DROP TABLE--.txt",
]


@pytest.mark.parametrize("name", NAMES)
def test_file_names(amazon: Account, tmp_path: Path, name: str) -> None:
    bad = put(tmp_path, name, report(ALL_ORDERS, {}, {"amazon_order_id": "303-2", "quantity": "zwei"}))
    done = take(amazon, bad)
    assert counts(done) == (2, 2, 0, 1)
    (problem,) = done.problems
    assert "\n" not in problem


def test_a_file_name_that_is_no_text(amazon: Account, tmp_path: Path) -> None:
    path = Path(str(tmp_path) + "/\udcfcber.txt")
    path.write_text(report(ALL_ORDERS, {}, {"amazon_order_id": "303-2", "quantity": "zwei"}))
    assert counts(take(amazon, path)) == (2, 2, 0, 1)
    assert counts(take(amazon, tmp_path)) == (2, 0, 2, 0)


def test_links_in_circles(amazon: Account, tmp_path: Path) -> None:
    folder = tmp_path / "ordner"
    put(folder, "b.txt", report(ALL_ORDERS, {}))
    (folder / "kreis").symlink_to(folder, target_is_directory=True)
    (folder / "selbst.txt").symlink_to(folder / "selbst.txt")
    (folder / "tot.txt").symlink_to(folder / "gibt es nicht.txt")
    (folder / "zurueck").symlink_to(tmp_path, target_is_directory=True)
    done = take(amazon, folder)
    assert Order.objects.count() == 1
    assert done.as_json()["new"] == 1


def test_a_folder_named_like_a_file(amazon: Account, tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    (tmp_path / "b.csv").mkdir()
    put(tmp_path, "echt.txt", report(ALL_ORDERS, {}))
    assert counts(take(amazon, tmp_path)) == (1, 1, 0, 0)


def test_a_pipe_in_a_folder(amazon: Account, tmp_path: Path) -> None:
    """Nobody ever writes into it: reading would wait for ever."""
    import os

    os.mkfifo(tmp_path / "rohr.txt")
    put(tmp_path, "echt.txt", report(ALL_ORDERS, {}))
    assert counts(take(amazon, tmp_path)) == (1, 1, 0, 0)


@pytest.mark.slow
def test_40_mb_of_orders_in_bounded_memory(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "gross.txt"
    row = order_row(ALL_ORDERS, amazon_order_id="{number}", product_name="Kanne " + "x" * 600)
    with path.open("w") as out:
        out.write(report(ALL_ORDERS))
        written = 0
        while path.stat().st_size < 40 * 1024 * 1024:
            for _ in range(1000):
                written += 1
                out.write(row.replace("{number}", f"303-{written:07}-0000000"))
            out.flush()
    ran = run("import", path, "--account", "amazon", "--home", home, "--json", timeout=900)
    assert (ran.code, ran.told["new"], ran.told["quarantined"]) == (0, written, 0), ran.err
    assert ran.peak_mb < 400
