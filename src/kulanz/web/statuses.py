"""The sources' own words for how an order stands, in German; what is not in the table stands as it came.

Amazon: the order reports' `order-status` and `item-status`, in German as Seller Central shows them. WooCommerce: the
order API's `status`, in German as the shop's own pages show it.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_WORDS = {
    "Pending": gettext_noop("ausstehend"),
    "Pending - Waiting for Pick Up": gettext_noop("wartet auf Abholung"),
    "Unshipped": gettext_noop("nicht versandt"),
    "PartiallyShipped": gettext_noop("teilweise versandt"),
    "Shipping": gettext_noop("wird versandt"),
    "Shipped": gettext_noop("versandt"),
    "Shipped - Picked Up": gettext_noop("abgeholt"),
    "Shipped - Out for Delivery": gettext_noop("in Zustellung"),
    "Shipped - Delivered to Buyer": gettext_noop("zugestellt"),
    "Shipped - Rejected by Buyer": gettext_noop("Annahme verweigert"),
    "Shipped - Undeliverable": gettext_noop("unzustellbar"),
    "Shipped - Returning to Seller": gettext_noop("auf dem Rückweg"),
    "Shipped - Returned to Seller": gettext_noop("zurück bei uns"),
    "Shipped - Lost in Transit": gettext_noop("verloren"),
    "Shipped - Damaged": gettext_noop("beschädigt"),
    "Cancelled": gettext_noop("storniert"),
    "Canceled": gettext_noop("storniert"),
    "Unfulfillable": gettext_noop("nicht lieferbar"),
    "InvoiceUnconfirmed": gettext_noop("Rechnung nicht bestätigt"),
    "pending": gettext_noop("Zahlung ausstehend"),
    "processing": gettext_noop("in Bearbeitung"),
    "on-hold": gettext_noop("in Wartestellung"),
    "completed": gettext_noop("abgeschlossen"),
    "cancelled": gettext_noop("storniert"),
    "refunded": gettext_noop("erstattet"),
    "failed": gettext_noop("fehlgeschlagen"),
    "checkout-draft": gettext_noop("Entwurf"),
}


def status_words(status: str) -> str:
    """`nicht versandt` for Amazon's Unshipped."""
    return _(_WORDS[status]) if status in _WORDS else status
