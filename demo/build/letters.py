"""What every mail of the sample shop has in common: headers, times, bodies whose dates can be shifted as text."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from textwrap import wrap

from world import BERLIN, SHOP_DOMAIN, SHOP_NAME, Order, Person, dice

RULES = policy.SMTP.clone(cte_type="8bit", max_line_length=76)
DATE = re.compile(r"\d{2}\.\d{2}\.\d{4}(?: \d{2}:\d{2})?")
SERVICE = f"service@{SHOP_DOMAIN}"
MARKET = f"amazon@{SHOP_DOMAIN}"
HOST = f"mx.{SHOP_DOMAIN}"
MARKETPLACE = "A1PA6795UKMFR9"


@dataclass(slots=True)
class Letter:
    """One mail of a conversation as the conversation files tell it, with its place in the thread."""

    key: str
    place: int
    when: datetime
    who: str
    text: str
    subject: str
    channel: str
    person: Person
    orders: list[Order]
    entry: dict[str, object]
    earlier: list["Letter"] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        return self.who == "us"

    @property
    def message_id(self) -> str:
        if "message_id" in self.entry:
            return str(self.entry["message_id"])
        token = f"{dice(f'id {self.key} {self.place}').randrange(16**32):032x}"
        if self.ours:
            return f"<{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:28]}@{SHOP_DOMAIN}>"
        if self.channel == "amazon":
            return f"<0102{token}-{token[:8]}-000000@eu-west-1.amazonses.com>"
        sender = str(self.entry.get("from", self.person.mail))
        return f"<{token[:20]}@{sender.rsplit('@', 1)[1].rstrip('>')}>"

    @property
    def file_name(self) -> str:
        return f"{self.key}-{self.place}.eml"


def begin(letter: Letter, sender: str, to: str, origin: str, verdict: str) -> EmailMessage:
    """A message with trace headers; `verdict` is what our mail server says of SPF and DKIM."""
    message = EmailMessage(policy=RULES)
    stamp = format_datetime(letter.when.replace(tzinfo=BERLIN))
    roll = dice(f"trace {letter.key} {letter.place}")
    if not letter.ours:
        message["Return-Path"] = str(letter.entry.get("return_path", f"<{origin}>"))
        relay = f"out{roll.randint(1, 40)}.{origin.rsplit('@', 1)[-1]}"
        message["Received"] = (
            f"from {relay} (unknown [198.51.100.{roll.randint(2, 250)}]) by {HOST} with ESMTPS "
            f"id {roll.randrange(16**10):010x}; {stamp}"
        )
        message["Authentication-Results"] = f"{HOST}; {verdict}"
    message["Date"] = stamp
    message["From"] = sender
    message["To"] = to
    message["Subject"] = letter.subject
    message["Message-ID"] = letter.message_id
    if letter.earlier:
        message["In-Reply-To"] = letter.earlier[-1].message_id
        message["References"] = " ".join(earlier.message_id for earlier in letter.earlier)
    return message


def passed(domain: str) -> str:
    return f"dkim=pass header.d={domain}; spf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}"


def set_text(
    message: EmailMessage, text: str, subtype: str, *, encoding: str = "8bit", charset: str = "utf-8"
) -> None:
    """Set the body; 8bit where quoted-printable would tear a date apart."""
    message.set_content(text, subtype=subtype, charset=charset, cte=encoding)
    if encoding != "8bit" and not dates_whole(message, text):
        message.set_content(text, subtype=subtype, charset=charset, cte="8bit")


def add_text(message: EmailMessage, text: str, subtype: str, *, encoding: str = "8bit") -> None:
    part = EmailMessage(policy=RULES)
    set_text(part, text, subtype, encoding=encoding)
    message.add_alternative(text, subtype=subtype, charset="utf-8", cte=part["Content-Transfer-Encoding"])


def dates_whole(message: EmailMessage, text: str) -> bool:
    raw = message.as_bytes().decode("latin-1")
    return sorted(DATE.findall(text)) == sorted(DATE.findall(raw))


def attach(message: EmailMessage, folder: Path, name: str) -> None:
    path = folder / name
    kind = "png" if path.suffix == ".png" else "jpeg"
    message.add_attachment(path.read_bytes(), maintype="image", subtype=kind, filename=path.name)


def own_sender(channel: str) -> str:
    return f'"{SHOP_NAME} Kundenservice" <{MARKET if channel == "amazon" else SERVICE}>'


def flowed(text: str) -> str:
    """Wrap at 72 as format=flowed does: a blank before a line end means that the paragraph goes on."""
    return "\n".join(" \n".join(wrap(line, 72)) if len(line) > 72 else line for line in text.split("\n"))


def html_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def boundaries(message: EmailMessage, seed: str) -> None:
    """Fixed boundaries, so that the same chance gives the same bytes."""
    for place, part in enumerate(message.walk()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"----=_Part_{dice(f'{seed} {place}').randrange(16**16):016x}")
