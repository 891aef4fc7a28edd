"""A mail as facts: the message, its attachments, and the customer it comes from or goes to. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from kulanz.channels.mail.model import Address, Kind, Mail
from kulanz.facts.records import Fact

SOURCE = "mail"
SENT = "sent"
"""RawRecord.note of a mail from our own Sent folder."""

_RELAY_NAME = re.compile(
    r"\s*[-–(]\s*(?:über\s+)?(?:Amazon[- ]Marktplatz|Amazon Marketplace|Amazon\.de|via eBay|über OTTO)\)?\s*$",
    re.I,
)
_ANSWERED_ELSEWHERE = "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT"


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What take_in needs besides the facts."""

    facts: list[Fact]
    key: str
    direction: str
    customer_key: str
    customer_name: str
    sent_at: datetime


def person_name(name: str) -> str:
    """The buyer's own name without what the relay adds to it."""
    return _RELAY_NAME.sub("", name).strip()


def facts_of(mail: Mail, raw: bytes, *, note: str, own_address: str, received_at: datetime) -> ReadMail:
    """`own_address` is the account's sender, lower case; a mail from it is our own wherever it lay."""
    key = mail.message_id[:254] or "sha256:" + hashlib.sha256(raw).hexdigest()
    ours = note == SENT or bool(own_address and mail.sender.email == own_address)
    ours = ours or mail.notice == _ANSWERED_ELSEWHERE
    other = _other_side(mail, ours)
    is_person = bool(other and other.email) and (ours or mail.kind is Kind.BUYER_MESSAGE)
    customer_key = _customer_key(mail, other) if is_person and other else ""
    name = person_name(other.name) if is_person and other else ""
    sent_at = min(mail.sent_at or received_at, received_at)
    facts: list[Fact] = []
    if customer_key:
        said = {"key": customer_key, "email": other.email[:254] if other else ""}
        facts.append(Fact("customer", {**said, "name": name} if name else said, sent_at))
    values: dict[str, object] = {
        "key": key,
        "direction": "out" if ours else "in",
        "kind": str(mail.kind),
        "notice": mail.notice,
        "sent_at": sent_at,
        "sender_name": person_name(mail.sender.name),
        "sender": mail.sender.email,
        "recipient": mail.to[0].email if mail.to else "",
        "reply_to": mail.reply_to.email if mail.reply_to else "",
        "subject": mail.subject,
        "in_reply_to": mail.in_reply_to,
        "thread_keys": list(mail.thread_keys),
        "order_numbers": list(mail.order_numbers),
        "tracking_numbers": list(mail.tracking_numbers),
        "own_text": mail.own_text,
        "quoted_text": mail.quoted_text,
        "has_html": bool(mail.html),
        "has_remote_pictures": mail.has_remote_pictures,
        "authentication": mail.authentication,
        "bounce_of": mail.bounce_of,
        "warnings": list(mail.warnings),
    }
    if customer_key:
        values["customer_key"] = customer_key
    facts.append(Fact("message", values, sent_at))
    for place, attachment in enumerate(mail.attachments):
        facts.append(
            Fact(
                "attachment",
                {
                    "message_key": key,
                    "place": place,
                    "name": attachment.name or f"Anhang {place + 1}",
                    "media_type": attachment.media_type,
                    "size": attachment.size,
                    "sha256": attachment.sha256,
                    "content_id": attachment.content_id[:200],
                    "inline": attachment.inline,
                },
                sent_at,
            )
        )
    return ReadMail(facts, key, "out" if ours else "in", customer_key, name, sent_at)


def is_same(mail: Mail, *, sender: str, own_text: str, files: Iterable[str]) -> bool:
    """Whether a message kept under this mail's Message-ID is this mail, fetched by another way.

    Scripts and forms exist that give all their mails one Message-ID. A mail keeps its sender, its words and its
    attachments (`files`: their SHA-256) on every way; a letter taken for another would be lost.
    """
    return (
        sender == mail.sender.email[:254]
        and own_text.split() == mail.own_text.replace("\x00", "").split()
        and sorted(files) == sorted(attachment.sha256 for attachment in mail.attachments)
    )


def under_own_key(mail: Mail, read: ReadMail) -> ReadMail:
    """The same letter under a key that its words make, because another mail bears its Message-ID."""
    said = "\n".join((mail.sender.email, str(mail.sent_at), mail.subject, mail.own_text))
    said += "".join(attachment.sha256 for attachment in mail.attachments)
    key = f"{read.key[:220]}#{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:32]}"
    facts = []
    for fact in read.facts:
        name = {"message": "key", "attachment": "message_key"}.get(fact.kind)
        facts.append(fact._replace(values={**fact.values, name: key}) if name else fact)
    return replace(read, facts=facts, key=key)


def _other_side(mail: Mail, ours: bool) -> Address | None:
    if ours:
        return mail.to[0] if mail.to else None
    if mail.reply_to and mail.reply_to.email and mail.kind is Kind.BUYER_MESSAGE:
        return Address(mail.sender.name or mail.reply_to.name, mail.reply_to.email)
    return mail.sender


def _customer_key(mail: Mail, other: Address) -> str:
    """A relay address without its case part stays the same for all the buyer's messages."""
    local, at, host = other.email.partition("@")
    if at and "marketplace.amazon." in host:
        return f"{local.partition('+')[0]}@{host}"[:254]
    return other.email[:254]
