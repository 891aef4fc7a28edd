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
    "unknown": gettext_noop("unbekannte Datei"),
}
_FAMILIES = {
    "amazon": gettext_noop("Amazon-Bericht"),
    "woocommerce": gettext_noop("WooCommerce"),
    "wawi": gettext_noop("Wawi"),
    "csv": gettext_noop("CSV-Datei"),
    "files": gettext_noop("CSV-Datei"),
    "dhl": gettext_noop("DHL"),
}
_NUMBERS = {
    "platform": gettext_noop("Marktplatz"),
    "marketplace": gettext_noop("Marktplatz"),
    "shop": gettext_noop("Shop"),
    "wawi": gettext_noop("Wawi-Auftrag"),
    "external": gettext_noop("Externe Nummer"),
    "delivery_note": gettext_noop("Lieferschein"),
    "note": gettext_noop("Lieferschein"),
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
