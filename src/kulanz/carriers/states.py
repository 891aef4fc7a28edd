"""The states of a parcel, one set for all carriers, and what each means to a person.

Delivered to a neighbour, laid down at a safe place and fetched from a shop stand apart from delivered at the door:
"marked delivered but not here" is answered differently for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kulanz.base.marked import gettext_noop as _

DOTS = (_("Label"), _("abgeholt"), _("unterwegs"), _("Zustellung"), _("zugestellt"))
"""The five dots of a parcel's way, left to right."""


@dataclass(frozen=True, slots=True)
class State:
    title: str
    """Short, for lists."""
    sentence: str
    lit: int
    """So many of the five dots are lit, from the left."""
    is_over: bool = False
    """The carrier does nothing more; later scans change nothing."""
    is_delivered: bool = False
    """It left the carrier's hands towards the customer."""
    is_trouble: bool = False
    """Somebody should look at it."""


STATES: Mapping[str, State] = {
    "PRE_ADVICE": State(_("angekündigt"), _("Die Daten liegen vor, das Paket noch nicht."), 1),
    "DATA_ONLY": State(
        _("nie angekommen"), _("Angekündigt, aber beim Paketdienst nie gesehen."), 1, is_trouble=True
    ),
    "PICKUP_FAILED": State(
        _("nicht abgeholt"), _("Der Paketdienst konnte es bei uns nicht abholen."), 1, is_trouble=True
    ),
    "CANCELLED": State(_("storniert"), _("Die Versandmarke wurde storniert."), 1, is_over=True),
    "ACCEPTED": State(_("übergeben"), _("Der Paketdienst hat das Paket."), 2),
    "IN_TRANSIT": State(_("unterwegs"), _("Das Paket ist unterwegs."), 3),
    "REDIRECTED": State(_("umgeleitet"), _("Das Paket geht auf Wunsch an eine andere Adresse."), 3),
    "DELAYED": State(_("verzögert"), _("Das Paket liegt oder verspätet sich."), 3, is_trouble=True),
    "CUSTOMS": State(_("beim Zoll"), _("Das Paket ist beim Zoll."), 3),
    "ADDRESS_PROBLEM": State(
        _("Adresse fehlerhaft"), _("Mit der Anschrift stimmt etwas nicht."), 3, is_trouble=True
    ),
    "DAMAGED": State(
        _("beschädigt"),
        _("Das Paket ist beschädigt oder steht unter Verdacht, geöffnet zu sein."),
        3,
        is_trouble=True,
    ),
    "OUT_FOR_DELIVERY": State(_("in Zustellung"), _("Das Paket liegt im Zustellfahrzeug."), 4),
    "DELIVERY_ATTEMPTED": State(
        _("nicht angetroffen"), _("Die Zustellung wurde versucht und gelang nicht."), 4, is_trouble=True
    ),
    "READY_FOR_PICKUP": State(_("abholbereit"), _("Das Paket liegt zur Abholung bereit."), 4),
    "NOT_COLLECTED": State(
        _("nicht abgeholt"), _("Der Kunde hat das Paket nicht abgeholt, es geht zurück."), 4, is_trouble=True
    ),
    "REFUSED": State(_("Annahme verweigert"), _("Der Kunde hat die Annahme verweigert."), 4, is_trouble=True),
    "UNDELIVERABLE": State(_("unzustellbar"), _("Das Paket ist nicht zustellbar."), 4, is_trouble=True),
    "DELIVERED": State(_("zugestellt"), _("Das Paket ist zugestellt."), 5, True, True),
    "DELIVERED_NEIGHBOUR": State(_("beim Nachbarn"), _("Das Paket liegt bei einem Nachbarn."), 5, True, True),
    "DELIVERED_SAFE_PLACE": State(
        _("abgelegt"), _("Das Paket liegt am Ablageort, im Paketkasten oder Postfach."), 5, True, True
    ),
    "DELIVERED_DAMAGED": State(
        _("beschädigt zugestellt"), _("Zugestellt, aber beschädigt oder unvollständig."), 5, True, True, True
    ),
    "COLLECTED": State(_("abgeholt"), _("Der Kunde hat das Paket abgeholt."), 5, True, True),
    "RETURNING": State(_("auf dem Rückweg"), _("Das Paket ist auf dem Rückweg zu uns."), 3, is_trouble=True),
    "RETURNED": State(
        _("zurück bei uns"), _("Das Paket ist wieder bei uns."), 3, is_over=True, is_trouble=True
    ),
    "LOST": State(
        _("verloren"), _("Der Paketdienst findet das Paket nicht."), 3, is_over=True, is_trouble=True
    ),
    "DESTROYED": State(
        _("vernichtet"), _("Der Paketdienst hat das Paket vernichtet."), 3, is_over=True, is_trouble=True
    ),
    "INFO": State(_("Hinweis"), _("Ein Hinweis, der den Stand nicht ändert."), 0),
}
"""By the value of Parcel.state."""

_FORWARD = {"ACCEPTED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "REDIRECTED", "PRE_ADVICE"}


def on_the_way_back(state: str) -> str:
    """The state of a parcel that travels back to us, where the carrier's code tells only what was done to it."""
    if state in STATES and STATES[state].is_delivered:
        return "RETURNED"
    return "RETURNING" if state in _FORWARD else state


def counts(state: str) -> bool:
    """Whether a scan of this state changes how the parcel stands."""
    return state not in ("", "INFO")
