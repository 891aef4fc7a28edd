"""DHL Paket's tracking answers (XML, request d-get-piece-detail), twenty numbers a file.

Element and attribute names and the event codes (ICE, RIC, standard event) are DHL's; the texts are our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import quoteattr

from world import ANCHOR, Order, Parcel, dice, german

PER_FILE, WANTED = 20, 120
HOME = "Neumünster"
# Parcel centre by the first two digits of the recipient's postcode; the nearest smaller key counts.
CENTRES = {
    1: "Ottendorf-Okrilla", 4: "Radefeld", 7: "Nohra", 8: "Ottendorf-Okrilla", 10: "Rüdersdorf", 14: "Börnicke",
    17: "Neustrelitz", 20: "Hamburg", 24: "Neumünster", 26: "Bremen", 30: "Hannover", 32: "Bielefeld", 34: "Kassel",
    37: "Kassel", 38: "Hannover", 39: "Osterweddingen", 40: "Krefeld", 44: "Dorsten", 47: "Krefeld", 48: "Greven",
    50: "Köln", 54: "Saulheim", 56: "Neuwied", 58: "Hagen", 60: "Rodgau", 65: "Saulheim", 66: "Saarbrücken",
    67: "Speyer", 70: "Köngen", 74: "Bruchsal", 77: "Lahr", 78: "Eutingen", 79: "Lahr", 80: "Aschheim",
    86: "Augsburg", 88: "Günzburg", 90: "Feucht", 93: "Straubing", 96: "Feucht", 97: "Kitzingen", 98: "Nohra",
}  # fmt: skip
TEXTS = {
    "PARCV NRQRD VA": ("Die Daten zur Sendung liegen DHL vor, die Sendung selbst noch nicht.", "Sendungsdaten liegen vor"),
    "PCKDU PUBCR AE": ("Die Sendung wurde beim Absender abgeholt.", "Abholung erfolgreich"),
    "LDTMV MVMTV AA": ("Die Sendung ist im Start-Paketzentrum bearbeitet worden.", "Start-Paketzentrum"),
    "ULFMV UNLDD EE": ("Die Sendung ist im Ziel-Paketzentrum angekommen.", "Ziel-Paketzentrum"),
    "SRTED NRQRD PO": ("Die Sendung liegt im Zustellfahrzeug.", "In Zustellung"),
    "DLVRD ACCPT ZU": ("Die Sendung ist zugestellt.", "Zugestellt"),
    "DLVRD FAMLY ZU": ("Die Sendung ist an eine Person im Haushalt zugestellt.", "Zugestellt"),
    "DLVRD NGHBR ZU": ("Die Sendung ist bei einem Nachbarn abgegeben.", "Beim Nachbarn"),
    "DLVRD WINPL ZU": ("Die Sendung liegt am gewünschten Ort.", "Am Wunschort"),
    "DLVRD ACCDM ZU": ("Die Sendung ist zugestellt, die Verpackung ist beschädigt.", "Zugestellt, beschädigt"),
    "DLVRD ACCPK ZU": ("Die Sendung ist aus der Packstation abgeholt.", "Abgeholt"),
    "NTDEL PCKST ZN": ("Die Sendung kommt in eine Packstation.", "Weiter zur Packstation"),
    "HLDCC LDPCK LA": ("Die Sendung liegt in der Packstation zur Abholung bereit.", "Abholbereit, Packstation"),
    "NTDEL SERPT ZN": ("Niemand öffnete, die Sendung kommt in eine Filiale.", "Weiter zur Filiale"),
    "HLDCC SERPT LA": ("Die Sendung liegt in der Filiale zur Abholung bereit.", "Abholbereit, Filiale"),
    "RETRN NTCCN ZN": ("Die Sendung wurde nicht abgeholt und geht zurück.", "Rücksendung"),
    "DLVRF OTHER ZN": ("Die Annahme wurde verweigert.", "Annahme verweigert"),
    "RETRN RFUSD ZN": ("Die Sendung geht nach verweigerter Annahme zurück.", "Rücksendung"),
    "DMGDS DMGPC BV": ("Die Sendung wurde beschädigt und wird geprüft.", "Beschädigt"),
    "REPCK DMGPC BV": ("Die Sendung wurde neu verpackt.", "Neu verpackt"),
    "NTDEL BDADD ZN": ("Die Anschrift stimmt nicht, Zustellung war nicht möglich.", "Anschrift fehlerhaft"),
    "EXPHD BDADD BV": ("Die Anschrift der Sendung wird geprüft.", "Anschrift wird geprüft"),
    "EXPHD LOSTX BV": ("Die Sendung ist nicht auffindbar.", "Verlust"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    when: datetime
    code: str
    where: str
    back: bool = False


def write(folder: Path, orders: list[Order]) -> int:
    """Write the answers for the told parcels, the odd ones and the newest; return how many numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = _choose(orders)
    for place, start in enumerate(range(0, len(chosen), PER_FILE), 1):
        pieces = [_piece(order, parcel) for order, parcel in chosen[start : start + PER_FILE]]
        request = f"{dice(f'request {place}').randrange(16**12):012x}"
        head = f'<data name="piece-shipment-list" code="0" request-id="{request}">'
        text = '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "\n" + "\n".join(pieces) + "\n</data>\n"
        (folder / f"dhl-{place}.xml").write_text(text, encoding="utf-8")
    return len(chosen)


