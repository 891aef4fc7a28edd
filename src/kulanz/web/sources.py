"""What sources, stages and numbers are called on screen."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kulanz.web.tags import age

_SOURCES = {
    "mail": gettext_noop("E-Mail"),
    "amazon.orders_all": gettext_noop("Amazon-Bericht „Alle Bestellungen“"),
    "amazon.orders_unshipped": gettext_noop("Amazon-Bericht „Nicht versandt“"),
    "woocommerce.orders": gettext_noop("WooCommerce"),
    "wawi.stages": gettext_noop("Wawi, Stufen"),
    "wawi.stock": gettext_noop("Wawi, Bestand"),
    "wawi.products": gettext_noop("Wawi, Artikel"),
    "wawi.invoices": gettext_noop("Wawi, Rechnungen"),
    "wawi.refunds": gettext_noop("Wawi, Erstattungen"),
    "wawi.returns": gettext_noop("Wawi, Retouren"),
    "dhl.tracking": gettext_noop("DHL"),
    "files.table": gettext_noop("Tabelle, deren Spalten noch niemand zugeordnet hat"),
    "unknown": gettext_noop("unbekannte Datei"),
}
_FAMILIES = {
    "amazon": gettext_noop("Amazon-Bericht"),
    "woocommerce": gettext_noop("WooCommerce"),
    "wawi": gettext_noop("Wawi"),
    "csv": gettext_noop("CSV-Datei"),
    "files": gettext_noop("Tabelle"),
    "dhl": gettext_noop("DHL"),
}
_NUMBERS = {
    "marketplace": gettext_noop("Marktplatz"),
    "shop": gettext_noop("Shop"),
    "wawi": gettext_noop("Wawi-Auftrag"),
    "external": gettext_noop("Externe Nummer"),
    "delivery": gettext_noop("Lieferschein"),
    "invoice": gettext_noop("Rechnung"),
    "merchant": gettext_noop("Eigene Nummer"),
    "customer": gettext_noop("Kundennummer"),
}
_STATES = {
    "open": gettext_noop("offen"),
    "wait_customer": gettext_noop("wartet auf Kunden"),
    "wait_carrier": gettext_noop("wartet auf Paketdienst"),
    "later": gettext_noop("später"),
    "closed": gettext_noop("erledigt"),
}


def source_name(source: str) -> str:
    """The format's name for people; an unknown one stands as it is."""
    if source in _SOURCES:
        return _(_SOURCES[source])
    family = _FAMILIES.get(source.partition(".")[0])
    return _(family) if family else source


def origin_words(source: str, at: datetime) -> str:
    """`aus Amazon-Bericht, vor 2 h`."""
    return _("aus %(source)s, %(age)s") % {"source": source_name(source), "age": age(at)}


def number_kind(kind: str) -> str:
    return _(_NUMBERS[kind]) if kind in _NUMBERS else kind


def case_state(state: str) -> str:
    return _(_STATES[state]) if state in _STATES else state


_TARGETS = {
    "orders": gettext_noop("Bestellungen"),
    "stages": gettext_noop("Stufen und Sendungen"),
    "stock": gettext_noop("Bestand"),
    "products": gettext_noop("Artikel"),
    "invoices": gettext_noop("Rechnungen"),
    "refunds": gettext_noop("Erstattungen"),
    "returns": gettext_noop("Retouren"),
}
_COLUMNS = {
    "order_number": gettext_noop("Bestellnummer"),
    "wawi_number": gettext_noop("Auftragsnummer der Wawi"),
    "delivery_note": gettext_noop("Lieferschein"),
    "tracking_number": gettext_noop("Sendungsnummer"),
    "carrier": gettext_noop("Paketdienst"),
    "name": gettext_noop("Stufe oder Name"),
    "reached_at": gettext_noop("Zeit"),
    "shipped_at": gettext_noop("Versandt am"),
    "placed_at": gettext_noop("Bestellt am"),
    "paid_at": gettext_noop("Bezahlt am"),
    "sku": gettext_noop("Artikelnummer"),
    "asin": gettext_noop("ASIN"),
    "ean": gettext_noop("EAN"),
    "title": gettext_noop("Bezeichnung"),
    "quantity": gettext_noop("Menge"),
    "price": gettext_noop("Preis"),
    "price_cents": gettext_noop("Preis"),
    "total": gettext_noop("Summe"),
    "total_cents": gettext_noop("Summe"),
    "cents": gettext_noop("Betrag"),
    "amount": gettext_noop("Betrag"),
    "shipping_cents": gettext_noop("Versandkosten"),
    "cost_cents": gettext_noop("Einkaufspreis"),
    "available": gettext_noop("Verfügbar"),
    "at": gettext_noop("Stand"),
    "number": gettext_noop("Nummer"),
    "invoice_number": gettext_noop("Rechnungsnummer"),
    "issued_on": gettext_noop("Datum"),
    "refunded_at": gettext_noop("Erstattet am"),
    "arrived_at": gettext_noop("Eingegangen am"),
    "announced_at": gettext_noop("Angekündigt am"),
    "reason": gettext_noop("Grund"),
    "picture": gettext_noop("Bild"),
    "file_name": gettext_noop("Datei"),
    "currency": gettext_noop("Währung"),
    "status": gettext_noop("Stand"),
    "recipient": gettext_noop("Empfänger"),
    "email": gettext_noop("E-Mail"),
    "street": gettext_noop("Straße"),
    "postcode": gettext_noop("Postleitzahl"),
    "city": gettext_noop("Ort"),
    "country": gettext_noop("Land"),
    "ref": gettext_noop("Nummer"),
    "kind": gettext_noop("Art"),
}


def target_name(target: str) -> str:
    return _(_TARGETS[target]) if target in _TARGETS else target


def column_name(column: str) -> str:
    return _(_COLUMNS[column]) if column in _COLUMNS else column
