"""A shop's correspondence of ninety days, from a seed: buyers at Amazon and in the own shop, our answers, orders,
parcels. Written as files in the formats of the outside world; taken in by the public import (see desk_data.py)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path

from bench.words import ARTICLES, FIRST, LAST, SENTENCES, STREETS, SUBJECTS, TOWNS

SPAN = timedelta(days=90)
NEW = timedelta(hours=36)
"""Letters younger than this are answered less often."""
ANSWERED, ANSWERED_OF_NEW = 0.97, 0.35
NAMES_ORDER = 0.8
NAMES_PARCEL = 0.15
SHARE_AMAZON = 0.6


@dataclass(frozen=True, slots=True)
class Bought:
    """One order and the letter about it."""

    number: str
    amazon: bool
    placed_at: datetime
    buyer: str
    address: str
    alias: str
    """Amazon's; empty in the own shop."""
    town: tuple[str, str]
    street: str
    articles: tuple[tuple[int, int, int], ...]
    """Number among ARTICLES, quantity, cents a piece."""
    parcel: str

    @property
    def cents(self) -> int:
        return sum(quantity * cents for _, quantity, cents in self.articles)


@dataclass(frozen=True, slots=True)
class Letter:
    bought: Bought
    message_id: str
    sent_at: datetime
    subject: str
    text: str
    """The buyer's own words."""
    answered_at: datetime | None

    @property
    def address(self) -> str:
        return self.bought.address


def letters(count: int, seed: int, newest: datetime | None = None) -> Iterator[Letter]:
    """`count` first letters, oldest first, the last one shortly before `newest` (default: a fixed day)."""
    newest = newest or datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    rng = random.Random(seed)
    for number in range(count):
        sent_at = newest - SPAN * ((count - number - 0.5) / count)
        bought = _bought(rng, number, sent_at)
        subject = f"{rng.choice(SUBJECTS)}"
        text = " ".join(rng.sample(SENTENCES, rng.randint(2, 6)))
        if rng.random() < NAMES_PARCEL:
            text += f" Die Sendungsnummer ist {bought.parcel}."
        if bought.amazon:
            subject = f"Frage von Amazon-Kunde {bought.buyer}"
            subject += f" (Bestellung: {bought.number})" if rng.random() < NAMES_ORDER else ""
        elif rng.random() < NAMES_ORDER:
            subject += f" {bought.number}"
        share = ANSWERED_OF_NEW if newest - sent_at < NEW else ANSWERED
        answered_at = sent_at + timedelta(minutes=rng.randrange(20, 1300)) if rng.random() < share else None
        if answered_at is not None and answered_at > newest:
            answered_at = None
        yield Letter(
            bought,
            f"<{seed}.{number}.{rng.getrandbits(48):x}@mail.example>",
            sent_at,
            subject,
            text,
            answered_at,
        )


def _bought(rng: random.Random, number: int, sent_at: datetime) -> Bought:
    amazon = rng.random() < SHARE_AMAZON
    buyer = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    alias = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(14))
    articles = rng.sample(range(len(ARTICLES)), rng.randint(1, 3))
    return Bought(
        number=f"30{rng.randrange(2, 7)}-{rng.randrange(10**7):07d}-{number:07d}"
        if amazon
        else f"B-{100_000 + number}",
        amazon=amazon,
        placed_at=sent_at - timedelta(hours=rng.randrange(20, 200)),
        buyer=buyer,
        address=f"{alias}@marketplace.amazon.de" if amazon else f"kunde{number}@example.org",
        alias=alias if amazon else "",
        town=rng.choice(TOWNS),
        street=f"{rng.choice(STREETS)} {rng.randrange(1, 140)}",
        articles=tuple((article, rng.randint(1, 3), rng.randrange(399, 9999)) for article in articles),
        parcel=_with_check_digit(f"0034043416{rng.randrange(10**9):09d}"),
    )


def _with_check_digit(digits: str) -> str:
    """A serial shipping container code: digits weighted 3 and 1 from the right, up to the next ten (GS1)."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def as_mail(letter: Letter) -> bytes:
    """The letter as it arrives: through Amazon's relay, or plain."""
    mail = EmailMessage()
    bought = letter.bought
    mail["Date"] = format_datetime(letter.sent_at)
    mail["Message-ID"] = letter.message_id
    mail["Subject"] = letter.subject
    mail["To"] = "Kundenservice <service@shop.example>"
    domain = "marketplace.amazon.de" if bought.amazon else "example.org"
    mail["Authentication-Results"] = (
        f"mail.shop.example; spf=pass smtp.mailfrom={domain}; dkim=pass header.d={domain}"
    )
    said = f"Guten Tag,\n\n{letter.text}\n\nMit freundlichen Grüßen\n{bought.buyer}\n"
    if bought.amazon:
        mail["From"] = formataddr((f"{bought.buyer} - Amazon-Marktplatz", bought.address))
        mail["X-Space-Notification-Type"] = "BBC_MESSAGE_SENT_TO_MERCHANT"
        article = ARTICLES[bought.articles[0][0]]
        mail.set_content(
            f"Du hast eine Nachricht erhalten.\n\n# {bought.number}:\n1 / {article}\n\n"
            f"------------- Nachricht:  -------------\n\n{said}\n------------- Ende der Nachricht -------------\n"
        )
    else:
        mail["From"] = formataddr((bought.buyer, bought.address))
        mail.set_content(said)
    return mail.as_bytes()


