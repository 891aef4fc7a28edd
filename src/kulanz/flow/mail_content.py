"""HTML and attachments of a mail, read again from its raw record when somebody opens them."""

from __future__ import annotations

from functools import lru_cache

from kulanz.base import blobs
from kulanz.channels.mail.model import Mail
from kulanz.channels.mail.parse import read_mail
from kulanz.facts.models import Attachment, Message
from kulanz.intake.models import RawRecord
from kulanz.intake.receive import body_of


class ContentGone(LookupError):
    """The raw record was blanked by retention or erasure."""


@lru_cache(maxsize=4)
def _mail(raw_id: int) -> Mail:
    record = RawRecord.objects.filter(pk=raw_id).first()
    body = body_of(record) if record else b""
    if not body:
        raise ContentGone
    return read_mail(body)


def html_of(message: Message) -> str:
    """Sanitised HTML with remote pictures blocked. Raises ContentGone."""
    if message.raw_id is None or not message.has_html:
        return ""
    return _mail(message.raw_id).html


def attachment_bytes(attachment: Attachment) -> bytes:
    """The attachment as it came. Raises ContentGone."""
    if attachment.blob_id is not None:
        return blobs.read(attachment.blob_id)
    if attachment.raw_id is None:
        raise ContentGone
    return _mail(attachment.raw_id).attachments[attachment.place].content
