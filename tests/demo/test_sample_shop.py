"""The sample shop's files: each parses in its format, tells one story, and can be moved in time."""

import csv
import email
import email.policy
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DEMO = Path(__file__).parents[2] / "demo"
BERLIN = ZoneInfo("Europe/Berlin")
ANCHOR = datetime.fromisoformat((DEMO / "anchor.txt").read_text().strip())
WINDOWS = {"artikel.csv", "retouren.csv"}
MAILS = sorted((DEMO / "mail").rglob("*.eml"))
WAWI_HEADERS = {
    "artikel.csv": ["SKU", "ASIN", "EAN", "Titel", "Bild", "EK netto"],
    "bestand.csv": ["SKU", "Artikel", "Verfügbar", "Stand"],
    "erstattungen.csv": ["Nummer", "Auftrag", "Externe Bestellnummer", "Datum", "Betrag", "Grund"],
    "rechnungen.csv": ["Rechnungsnummer", "Auftrag", "Datum", "Betrag", "PDF"],
    "retouren.csv": [
        "Retourennummer", "Auftrag", "Externe Bestellnummer", "SKU", "Menge", "Eingang", "Zustand", "Grund",
    ],
    "stufen.csv": [
        "Auftragsnummer", "Externe Bestellnummer", "Lieferscheinnummer", "Stufe", "Zeit", "Versanddienst",
        "Sendungsnummer",
    ],
}  # fmt: skip


def tsv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8")), delimiter="\t"))


def wawi(name: str) -> list[dict[str, str]]:
    encoding = "cp1252" if name in WINDOWS else "utf-8-sig"
    text = (DEMO / "wawi" / name).read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def shop_orders() -> Iterator[dict[str, object]]:
    for path in sorted((DEMO / "bestellungen" / "woocommerce").glob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        yield from body if isinstance(body, list) else [body]


def amazon_reports() -> list[Path]:
    return sorted((DEMO / "bestellungen").rglob("amazon-*.txt")) + sorted(
        (DEMO / "bestellungen" / "amazon-unversandt-frueher").glob("*.txt")
    )


def amazon_numbers() -> set[str]:
    rows = [row for path in amazon_reports() for row in tsv(path)]
    return {row.get("amazon-order-id") or row["order-id"] for row in rows}


def shop_numbers() -> set[str]:
    return {str(order["number"]) for order in shop_orders()}


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def texts(message: EmailMessage) -> str:
    parts = [
        part.get_content()
        for part in message.walk()
        if part.get_content_type() in ("text/plain", "text/html")
    ]
    return "\n".join([str(message["Subject"]), *parts])


def gs1(digits: str) -> int:
    return -sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))) % 10


def test_amazon_reports_carry_the_official_columns_first() -> None:
    rows = tsv(DEMO / "bestellungen" / "amazon-bestellungen.txt")
    assert list(rows[0])[:3] == ["amazon-order-id", "merchant-order-id", "purchase-date"]
    assert list(rows[0])[-2:] == ["is-iba", "signature-confirmation-recommended"]
    assert [row for row in rows if None in row or None in row.values()] == []
    waiting = tsv(DEMO / "bestellungen" / "amazon-unversandt.txt")
    assert list(waiting[0])[-2:] == ["verge-of-cancellation", "verge-of-lateShipment"]
    assert [
        row
        for row in waiting
        if not re.fullmatch(r"[a-z0-9]{14}@marketplace\.amazon\.de", row["buyer-email"])
    ] == []


def test_order_numbers_have_amazons_form_and_the_reports_overlap() -> None:
    assert [number for number in amazon_numbers() if not re.fullmatch(r"\d{3}-\d{7}-\d{7}", number)] == []
    listed = {row["amazon-order-id"] for row in tsv(DEMO / "bestellungen" / "amazon-bestellungen.txt")}
    waiting = {row["order-id"] for row in tsv(DEMO / "bestellungen" / "amazon-unversandt.txt")}
    assert (len(waiting & listed) > 20, len(waiting - listed) > 5) == (True, True)


def test_the_shop_is_as_large_as_promised() -> None:
    parcels = {row["Sendungsnummer"] for row in wawi("stufen.csv") if row["Stufe"] == "versendet"}
    sizes = {
        "amazon": 400 <= len(amazon_numbers()) <= 440,
        "shop": len(shop_numbers()),
        "parcels": 340 <= len(parcels) <= 420,
        "mails": len(MAILS) >= 110,
        "bytes": sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file()) < 4_000_000,
    }
    assert sizes == {"amazon": True, "shop": 120, "parcels": True, "mails": True, "bytes": True}


def test_shop_orders_add_up_to_the_cent() -> None:
    wrong = []
    for order in shop_orders():
        lines = order["line_items"]
        cents = sum(
            round(float(line["total"]) * 100) + round(float(line["total_tax"]) * 100) for line in lines
        )
        shipping = round(float(order["shipping_total"]) * 100) + round(float(order["shipping_tax"]) * 100)
        if cents + shipping != round(float(order["total"]) * 100):
            wrong.append(order["number"])
    assert wrong == []


