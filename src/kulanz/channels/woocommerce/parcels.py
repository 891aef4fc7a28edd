"""Tracking numbers that shop plugins leave in an order.

WooCommerce itself knows no parcels. Read are: Shipment Tracking and Advanced Shipment Tracking (list under
_wc_shipment_tracking_items), DHL for WooCommerce (_pr_shipment_dhl_label_tracking), Germanized (`shipments` of the
order), and single fields of smaller plugins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kulanz.base.folding import fold_number
from kulanz.channels.shipping import carrier_key
from kulanz.channels.values import NUMBER_CHARS
from kulanz.channels.woocommerce.fields import objects, plugin_time, text

_ITEMS = "_wc_shipment_tracking_items"
_DHL = "_pr_shipment_dhl_label_tracking"
_SINGLE = {
    "_dhlefn_order_tracking_number": "dhl",
    "_tracking_number": "",
    "tracking_number": "",
    "_aftership_tracking_number": "",
}
"""Field -> its carrier; empty where the plugin keeps it in another field."""
_PROVIDERS = ("_tracking_provider", "tracking_provider", "_aftership_tracking_provider_name")


@dataclass(frozen=True, slots=True)
class Tracked:
    number: str
    carrier: str
    shipped_at: datetime | None = None


def tracked(order: Mapping[str, Any], zone: str) -> list[Tracked]:
    """Each parcel once."""
    found: dict[tuple[str, str], Tracked] = {}
    for one in _all(order, zone):
        number = fold_number(one.number)
        if number and len(number) <= NUMBER_CHARS:
            found.setdefault((number, one.carrier), Tracked(number, one.carrier, one.shipped_at))
    return list(found.values())


def _all(order: Mapping[str, Any], zone: str) -> Iterator[Tracked]:
    meta = {text(one, "key", 100): one.get("value") for one in objects(order.get("meta_data"))}
    for item in objects(meta.get(_ITEMS)):
        provider = text(item, "tracking_provider", 60) or text(item, "custom_tracking_provider", 60)
        shipped = plugin_time(item.get("date_shipped"), zone)
        yield Tracked(text(item, "tracking_number", 200), carrier_key(provider), shipped)
    label = meta.get(_DHL)
    for item in objects(label) or objects([label]):
        said = item.get("tracking_number")
        for number in said if isinstance(said, list) else [said]:
            yield Tracked(text({"n": number}, "n", 200), "dhl")
    for shipment in objects(order.get("shipments")):
        shipped = plugin_time(shipment.get("date_sent"), zone)
        yield Tracked(
            text(shipment, "tracking_id", 200), carrier_key(text(shipment, "shipping_provider", 60)), shipped
        )
    provider = next((text(meta, name, 60) for name in _PROVIDERS if text(meta, name, 60)), "")
    for name, carrier in _SINGLE.items():
        if number := text(meta, name, 200):
            yield Tracked(number, carrier or carrier_key(provider))
