"""What a mail says, as plain values, and the limits of the reader."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_MAIL_BYTES = 50 * 1024 * 1024
"""A mail over this size is not read; providers refuse mails over 20 to 50 MB themselves."""
MAX_DEPTH = 30
"""Multiparts deeper than this are kept whole as one attachment."""
MAX_PARTS = 1_000
"""Parts of one mail; what comes after is kept whole as one attachment."""
MAX_HEADERS = 2_000
MAX_HEADER_BYTES = 64 * 1024
"""One header value is read up to here."""
MAX_NAME_CHARS = 200
"""Names of people and files."""
MAX_SUBJECT_CHARS = 1_000
MAX_ADDRESS_CHARS = 320
"""64 before the @, 255 behind it (RFC 5321, 4.5.3.1)."""
MAX_ADDRESSES = 500
MAX_REFERENCES = 100
MAX_MESSAGE_ID_CHARS = 995
"""A line of RFC 5322 holds 998 characters."""
MAX_TEXT_CHARS = 500_000
"""Body text shown and searched; a longer body is kept whole as an attachment as well."""
MAX_HTML_CHARS = 2_000_000
MAX_HTML_TAGS = 50_000
"""HTML with more tags is shown as text."""
MAX_HTML_DEPTH = 500
"""Elements inside elements; a real mail has under 100."""
MAX_NUMBERS = 50
"""Order numbers and tracking numbers taken from one mail, each."""


class MailTooLarge(Exception):
    """The mail is over a limit; the message names the limit and is fit for people."""

    def __init__(self, size: int, limit: int = MAX_MAIL_BYTES) -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            f"Die Mail ist mit {size / 1_048_576:.1f} MB größer als die Grenze von "
            f"{limit / 1_048_576:.0f} MB (MAX_MAIL_BYTES) und wurde nicht gelesen."
        )


class Kind(StrEnum):
    """What sort of mail it is; only a buyer's message opens a case."""

    BUYER_MESSAGE = "buyer_message"
    PLATFORM_NOTICE = "platform_notice"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox; the address in lower case, the name decoded."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of the mail that is not its text, decoded; archives are never unpacked."""

    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes
    content_id: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as read; `sent_at` is UTC or None when unreadable, `warnings` are German, for people.

    `thread_keys` are all keys that can lead to an existing thread, strongest first: `mid:<…>`,
    `amazon-case:uuid`, `order:303-…`, `alias:…`. `html` is sanitised, its remote pictures blocked.
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    sent_at: datetime | None
    sender: Address
    reply_to: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    kind: Kind
    notice: str
    platform: str
    marketplace_id: str
    alias: str
    case_uuid: str
    thread_keys: tuple[str, ...]
    order_numbers: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    own_text: str
    quoted_text: str
    html: str
    has_remote_pictures: bool
    attachments: tuple[Attachment, ...]
    authentication: str
    bounce_of: str
    bounce_permanent: bool
    warnings: tuple[str, ...]
