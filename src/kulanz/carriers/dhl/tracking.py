"""DHL Paket's tracking answer: XML of the requests d-get-piece-detail and get-status-for-public-user.

Source: DHL's Parcel DE Tracking API, elements piece-shipment and piece-event; times are German local time without
zone. One answer holds up to twenty parcels and is one record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kulanz.base.folding import fold_number
from kulanz.base.limits import RECORD_BYTES
from kulanz.base.localtime import TimeUnreadable, parse_time
from kulanz.carriers.dhl.codes import state_of
from kulanz.carriers.states import counts, on_the_way_back
from kulanz.facts.records import Fact, Unreadable
from kulanz.intake.formats import Opened, Part, Record

SOURCE = "dhl.tracking"
CARRIER = "dhl"
ZONE = "Europe/Berlin"
NUMBER_CHARS, PLACE_CHARS, TEXT_CHARS, CODE_CHARS = 60, 100, 300, 30
_WITHDRAWN = "STORN"
_OK, _NOTHING_FOUND = "0", "100"
_PIECE = re.compile(rb'(?:searched-)?piece-code\s*=\s*"([0-9A-Za-z ]{1,60})"')


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    ambiguous: bool
    ice: str
    code: str
    state: str
    """Empty: it says nothing about how the parcel stands, or was withdrawn."""
    place: str
    text: str


class DhlTracking:
    source = SOURCE
    restated = False

    def recognises(self, name: str, start: bytes) -> bool:
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        return text.startswith(b"<") and b"<data" in text and b"piece-shipment" in text

    def open(self, path: Path) -> Opened:
        with path.open("rb") as file:
            body = file.read(RECORD_BYTES + 1)
        if not body.strip():
            raise Unreadable("Die Datei ist leer.")
        error = ""
        if len(body) > RECORD_BYTES:
            body = body[:RECORD_BYTES]
            error = f"Die Antwort ist größer als {RECORD_BYTES // 1024} KB (Grenze RECORD_BYTES)."
        found = _PIECE.search(body)
        key = found.group(1).decode("ascii") if found else path.name
        return Opened(SOURCE, b"", "utf-8", iter([Part(key, body, 1, error=error)]))

    def parse(self, record: Record) -> list[Fact]:
        """Scans of each parcel, and how it stands now.

        A code 100 ("nothing found") yields no facts. Raises Unreadable for XML that is none, other error codes and
        times that cannot be read.
        """
        root = _root(record.body)
        code = root.get("code", _OK)
        if code not in (_OK, _NOTHING_FOUND):
            raise Unreadable(f"DHL meldet Fehler {code[:20]}: {root.get('error', '')[:120]}")
        facts: list[Fact] = []
        for element in root.iter("data"):
            if element.get("name") == "piece-shipment" and element.get("error-status", _OK) == _OK:
                facts += _parcel(element)
        return facts


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body)
    except ParseError as error:
        line, column = error.position
        raise Unreadable(f"Das XML ist ab Zeile {line}, Zeichen {column + 1} nicht lesbar.") from None
    except DefusedXmlException:
        raise Unreadable("Das XML enthält eigene Entitäten; solche Dateien werden nicht gelesen.") from None
    except (LookupError, ValueError):
        raise Unreadable("Der Zeichensatz des XML ist nicht lesbar.") from None
    if root.tag != "data":
        raise Unreadable(f"Das ist keine Antwort von DHL: Das XML beginnt mit <{root.tag[:40]}>.")
    return root


def _parcel(piece: Element) -> list[Fact]:
    said = piece.get("piece-code") or piece.get("searched-piece-code") or ""
    number = fold_number(said)
    if not number:
        raise Unreadable("Feld „piece-code“ ist leer")
    if len(number) > NUMBER_CHARS:
        raise Unreadable(f"Feld „piece-code“: „{said[:40]}…“ ist länger als {NUMBER_CHARS} Zeichen")
    back = piece.get("ruecksendung") == "true"
    events = [
        _event(element.attrib, "event-timestamp", back)
        for element in piece.iter("data")
        if element.get("name") == "piece-event" and element.get("event-timestamp")
    ]
    if not events and piece.get("status-timestamp") and piece.get("ice"):
        events = [_event(piece.attrib, "status-timestamp", back)]
    events = _without_withdrawn(sorted(events, key=lambda event: event.at))
    facts = [Fact("scan", _scan(number, event), event.at) for event in events]
    standing = [event for event in events if event.state]
    if standing:
        last = standing[-1]
        now = {
            "number": number,
            "carrier": CARRIER,
            "state": last.state,
            "state_at": last.at,
            "place": last.place,
        }
        facts.append(Fact("parcel_state", now, last.at))
    return facts


def _event(said: Mapping[str, str], column: str, back: bool) -> _Event:
    try:
        at, ambiguous = parse_time(said[column], ZONE)
    except TimeUnreadable as error:
        raise Unreadable(f"Feld „{column}“: {error}") from None
    ice, ric, event = (said.get(name, "").strip().upper() for name in ("ice", "ric", "standard-event-code"))
    state = state_of(ice, ric, event)
    if back or said.get("ruecksendung") == "true":
        state = on_the_way_back(state)
    text = said.get("event-status") or said.get("event-text") or said.get("status") or ""
    return _Event(
        at,
        ambiguous,
        ice,
        "/".join((ice, ric, event))[:CODE_CHARS],
        state if counts(state) else "",
        said.get("event-location", "").strip()[:PLACE_CHARS],
        text.strip()[:TEXT_CHARS],
    )


def _without_withdrawn(events: list[_Event]) -> list[_Event]:
    """A driver's STORN takes back the last event that changed something: the parcel stands as before it."""
    kept: list[_Event] = []
    for event in events:
        if event.ice == _WITHDRAWN:
            standing = [at for at, earlier in enumerate(kept) if earlier.state and earlier.ice != _WITHDRAWN]
            before = ""
            if standing:
                kept[standing[-1]] = replace(kept[standing[-1]], state="")
                before = kept[standing[-2]].state if len(standing) > 1 else "PRE_ADVICE"
            event = replace(event, state=before)
        kept.append(event)
    return kept


def _scan(number: str, event: _Event) -> dict[str, object]:
    return {
        "number": number,
        "carrier": CARRIER,
        "at": event.at,
        "code": event.code,
        "place": event.place,
        "state": event.state,
        "text": event.text,
        "ambiguous_time": event.ambiguous,
    }


TRACKING = DhlTracking()
