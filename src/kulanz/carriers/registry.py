"""The carriers by the key that parcels carry."""

from __future__ import annotations

from collections.abc import Mapping

from kulanz.carriers.contract import Carrier

CARRIERS: Mapping[str, Carrier] = {
    "dhl": Carrier(
        "DHL", "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode={number}"
    ),
    "dhl_express": Carrier(
        "DHL Express", "https://www.dhl.com/de-de/home/tracking.html?tracking-id={number}&submit=1"
    ),
    "deutschepost": Carrier(
        "Deutsche Post", "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={number}"
    ),
    "hermes": Carrier(
        "Hermes", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}"
    ),
    "dpd": Carrier("DPD", "https://tracking.dpd.de/status/de_DE/parcel/{number}"),
    "gls": Carrier("GLS", "https://gls-group.com/DE/de/paketverfolgung/?match={number}"),
    "ups": Carrier("UPS", "https://www.ups.com/track?loc=de_DE&tracknum={number}"),
    "fedex": Carrier("FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    "post_at": Carrier("Österreichische Post", "https://www.post.at/s/sendungsdetails?snr={number}"),
    "post_ch": Carrier("Schweizerische Post", "https://service.post.ch/ekp-web/ui/entry/search/{number}"),
    "amazon": Carrier("Amazon"),
}


def title(key: str) -> str:
    """Name for people; an unknown carrier is named as its source wrote it."""
    carrier = CARRIERS.get(key)
    return carrier.title if carrier else key


def tracking_page(key: str, number: str) -> str:
    """Link to the carrier's public page for this parcel; empty when we know none."""
    carrier = CARRIERS.get(key)
    return carrier.tracking_page(number) if carrier else ""
