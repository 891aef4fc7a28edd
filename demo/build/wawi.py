"""The ERP's exports as a scheduled CSV export writes them: semicolon, German headers, decimal comma."""

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from shop import coupon_rate
from world import ANCHOR, Article, Order, dice, german

BOM, WINDOWS, PLAIN = "utf-8-sig", "cp1252", "utf-8"


def write(folder: Path, orders: list[Order], articles: dict[str, Article]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mine = [o for o in orders if o.wawi]
    _save(
        folder / "stufen.csv",
        "Auftragsnummer;Externe Bestellnummer;Lieferscheinnummer;Stufe;Zeit;Versanddienst;Sendungsnummer",
        _stages(mine),
        PLAIN,
    )
    _save(folder / "bestand.csv", "SKU;Artikel;Verfügbar;Stand", _stock(articles), BOM)
    _save(folder / "artikel.csv", "SKU;ASIN;EAN;Titel;Bild;EK netto", _articles(articles), WINDOWS)
    _save(folder / "rechnungen.csv", "Rechnungsnummer;Auftrag;Datum;Betrag;PDF", _invoices(mine), PLAIN)
    _save(
        folder / "erstattungen.csv",
        "Nummer;Auftrag;Externe Bestellnummer;Datum;Betrag;Grund",
        _refunds(mine),
        PLAIN,
    )
    _save(
        folder / "retouren.csv",
        "Retourennummer;Auftrag;Externe Bestellnummer;SKU;Menge;Eingang;Zustand;Grund",
        _returns(mine),
        WINDOWS,
    )


def _save(path: Path, header: str, rows: Iterable[list[str]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(header.split(";"))
        writer.writerows(rows)


def comma(cents: int) -> str:
    return f"{cents / 100:.2f}".replace(".", ",")


def amount(order: Order) -> int:
    """What the buyer pays, in cents."""
    if order.channel == "amazon":
        return order.total
    rate = coupon_rate(order)
    return sum(round(line.gross * (100 - rate) / 100) for line in order.lines) + order.shipping


def _stages(orders: list[Order]) -> list[list[str]]:
    rows: list[tuple[datetime, list[str]]] = []
    for order in orders:
        if not order.parcels:
            received = order.placed + timedelta(minutes=9)
            rows.append((received, [order.wawi, order.number, "", "eingegangen", german(received), "", ""]))
        for place, parcel in enumerate(order.parcels):
            for stage, moment in parcel.stages:
                if stage == "eingegangen" and place:
                    continue
                labelled = stage in ("Label gedruckt", "versendet")
                note = "" if stage == "eingegangen" else parcel.note
                carrier, number = (parcel.carrier, parcel.number) if labelled else ("", "")
                rows.append(
                    (moment, [order.wawi, order.number, note, stage, german(moment), carrier, number])
                )
    return [row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1][0]))]


def _stock(articles: dict[str, Article]) -> list[list[str]]:
    stand = german(ANCHOR - timedelta(minutes=12))
    return [[a.sku, a.title, str(a.stock), stand] for a in articles.values()]


def _articles(articles: dict[str, Article]) -> list[list[str]]:
    return [
        [a.sku, a.asin, a.ean, a.title, f"{a.picture}.svg" if a.picture else "", comma(a.cost)]
        for a in articles.values()
    ]


def _invoices(orders: list[Order]) -> list[list[str]]:
    sums: dict[str, int] = {}
    for order in orders:
        if order.invoice:
            sums[order.invoice] = sums.get(order.invoice, 0) + amount(order)
    seen: dict[str, list[str]] = {}
    for order in orders:
        if order.invoice and order.invoice not in seen:
            day = order.invoiced.strftime("%d.%m.%Y")
            seen[order.invoice] = [
                order.invoice,
                order.wawi,
                day,
                comma(sums[order.invoice]),
                f"{order.invoice}.pdf",
            ]
    return [seen[number] for number in sorted(seen)]


def _refunds(orders: list[Order]) -> list[list[str]]:
    rows = []
    for order in orders:
        if order.refund:
            moment = datetime.fromisoformat(str(order.refund["at"]))
            reason = str(order.refund["reason"])
            rows.append(
                (
                    moment,
                    [order.wawi, order.number, german(moment), comma(int(order.refund["cents"])), reason],
                )
            )
    rows.sort(key=lambda pair: pair[0])
    return [[f"GS-{2104 + place}", *row] for place, (_, row) in enumerate(rows)]


def _returns(orders: list[Order]) -> list[list[str]]:
    rows = []
    for order in orders:
        if order.returned:
            moment = datetime.fromisoformat(str(order.returned["at"]))
            sku = str(order.returned.get("sku", order.lines[0].article.sku))
            words = [str(order.returned.get("state", "unbenutzt")), str(order.returned["reason"])]
            rows.append((moment, [order.wawi, order.number, sku, "1", german(moment), *words]))
    rows.sort(key=lambda pair: pair[0])
    return [[f"RT-{3311 + place}", *row] for place, (_, row) in enumerate(rows)]


REASONS = (
    ("Gefällt nicht", "unbenutzt"),
    ("Passt farblich nicht", "unbenutzt"),
    ("Doppelt bestellt", "originalverpackt"),
    ("Beschädigt angekommen", "beschädigt"),
    ("Zu klein", "geöffnet"),
    ("Widerruf ohne Angabe", "geöffnet"),
)


def returns_of_the_crowd(orders: list[Order]) -> None:
    """Some of those nobody wrote about sent things back and got their money; "refunded" in the shop as well."""
    roll = dice("returns")
    old = [o for o in orders if not o.story and o.shipped and (ANCHOR - o.shipped).days > 9]
    chosen = [o for o in old if o.status == "refunded"]
    chosen += roll.sample([o for o in old if o.status != "refunded" and o.parcels[0].kind == "delivered"], 14)
    for order in chosen:
        reason, state = roll.choice(REASONS)
        came = order.shipped + timedelta(days=roll.randint(5, 8), hours=roll.randint(-5, 1))
        line = roll.choice(order.lines)
        cents = amount(order) if order.status == "refunded" else line.gross - line.discount
        order.returned = {"at": str(came), "sku": line.article.sku, "state": state, "reason": reason}
        order.refund = {"at": str(came + timedelta(hours=21)), "cents": cents, "reason": f"Retoure: {reason}"}
    for order in [o for o in orders if not o.story and o.parcels and o.parcels[0].kind == "lost"]:
        moment = order.shipped + timedelta(days=21, hours=2)
        order.refund = {"at": str(moment), "cents": amount(order), "reason": "Sendung verloren"}
