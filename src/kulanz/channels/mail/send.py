"""A mail that leaves: its bytes, always the same for one action, and the server it goes through. Pure but for reads."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import encoders, policy
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_SAFE_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,60}", re.IGNORECASE)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_SMTP = policy.compat32.clone(linesep="\r\n", max_line_length=78)


@dataclass(frozen=True, slots=True)
class Enclosed:
    name: str
    media_type: str
    body: bytes


def build(
    payload: Mapping[str, Any], *, message_id: str, date: datetime, enclosed: Sequence[Enclosed] = ()
) -> bytes:
    """The whole mail with CRLF lines. Raises ValueError without sender, recipient or Message-ID."""
    if not payload.get("to") or not payload.get("from") or not message_id:
        raise ValueError("a mail needs a sender, a recipient and a Message-ID")
    text = MIMEText(str(payload.get("text", "")), "plain", _UTF8)  # type: ignore[arg-type]
    mail: Message[Any, Any] = text
    if enclosed:
        mail = MIMEMultipart("mixed", boundary=_boundary(message_id))
        mail.attach(text)
        for part in enclosed:
            mail.attach(_attachment(part))
    mail["Message-ID"] = message_id
    mail["Date"] = format_datetime(date)
    mail["From"] = _mailbox(str(payload.get("from_name", "")), str(payload["from"]))
    mail["To"] = _mailbox(str(payload.get("to_name", "")), str(payload["to"]))
    mail["Subject"] = _header(str(payload.get("subject", "")))
    if payload.get("in_reply_to"):
        mail["In-Reply-To"] = _plain(str(payload["in_reply_to"]))
    if payload.get("references"):
        mail["References"] = Header(
            " ".join(_plain(str(known)) for known in payload["references"]), header_name="References"
        )
    return mail.as_bytes(policy=_SMTP)


def _attachment(part: Enclosed) -> MIMEBase:
    media_type = part.media_type if _SAFE_TYPE.fullmatch(part.media_type) else "application/octet-stream"
    main, _, sub = media_type.partition("/")
    if main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    made = MIMEBase(main, sub)
    made.set_payload(part.body)
    encoders.encode_base64(made)
    made.add_header(
        "Content-Disposition", "attachment", filename=("utf-8", "", _plain(part.name) or "Anhang")
    )
    return made


def _mailbox(name: str, address: str) -> Header:
    """`Name <address>`; the name is encoded where it must be, the address never."""
    header = Header(header_name="From", maxlinelen=78)
    name = _plain(name).strip()
    if name and name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        header.append(f'"{quoted}"', "us-ascii")
    elif name:
        header.append(name, "utf-8")
    header.append(f"<{_plain(address)}>", "us-ascii")
    return header


def _header(text: str) -> Header:
    text = _plain(text)
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name="Subject")


def _plain(text: str) -> str:
    """No line break may end a header and begin another."""
    return _CONTROLS.sub(" ", text)


def _boundary(message_id: str) -> str:
    """The same at every attempt, like everything else of the mail."""
    return "=_" + re.sub(r"[^0-9a-zA-Z]", "", message_id)[:40] + "_="
