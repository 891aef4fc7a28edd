"""Mails built for the tests: shop mails, Amazon relay mails (their structure, invented words), bounces."""

import os
from email.message import EmailMessage
from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "mail"
SHARED = Path(os.environ.get("KULANZ_SHARED", Path(__file__).parents[3].parent / "shared")) / "data" / "mail"

LONG_TEXT = (
    "Sehr geehrte Damen und Herren,\n\nmein Paket mit der Sendungsnummer 00340434161094042557 ist nicht angekommen.\n"
    + "Ich warte schon lange auf die Lieferung für meine Großmutter.\n" * 12
    + "\nMit freundlichen Grüßen\nJürgen Weiß\n"
)


def mail(
    text: str = "Hallo,\n\nwo bleibt mein Paket?\n\nGrüße\nJürgen",
    *,
    html: str = "",
    subject: str = "Frage",
    sender: str = "Jürgen Weiß <juergen@example.de>",
    headers: dict[str, str] | None = None,
    attachments: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """A well-formed mail as a mailer makes it."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Laden <laden@example.org>"
    message["Subject"] = subject
    message["Date"] = "Sun, 22 Nov 2026 18:00:51 +0100"
    message["Message-ID"] = "<abc.1@example.de>"
    for name, value in (headers or {}).items():
        message[name] = value
    if text:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def raw(body: bytes = b"Hallo", *headers: bytes) -> bytes:
    """A mail exactly as given."""
    named = {line.partition(b":")[0].lower() for line in headers}
    lines = [line for line in _COMMON if line.partition(b":")[0].lower() not in named]
    return b"\r\n".join([*lines, *headers, b"", body])


_COMMON = (
    b"From: Max <max@example.de>",
    b"To: laden@example.org",
    b"Subject: Frage",
    b"Date: Sun, 22 Nov 2026 18:00:51 +0100",
    b"Message-ID: <abc.1@example.de>",
)

BUYER = "2fd8kq1xmv7tl0p+3f2504e0-4f89-41d3-9a0c-0305e82c3301@marketplace.amazon.de"


def amazon(
    words: str = "Hallo, wo ist mein Paket?",
    *,
    begin: str = "Nachricht:",
    end: str = "Ende der Nachricht",
    notification: str = "BBC_MESSAGE_SENT_TO_MERCHANT",
    sender: str = f'"Erika Beispiel" <{BUYER}>',
    subject: str = "Frage von Amazon-Kunde Erika Beispiel (Bestellung: 303-1234567-7654321)",
    headers: dict[str, str] | None = None,
    html: str = "",
    plain: bool = True,
) -> bytes:
    """A relay mail in Amazon's structure."""
    text = (
        "Du hast eine Nachricht erhalten.\n\n# 303-1234567-7654321:\n"
        "1 / Wasserkocher 1,7 l [ASIN: B0ABCDEFGH]\n\n"
        f"-------------  {begin}  -------------\n\n{words}\n\n-------------  {end} -------------\n\n"
        "War diese E-Mail hilfreich?\n\nFall lösen\n"
        "https://sellercentral.amazon.de/messaging/no-response-needed?t=abc&m=1&mp=A1PA6795UKMFR9&c=2&h=3&s=1\n"
        "SPC-EUAmazon-1234567890\n[commMgrTok:Tok-123]\n"
    )
    return mail(
        text if plain else "",
        html=html,
        subject=subject,
        sender=sender,
        headers={
            "X-Space-Notification-Type": notification,
            "X-Marketplace-ID": "A1PA6795UKMFR9",
            **(headers or {}),
        },
    )