def as_answer(letter: Letter) -> bytes:
    """What we answered, as it lies in the Sent folder."""
    assert letter.answered_at is not None
    mail = EmailMessage()
    mail["Date"] = format_datetime(letter.answered_at)
    mail["From"] = "Kundenservice <service@shop.example>"
    mail["To"] = letter.address
    mail["Subject"] = f"Re: {letter.subject}"
    mail["Message-ID"] = letter.message_id.replace("@mail.", "@antwort.")
    mail["In-Reply-To"] = mail["References"] = letter.message_id
    mail.set_content(
        f"Guten Tag {letter.bought.buyer},\n\nvielen Dank für Ihre Nachricht. Wir kümmern uns darum.\n\nIhr Kundenservice\n"
    )
    return mail.as_bytes()


def write_mails(path: Path, mails: Iterable[bytes]) -> int:
    """As mbox; how many."""
    count = 0
    with path.open("wb") as file:
        for raw in mails:
            file.write(b"From bench@example.org Fri Nov 20 12:00:00 2026\n")
            file.write(raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")
            count += 1
    return count


AMAZON_COLUMNS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel"
    " ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price"
    " ship-city ship-postal-code ship-country is-business-order"
).split()


def write_amazon(path: Path, orders: Iterable[Bought]) -> None:
    """The report of all orders."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(AMAZON_COLUMNS) + "\r\n")
        for order in orders:
            for article, quantity, cents in order.articles:
                values = {
                    "amazon-order-id": order.number,
                    "merchant-order-id": order.number,
                    "purchase-date": order.placed_at.isoformat(timespec="seconds"),
                    "last-updated-date": (order.placed_at + timedelta(hours=9)).isoformat(timespec="seconds"),
                    "order-status": "Shipped",
                    "fulfillment-channel": "Merchant",
                    "sales-channel": "Amazon.de",
                    "ship-service-level": "Standard",
                    "product-name": ARTICLES[article],
                    "sku": f"SKU-{article:04d}",
                    "asin": f"B0{article:08d}",
                    "item-status": "Shipped",
                    "quantity": str(quantity),
                    "currency": "EUR",
                    "item-price": f"{quantity * cents / 100:.2f}",
                    "item-tax": f"{quantity * cents * 19 // 119 / 100:.2f}",
                    "shipping-price": "0.00",
                    "ship-city": order.town[1],
                    "ship-postal-code": order.town[0],
                    "ship-country": "DE",
                    "is-business-order": "false",
                }
                file.write("\t".join(values.get(column, "") for column in AMAZON_COLUMNS) + "\r\n")


def write_woocommerce(path: Path, orders: Iterable[Bought]) -> None:
    """A page of the shop's orders, as its API answers."""
    path.write_text(json.dumps([_woocommerce(order) for order in orders], ensure_ascii=False), "utf-8")


def _woocommerce(order: Bought) -> dict[str, object]:
    first, _, last = order.buyer.partition(" ")
    person = {
        "first_name": first, "last_name": last, "company": "", "address_1": order.street, "address_2": "",
        "city": order.town[1], "postcode": order.town[0], "state": "", "country": "DE",
    }  # fmt: skip
    placed = order.placed_at.replace(tzinfo=None).isoformat(timespec="seconds")
    paid = (order.placed_at + timedelta(minutes=2)).replace(tzinfo=None).isoformat(timespec="seconds")
    return {
        "id": int(order.number.removeprefix("B-")),
        "number": order.number,
        "order_key": f"wc_order_{order.parcel}",
        "status": "completed",
        "currency": "EUR",
        "date_created": placed,
        "date_created_gmt": placed,
        "date_modified_gmt": paid,
        "date_paid_gmt": paid,
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "total": f"{order.cents / 100:.2f}",
        "total_tax": f"{order.cents * 19 // 119 / 100:.2f}",
        "prices_include_tax": True,
        "customer_note": "",
        "billing": person | {"email": order.address, "phone": ""},
        "shipping": person,
        "payment_method_title": "Rechnung",
        "meta_data": [],
        "line_items": [
            {
                "id": int(order.number.removeprefix("B-")) * 10 + article,
                "name": ARTICLES[article],
                "sku": f"SKU-{article:04d}",
                "quantity": quantity,
                "subtotal": f"{quantity * cents / 119:.2f}",
                "total": f"{quantity * cents / 119:.2f}",
                "total_tax": f"{quantity * cents * 19 / 11900:.2f}",
                "price": round(cents / 119, 2),
            }
            for article, quantity, cents in order.articles
        ],
    }


def write_stages(path: Path, orders: Iterable[Bought]) -> None:
    """The ERP's export of stages: come in, then sent with a parcel."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(
            "Auftragsnummer;Externe Bestellnummer;Lieferscheinnummer;Stufe;Zeit;Versanddienst;Sendungsnummer\r\n"
        )
        for number, order in enumerate(orders):
            erp, sent = f"AU-{500_000 + number}", order.placed_at + timedelta(hours=8)
            file.write(f"{erp};{order.number};;eingegangen;{_german(order.placed_at)};;\r\n")
            file.write(f"{erp};{order.number};LS-{number};versendet;{_german(sent)};DHL;{order.parcel}\r\n")


def _german(at: datetime) -> str:
    return at.strftime("%d.%m.%Y %H:%M")
