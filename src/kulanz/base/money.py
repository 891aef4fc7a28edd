"""Money is integer cents with a currency; nothing here rounds."""

import re
from decimal import Decimal, InvalidOperation

MAX_CENTS = 10**12


class AmountUnreadable(ValueError):
    """The text is no amount of money; the message names the text."""


def parse_cents(text: str, *, decimal_comma: bool | None = None) -> int:
    """Cents of `12,50`, `12.50`, `1.234,56 €` or `1,234.56`.

    `decimal_comma` tells how the source writes; None reads the last separator as the decimal one when one
    or two digits follow it, and refuses the ambiguous `1.234`.

    Raises AmountUnreadable for anything else, for more than two decimals that are not zero, and above
    MAX_CENTS (10 billion units).
    """
    cleaned = (
        text.strip().removesuffix("EUR").removesuffix("€").strip().replace("\u00a0", "").replace(" ", "")
    )
    if not re.fullmatch(r"[+-]?[0-9.,]+", cleaned, re.ASCII):
        raise AmountUnreadable(f"Betrag „{text[:40]}“ ist nicht lesbar")
    if decimal_comma is None:
        if re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", cleaned):
            raise AmountUnreadable(f"Betrag „{text}“ ist mehrdeutig: Tausenderpunkt oder Komma?")
        decimal_comma = cleaned.rfind(",") > cleaned.rfind(".")
    plain = cleaned.replace(".", "").replace(",", ".") if decimal_comma else cleaned.replace(",", "")
    try:
        value = Decimal(plain) * 100
    except InvalidOperation:
        raise AmountUnreadable(f"Betrag „{text[:40]}“ ist nicht lesbar") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise AmountUnreadable(f"Betrag „{text[:40]}“ hat Bruchteile eines Cents")
    if abs(value) > MAX_CENTS:
        raise AmountUnreadable(f"Betrag „{text[:40]}“ liegt über der Grenze von 10 Milliarden")
    return int(value)


def euro(cents: int, currency: str = "EUR") -> str:
    """`1.234,56 €`, with a no-break space, as German screens and letters write it."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{sign}{grouped},{rest:02d}\u00a0{'€' if currency == 'EUR' else currency}"