def _choose(orders: list[Order]) -> list[tuple[Order, Parcel]]:
    seen: set[str] = set()
    found: list[tuple[bool, datetime, Order, Parcel]] = []
    for order in orders:
        for parcel in order.parcels:
            if parcel.carrier == "DHL" and parcel.shipped and parcel.number not in seen:
                seen.add(parcel.number)
                found.append((order.story or parcel.kind != "delivered", parcel.shipped, order, parcel))
    found.sort(key=lambda row: (row[0], row[1]), reverse=True)
    kept = sorted(found[:WANTED], key=lambda row: row[3].number)
    return [(order, parcel) for _, _, order, parcel in kept]


def scans(order: Order, parcel: Parcel) -> list[Scan]:
    """All scans of the parcel up to the anchor, oldest first."""
    return [scan for scan in _journey(order, parcel) if scan.when <= ANCHOR]


def _journey(order: Order, parcel: Parcel) -> Iterator[Scan]:
    roll = dice(f"scan {parcel.number}")
    label = next(moment for stage, moment in parcel.stages if stage == "Label gedruckt")
    yield Scan(label + timedelta(minutes=3), "PARCV NRQRD VA", "")
    if parcel.kind == "data_only":
        return
    out = parcel.shipped
    yield Scan(out + timedelta(minutes=roll.randint(4, 25)), "PCKDU PUBCR AE", "Husum")
    evening = out.replace(hour=roll.randint(18, 21), minute=roll.randint(0, 59))
    yield Scan(evening, "LDTMV MVMTV AA", HOME)
    arrived = _delivery_day(out, roll).replace(hour=roll.randint(2, 5), minute=roll.randint(0, 59))
    centre = parcel.place or _centre(order.person.postcode)
    if parcel.kind == "stuck":
        yield Scan(parcel.last_event or arrived, "ULFMV UNLDD EE", centre)
        return
    if parcel.last_event and parcel.kind != "returned":
        arrived = arrived.replace(
            year=parcel.last_event.year, month=parcel.last_event.month, day=parcel.last_event.day
        )
    yield Scan(arrived, "ULFMV UNLDD EE", centre)
    yield from _last_mile(order, parcel, arrived)


def _last_mile(order: Order, parcel: Parcel, arrived: datetime) -> Iterator[Scan]:
    roll = dice(f"mile {parcel.number}")
    loaded = arrived.replace(hour=8, minute=roll.randint(5, 55))
    there = parcel.last_event or arrived.replace(hour=roll.randint(10, 16), minute=roll.randint(0, 59))
    town = order.person.town
    if parcel.kind == "lost":
        yield Scan(arrived + timedelta(days=20, hours=9), "EXPHD LOSTX BV", "")
        return
    if parcel.kind == "damaged":
        yield Scan(
            arrived + timedelta(minutes=95), "DMGDS DMGPC BV", parcel.place or _centre(order.person.postcode)
        )
        yield Scan(
            arrived + timedelta(minutes=130), "REPCK DMGPC BV", parcel.place or _centre(order.person.postcode)
        )
    yield Scan(loaded, "SRTED NRQRD PO", town)
    ends = {
        "delivered": ["DLVRD ACCPT ZU"], "family": ["DLVRD FAMLY ZU"], "neighbour": ["DLVRD NGHBR ZU"],
        "safe_place": ["DLVRD WINPL ZU"], "damaged": ["DLVRD ACCDM ZU"],
        "packstation": ["NTDEL PCKST ZN", "HLDCC LDPCK LA"], "branch": ["NTDEL SERPT ZN", "HLDCC SERPT LA"],
        "address": ["NTDEL BDADD ZN", "EXPHD BDADD BV"], "refused": ["DLVRF OTHER ZN", "RETRN RFUSD ZN"],
        "returned": ["NTDEL SERPT ZN", "HLDCC SERPT LA"], "transit": [],
    }  # fmt: skip
    moment = there
    for code in ends[parcel.kind]:
        yield Scan(moment, code, town)
        moment += timedelta(hours=3, minutes=roll.randint(1, 50))
    if parcel.kind == "returned":
        yield Scan(there + timedelta(days=8), "RETRN NTCCN ZN", town)
    if parcel.kind in ("returned", "refused"):
        back = there + timedelta(days=11 if parcel.kind == "returned" else 2)
        yield Scan(back.replace(hour=4, minute=12), "ULFMV UNLDD EE", HOME, back=True)
        yield Scan(back.replace(hour=9, minute=48), "DLVRD ACCPT ZU", "Husum", back=True)


