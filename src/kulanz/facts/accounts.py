"""Open and change the merchant's accounts."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from kulanz.audit.record import record
from kulanz.facts.models import Account

LANDS = {
    "BW": "Baden-Württemberg", "BY": "Bayern", "BE": "Berlin", "BB": "Brandenburg", "HB": "Bremen",
    "HH": "Hamburg", "HE": "Hessen", "MV": "Mecklenburg-Vorpommern", "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen", "RP": "Rheinland-Pfalz", "SL": "Saarland", "SN": "Sachsen",
    "ST": "Sachsen-Anhalt", "SH": "Schleswig-Holstein", "TH": "Thüringen",
}  # fmt: skip
"""Federal states by ISO 3166-2:DE, for public holidays."""
NAME_CHARS = 60
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class NotPossible(Exception):
    """The text is German and says what to do instead."""


@dataclass(frozen=True, slots=True)
class AccountValues:
    """What a person sets. `name` is the short one of the command line."""

    name: str
    title: str
    channel: str
    zone: str
    land: str
    sender: str
    sender_name: str
    active: bool = True


def short_name(title: str) -> str:
    """`Amazon.de` → `amazon.de`; German letters written out, everything else a dash."""
    text = title.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return re.sub(r"[^a-z0-9._-]+", "-", text).strip("-._")[:NAME_CHARS]


def checked(values: AccountValues) -> AccountValues:
    """Raises NotPossible naming the field that is wrong."""
    if not values.title.strip():
        raise NotPossible("Bitte geben Sie dem Konto einen Namen, zum Beispiel „Amazon.de“.")
    if not _NAME.fullmatch(values.name) or len(values.name) > NAME_CHARS:
        raise NotPossible("Der Kurzname besteht aus a–z, 0–9, Punkt und Strich, höchstens 60 Zeichen.")
    if values.land not in LANDS:
        raise NotPossible(f"Das Bundesland „{values.land}“ gibt es nicht.")
    if values.zone not in available_timezones():
        raise NotPossible(f"Die Zeitzone „{values.zone[:40]}“ gibt es nicht, zum Beispiel „Europe/Berlin“.")
    ZoneInfo(values.zone)
    if values.sender:
        try:
            validate_email(values.sender)
        except ValidationError:
            raise NotPossible(f"„{values.sender[:80]}“ ist keine Mailadresse.") from None
    return values


@transaction.atomic
def open_account(values: AccountValues, *, by: str, now: datetime) -> Account:
    """A new account. Raises NotPossible, also for a name that is taken."""
    checked(values)
    if Account.objects.filter(name__iexact=values.name).exists():
        raise NotPossible(f"Ein Konto mit dem Kurznamen „{values.name}“ gibt es schon.")
    account = Account.objects.create(**asdict(values))
    record(who=by, what="account.create", kind="account", object_id=account.pk, now=now, after=asdict(values))
    return account


@transaction.atomic
def change_account(account_id: int, values: AccountValues, *, by: str, now: datetime) -> Account:
    """The channel of an account never changes: its facts were read for that channel. Raises NotPossible."""
    checked(values)
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotPossible("Dieses Konto gibt es nicht mehr.")
    if values.channel != account.channel:
        raise NotPossible("Der Kanal eines Kontos lässt sich nicht ändern. Legen Sie ein neues Konto an.")
    if Account.objects.filter(name__iexact=values.name).exclude(pk=account_id).exists():
        raise NotPossible(f"Ein Konto mit dem Kurznamen „{values.name}“ gibt es schon.")
    before, after = _apply(account, asdict(values))
    if after:
        account.save(update_fields=list(after))
        record(
            who=by,
            what="account.change",
            kind="account",
            object_id=account_id,
            now=now,
            before=before,
            after=after,
        )
    return account


def _apply(account: Account, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set what differs; what was and what is."""
    changed = {name: value for name, value in values.items() if getattr(account, name) != value}
    before = {name: getattr(account, name) for name in changed}
    for name, value in changed.items():
        setattr(account, name, value)
    return before, changed