@pytest.mark.parametrize("name", sorted(WAWI_HEADERS))
def test_wawi_exports_have_their_headers_and_full_rows(name: str) -> None:
    rows = wawi(name)
    assert list(rows[0]) == WAWI_HEADERS[name]
    assert [row for row in rows if None in row or None in row.values()] == []


def test_wawi_rows_belong_to_orders_of_a_channel() -> None:
    known = amazon_numbers() | shop_numbers()
    rows = [row for name in ("stufen.csv", "erstattungen.csv", "retouren.csv") for row in wawi(name)]
    assert {row["Externe Bestellnummer"] for row in rows} - known == set()


def test_one_order_is_merged_and_one_is_split() -> None:
    numbers: dict[str, set[str]] = {}
    notes: dict[str, set[str]] = {}
    for row in wawi("stufen.csv"):
        numbers.setdefault(row["Auftragsnummer"], set()).add(row["Externe Bestellnummer"])
        if row["Lieferscheinnummer"]:
            notes.setdefault(row["Auftragsnummer"], set()).add(row["Lieferscheinnummer"])
    merged = [found for found in numbers.values() if len(found) > 1]
    split = [numbers[order] for order, found in notes.items() if len(found) > 1]
    assert (merged, split) == ([{"303-6602817-4471930", "303-6602944-0087215"}], [{"B-104822"}])


def test_article_numbers_and_pictures_are_sound() -> None:
    rows = wawi("artikel.csv")
    assert [row["EAN"] for row in rows if gs1(row["EAN"][:-1]) != int(row["EAN"][-1])] == []
    assert {row["Bild"] for row in rows if row["Bild"]} - {
        p.name for p in (DEMO / "bilder").iterdir()
    } == set()
    for path in (DEMO / "bilder").glob("*.svg"):
        tags = {element.tag.rsplit("}", 1)[-1] for element in ElementTree.parse(path).iter()}
        assert tags <= {"svg", "title", "path", "rect", "circle", "ellipse"}


def pieces() -> list[ElementTree.Element]:
    return [
        piece
        for path in sorted((DEMO / "tracking").glob("*.xml"))
        for piece in ElementTree.parse(path).getroot()
    ]


def test_dhl_answers_hold_twenty_known_numbers_each() -> None:
    sizes = [len(ElementTree.parse(path).getroot()) for path in sorted((DEMO / "tracking").glob("*.xml"))]
    shipped = {row["Sendungsnummer"] for row in wawi("stufen.csv") if row["Versanddienst"] == "DHL"}
    codes = [piece.attrib["piece-code"] for piece in pieces()]
    assert sizes == [20] * 6
    assert [
        code
        for code in codes
        if not re.fullmatch(r"00340434\d{12}", code) or gs1(code[2:-1]) != int(code[-1])
    ] == []
    assert (len(set(codes)), set(codes) - shipped) == (120, set())


def test_dhl_scans_run_forward_and_end_in_the_parcels_state() -> None:
    for piece in pieces():
        events = list(piece[0])
        times = [datetime.strptime(event.attrib["event-timestamp"], "%d.%m.%Y %H:%M") for event in events]
        assert times == sorted(times), piece.attrib["piece-code"]
        last = {name: events[-1].attrib[name] for name in ("ice", "ric", "standard-event-code")}
        assert last == {name: piece.attrib[name] for name in last}


def test_parcels_stand_in_every_state_a_desk_meets() -> None:
    ends = {f"{piece.attrib['ice']} {piece.attrib['ric']}" for piece in pieces()}
    wanted = {
        "DLVRD ACCPT", "DLVRD NGHBR", "DLVRD ACCDM", "HLDCC LDPCK", "ULFMV UNLDD", "EXPHD BDADD", "EXPHD LOSTX",
        "PARCV NRQRD", "SRTED NRQRD",
    }  # fmt: skip
    assert wanted - ends == set()
    assert any(p.attrib["ruecksendung"] == "true" for p in pieces())


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_a_mail_parses_and_names_only_orders_that_exist(path: Path) -> None:
    message = read(path)
    text = texts(message)
    known = amazon_numbers() | shop_numbers()
    named = set(re.findall(r"\b\d{3}-\d{7}-\d{7}\b|\bB-10\d{4}\b", text))
    assert [part.defects for part in message.walk() if part.defects] == []
    assert named - known == set()
    parcels = {row["Sendungsnummer"] for row in wawi("stufen.csv")}
    assert set(re.findall(r"\b00340434\d{12}\b", text)) - parcels == set()
    assert re.findall(r"\{\w*\}", text.replace("{margin:0cm; font-size:11.0pt;", "")) == []


def test_message_ids_are_unique_and_answers_lead_to_a_mail() -> None:
    messages = [read(path) for path in MAILS]
    ids = [str(message["Message-ID"]) for message in messages]
    assert len(ids) == len(set(ids))
    assert {str(m["In-Reply-To"]) for m in messages if m["In-Reply-To"]} - set(ids) == set()