def _delivery_day(out: datetime, roll: object) -> datetime:
    """Next day but Sunday; a seventh of the parcels take a day more."""
    day = out + timedelta(days=2 if roll.random() < 0.15 else 1)  # type: ignore[attr-defined]
    return day + timedelta(days=1) if day.weekday() == 6 else day


def _centre(postcode: str) -> str:
    return CENTRES[max(key for key in CENTRES if key <= max(1, int(postcode[:2])))]


def _attributes(pairs: dict[str, str], indent: str) -> str:
    return "".join(f"\n{indent}{key}={quoteattr(value)}" for key, value in pairs.items())


def _piece(order: Order, parcel: Parcel) -> str:
    done = scans(order, parcel)
    last, roll = done[-1], dice(f"piece {parcel.number}")
    ice, ric, standard = last.code.split()
    identifier = str(UUID(int=roll.getrandbits(128), version=4))
    serial = str(roll.randrange(5 * 10**9, 6 * 10**9))
    street, city = order.person.street, f"{order.person.postcode} {order.person.town}"
    receiver = parcel.who or {"DLVRD FAMLY ZU": "Person im Haushalt"}.get(last.code, order.person.name)
    common = {"ruecksendung": _flag(last.back), "pslz-nr": serial, "order-preferred-delivery-day": "false"}
    shipment = {
        "error-status": "0", "piece-id": identifier, "shipment-code": "", "piece-identifier": parcel.number[2:],
        "identifier-type": "2", "piece-code": parcel.number, "event-location": last.where, "event-country": "DE",
        "status-liste": "0", "status-timestamp": german(last.when), "status": TEXTS[last.code][0],
        "short-status": TEXTS[last.code][1], "recipient-name": order.company or order.person.name,
        "recipient-street": street, "recipient-city": city,
        "pan-recipient-name": receiver if standard == "ZU" else "", "pan-recipient-street": street,
        "pan-recipient-city": city, "pan-recipient-address": f"{street} {city}",
        "pan-recipient-postalcode": order.person.postcode, "shipper-name": "Deichküche", "shipper-street": "Am Binnenhafen 4",
        "shipper-city": "25813 Husum", "shipper-address": "Am Binnenhafen 4 25813 Husum", "product-code": "00",
        "product-key": "", "product-name": "DHL PAKET", "delivery-event-flag": "1" if standard == "ZU" else "0",
        "recipient-id": "5" if ric == "NGHBR" else "", "recipient-id-text": _received_by(ric, receiver), "upu": "",
        "shipment-length": "0.0", "shipment-width": "0.0", "shipment-height": "0.0",
        "shipment-weight": f"{roll.randint(4, 48) / 10}", "international-flag": "0", "division": "DPEED", "ice": ice,
        "ric": ric, "standard-event-code": standard, "dest-country": "DE", "origin-country": "DE",
        "searched-piece-code": parcel.number, "searched-ref-no": "", "piece-customer-reference": parcel.note,
        "shipment-customer-reference": order.wawi, "leitcode": "", "routing-code-ean": "", "matchcode": "",
        "domestic-id": "", "airway-bill-number": "",
    }  # fmt: skip
    listed = {
        "piece-identifier": parcel.number[2:],
        "piece-id": identifier,
        "leitcode": "",
        "routing-code-ean": "",
    }
    events = "\n".join(_event(scan) for scan in done)
    return (
        f'  <data name="piece-shipment"{_attributes(shipment | common, "    ")}>\n'
        f'    <data name="piece-event-list"{_attributes(listed | common, "      ")}>\n{events}\n    </data>\n  </data>'
    )


def _received_by(ric: str, receiver: str) -> str:
    return {
        "NGHBR": f"Nachbar: {receiver}",
        "FAMLY": "Person im Haushalt",
        "WINPL": "Wunschort",
        "ACCPT": "Empfänger",
        "ACCDM": "Empfänger",
    }.get(ric, "")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _event(scan: Scan) -> str:
    ice, ric, standard = scan.code.split()
    text, short = TEXTS[scan.code]
    pairs = {
        "event-timestamp": german(scan.when),
        "event-status": text,
        "event-text": text,
        "event-short-status": short,
        "ice": ice,
        "ric": ric,
        "event-location": scan.where,
        "event-country": "Deutschland",
        "standard-event-code": standard,
        "ruecksendung": _flag(scan.back),
    }
    return f'      <data name="piece-event"{_attributes(pairs, "        ")}\n      />'