def test_buyers_words_stand_between_the_markers_and_in_one_pre() -> None:
    odd = []
    for path in (DEMO / "mail" / "amazon").glob("*.eml"):
        message = read(path)
        if message["X-Space-Notification-Type"] != "BBC_MESSAGE_SENT_TO_MERCHANT" or "phishing" in path.name:
            continue
        html = str(message.get_body(("html",)).get_content())
        plain = str(message.get_body(("plain",)).get_content())
        alias = r".*<[a-z0-9]{14}\+[0-9a-f-]{36}@marketplace\.amazon\.de>"
        sound = html.count("<pre") == 1 and plain.count("------------- Nachricht:  -------------") == 1
        if not sound or not re.fullmatch(alias, str(message["From"])):
            odd.append(path.name)
    assert odd == []


def test_the_queue_is_lively_at_the_anchor() -> None:
    """Amazon's 24 hours of buyers' last unanswered words: one just over, some within 1 and 4 hours, some tomorrow."""
    last: dict[str, tuple[datetime, Path]] = {}
    for path in sorted((DEMO / "mail").glob("amazon*/*.eml")):
        moment = parsedate_to_datetime(str(read(path)["Date"]))
        key = path.stem.rsplit("-", 1)[0]
        if key not in last or moment > last[key][0]:
            last[key] = (moment, path)
    left = [
        (moment + timedelta(hours=24) - ANCHOR).total_seconds() / 3600
        for moment, path in last.values()
        if str(read(path)["X-Space-Notification-Type"]) == "BBC_MESSAGE_SENT_TO_MERCHANT"
        and path.name[0] == "a"
    ]
    midnight = 24 - ANCHOR.hour - ANCHOR.minute / 60
    groups = {
        "just missed": sum(-1 < hours < 0 for hours in left),
        "long missed": sum(hours <= -1 for hours in left),
        "under an hour": sum(0 <= hours < 1 for hours in left),
        "under four hours": sum(1 <= hours < 4 for hours in left),
        "today": sum(0 <= hours < midnight for hours in left),
        "tomorrow": sum(hours >= midnight for hours in left),
    }
    assert groups == {
        "just missed": 1,
        "long missed": 0,
        "under an hour": 1,
        "under four hours": 2,
        "today": 10,
        "tomorrow": 6,
    }


GERMAN = re.compile(r"\b(\d{2})\.(\d{2})\.(\d{4})(?: (\d{2}):(\d{2}))?\b")
ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?")
RFC = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")
MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
UNSHIFTABLE = re.compile(
    rf"\b\d{{1,2}}\.\s?(?:\d{{1,2}}\.(?!\d)|(?:{MONTHS})\b)|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b"
)


def decoded(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix == ".eml":
        return raw.decode("latin-1") + texts(read(path))
    return raw.decode("cp1252" if path.name in WINDOWS else "utf-8-sig")


def data_files() -> list[Path]:
    folders = ("bestellungen", "wawi", "tracking", "mail")
    return sorted(path for folder in folders for path in (DEMO / folder).rglob("*") if path.is_file())


def moments(text: str) -> Iterator[datetime]:
    for day, month, year, hour, minute in GERMAN.findall(text):
        yield datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=BERLIN)
    for day, time, zone in ISO.findall(text):
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone.replace('Z', '+00:00')}")
        yield moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)
    for stamp in RFC.findall(text):
        yield parsedate_to_datetime(stamp)


def test_no_date_lies_after_the_anchor() -> None:
    late = []
    for path in data_files():
        text = decoded(path)
        if path.name.startswith("amazon-unversandt") or path.parent.name.startswith("amazon-unversandt"):
            text = "\n".join(row["purchase-date"] + " " + row["reporting-date"] for row in tsv(path))
        late += [(path.name, str(moment)) for moment in moments(text) if moment > ANCHOR]
    assert late == []


def test_every_date_can_be_shifted_as_text() -> None:
    """No day without its year, no month by name, no date torn by a transfer encoding."""
    odd = []
    for path in MAILS:
        message = read(path)
        body, raw = texts(message), path.read_bytes().decode("latin-1")
        odd += [
            (path.name, found)
            for found in UNSHIFTABLE.findall(re.sub(r"https?://\S+|style=\"[^\"]*\"", "", body))
        ]
        inside = sorted(match[0] for match in GERMAN.finditer(body))
        outside = sorted(match[0] for match in GERMAN.finditer(raw))
        if inside != outside:
            odd.append((path.name, "torn"))
        if len(RFC.findall(raw)) < raw.count("\r\nDate: ") + raw.startswith("Date: "):
            odd.append((path.name, "header"))
    assert odd == []


def test_files_are_utf8_but_for_the_two_windows_exports() -> None:
    for path in data_files():
        if path.name in WINDOWS:
            with pytest.raises(UnicodeDecodeError):
                path.read_bytes().decode("utf-8")
        else:
            path.read_bytes().decode("utf-8")
    assert (DEMO / "wawi" / "bestand.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_anchor_is_a_friday_noon_in_berlin() -> None:
    assert ANCHOR.astimezone(UTC) == datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
