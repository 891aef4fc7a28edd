"""Read one mail: bytes in, facts out. Pure: no clock, no database, no network."""

import hashlib
import html as html_module
import re
from dataclasses import dataclass, field

from kulanz.channels.mail import classify, headers, markup, mime, numbers, quotes, relay
from kulanz.channels.mail.charset import decode, one_line, without_controls
from kulanz.channels.mail.flowed import unflowed
from kulanz.channels.mail.model import (
    MAX_HEADER_BYTES,
    MAX_HTML_CHARS,
    MAX_MAIL_BYTES,
    MAX_NAME_CHARS,
    MAX_SUBJECT_CHARS,
    MAX_TEXT_CHARS,
    Address,
    Attachment,
    Kind,
    Mail,
    MailTooLarge,
)
from kulanz.channels.mail.show import as_json, as_text

__all__ = ["Address", "Attachment", "Kind", "Mail", "MailTooLarge", "as_json", "as_text", "read_mail"]

FILE_NAME_CUT = f"Ein Dateiname wurde auf {MAX_NAME_CHARS} Zeichen gekürzt (MAX_NAME_CHARS)."
SUBJECT_CUT = f"Der Betreff wurde auf {MAX_SUBJECT_CHARS} Zeichen gekürzt (MAX_SUBJECT_CHARS)."
TEXT_CUT = (
    f"Der Text ist länger als {MAX_TEXT_CHARS} Zeichen (MAX_TEXT_CHARS); vollständig liegt er als Anhang bei."
)
HTML_CUT = (
    f"Das HTML ist länger als {MAX_HTML_CHARS} Zeichen (MAX_HTML_CHARS); vollständig liegt es als Anhang bei."
)
NO_SENDER = "Der Mail fehlt ein lesbarer Absender."


@dataclass(slots=True)
class _Body:
    """What the parts of a mail come to: passages of (plain text or None, HTML or None), and attachments."""

    passages: list[tuple[str | None, str | None]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    remote: bool = False

    def text(self) -> str:
        """The readable text; HTML is only turned into text where there is no other."""
        texts = [markup.to_text(html or "") if plain is None else plain for plain, html in self.passages]
        return "\n\n".join(text for text in texts if text and not text.isspace()).strip("\n")

    def html(self) -> str:
        """The HTML to show, "" for a mail without any."""
        if all(html is None for _, html in self.passages):
            return ""
        return "\n<hr>\n".join(
            _as_html(plain or "") if html is None else html for plain, html in self.passages
        )


def read_mail(raw: bytes) -> Mail:
    """Everything one mail says. Raises MailTooLarge over MAX_MAIL_BYTES and nothing else."""
    if len(raw) > MAX_MAIL_BYTES:
        raise MailTooLarge(len(raw))
    warnings: list[str] = []
    root = mime.parse(raw, warnings)
    sender = _first(headers.addresses(root.header(b"from"), warnings))
    if not sender.email:
        sender = _first(headers.addresses(root.header(b"sender"), warnings)) if not sender.name else sender
    reply_to = next((a for a in headers.addresses(root.header(b"reply-to"), warnings) if a.email), None)
    to = headers.addresses(root.header(b"to"), warnings)
    subject = headers.text(root.header(b"subject"), warnings, MAX_SUBJECT_CHARS + 1)
    if len(subject) > MAX_SUBJECT_CHARS:
        subject = subject[:MAX_SUBJECT_CHARS]
        warnings.append(SUBJECT_CUT)
    if not sender.email:
        warnings.append(NO_SENDER)
    body = _Body()
    _collect(root, body, warnings)
    text, html = body.text(), body.html()
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS]
        warnings.append(TEXT_CUT)
    channel = relay.relay_of(sender, reply_to)
    verdict = classify.classify(root, sender, reply_to, to, subject, channel, text)
    own, quoted = _own_words(text, html, channel, verdict)
    authentication = classify.authentication(root, sender)
    if authentication == "fail":
        warnings.append(classify.FORGED)
    if root.header(b"x-space-notification-type") and channel.platform != "amazon":
        warnings.append(classify.NOT_AMAZON)
    message_id = headers.message_id(root.header(b"message-id"))
    replied = headers.message_ids(root.header(b"in-reply-to"))
    references = headers.message_ids(root.header(b"references"))
    orders = numbers.order_numbers(subject, own, quoted)
    return Mail(
        message_id=message_id,
        in_reply_to=replied[0] if replied else "",
        references=references,
        sent_at=headers.moment(root.header(b"date"), warnings),
        sender=sender,
        reply_to=reply_to,
        to=to,
        cc=headers.addresses(root.header(b"cc"), warnings),
        subject=subject,
        kind=verdict.kind,
        notice=verdict.notice,
        platform=channel.platform,
        marketplace_id=headers.text(root.header(b"x-marketplace-id"), warnings, 40),
        alias=channel.alias,
        case_uuid=channel.case_uuid,
        thread_keys=_thread_keys(
            message_id, replied, references, verdict, channel, orders, relay.reply_token(text)
        ),
        order_numbers=orders,
        tracking_numbers=numbers.tracking_numbers(subject, own, quoted),
        own_text=own,
        quoted_text=quoted,
        html=html,
        has_remote_pictures=body.remote,
        attachments=tuple(body.attachments),
        authentication=authentication,
        bounce_of=verdict.bounce_of,
        bounce_permanent=verdict.permanent,
        warnings=tuple(warnings),
    )


def _first(found: tuple[Address, ...]) -> Address:
    return next((a for a in found if a.email), found[0] if found else headers.NOBODY)


def _thread_keys(
    message_id: str,
    replied: tuple[str, ...],
    references: tuple[str, ...],
    verdict: classify.Verdict,
    channel: relay.Relay,
    orders: tuple[str, ...],
    token: str,
) -> tuple[str, ...]:
    """Keys that can lead to an existing thread, strongest first."""
    ids = [verdict.bounce_of, *replied, *reversed(references)]
    keys = [f"mid:{found}" for found in ids if found and found != message_id]
    if channel.case_uuid:
        keys.append(f"amazon-case:{channel.case_uuid}")
    if token:
        keys.append(f"amazon-token:{token}")
    keys += [f"order:{number}" for number in orders]
    if channel.alias:
        keys.append(f"alias:{channel.platform}:{channel.alias}")
    return tuple(dict.fromkeys(keys))


def _own_words(text: str, html: str, channel: relay.Relay, verdict: classify.Verdict) -> tuple[str, str]:
    """The writer's own words and the rest; notices and bounces are all their own."""
    if channel.platform == "amazon" and channel.is_buyer:
        found = relay.buyer_text(text)
        if found is not None:
            return found
        inside = relay.pre_html(html)
        if inside is not None:
            own = markup.to_text(f"<pre>{inside[0]}</pre>")
            if own:
                return own, markup.to_text(inside[1])
    if verdict.kind in (Kind.PLATFORM_NOTICE, Kind.BOUNCE):
        return text.strip(), ""
    return quotes.split_quoted(text)


def _collect(part: mime.Part, body: _Body, warnings: list[str]) -> None:
    """Walk the parts: texts become the body, everything else an attachment; nothing is dropped."""
    if part.content_type == "multipart/alternative" and part.children:
        _collect_alternative(part, body, warnings)
        return
    if part.children:
        for child in part.children:
            _collect(child, body, warnings)
        return
    if part.kept_whole or not _is_text_body(part):
        body.attachments.append(_attachment(part, warnings))
    else:
        _add_text(part, body, warnings)


def _collect_alternative(part: mime.Part, body: _Body, warnings: list[str]) -> None:
    """The same text several ways: the first plain one is read, the first HTML one shown, others are kept."""
    plain: str | None = None
    rich: str | None = None
    for child in part.children:
        found = _Body()
        _collect(child, found, warnings)
        body.attachments += found.attachments
        body.remote = body.remote or found.remote
        html = found.html()
        if html and rich is None:
            rich = html
        elif found.passages and not html and plain is None:
            plain = found.text()
        else:
            body.attachments += [
                _attachment(leaf, warnings) for leaf in mime.leaves(child) if _is_text_body(leaf)
            ]
    body.passages.append((plain if plain and not plain.isspace() else None, rich))


def _is_text_body(part: mime.Part) -> bool:
    if part.content_type not in ("text/plain", "text/html", "text", "text/enriched"):
        return False
    disposition = part.header(b"content-disposition")
    if not disposition:
        return not part.params.get("name")
    main, params = mime.parameters(mime.text_of(disposition), [])
    return main != "attachment" and not params.get("filename") and not part.params.get("name")


def _add_text(part: mime.Part, body: _Body, warnings: list[str]) -> None:
    raw = mime.content(part, warnings)
    raw, files = mime.uu_blocks(raw)
    for name, content in files:
        body.attachments.append(_file(_safe_name(name), "application/octet-stream", content, "", False))
    text = without_controls(decode(raw, part.params.get("charset", ""), warnings))
    if part.content_type == "text/html":
        if len(text) > MAX_HTML_CHARS:
            warnings.append(HTML_CUT)
            body.attachments.append(_attachment(part, warnings))
        cleaned, remote = markup.clean(text)
        body.passages.append((None, cleaned))
        body.remote = body.remote or remote
        return
    if part.params.get("format", "").lower() == "flowed":
        text = unflowed(text, part.params.get("delsp", "").lower() == "yes")
    if len(text) > MAX_TEXT_CHARS:
        body.attachments.append(_attachment(part, warnings))
    body.passages.append((text, None))


def _as_html(text: str) -> str:
    return "<p>" + html_module.escape(text.strip()).replace("\n", "<br>") + "</p>" if text.strip() else ""


_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "application/ms-tnef": ".dat",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}
_PATH = re.compile(r"[/\\:*?\"<>|]+")


def _attachment(part: mime.Part, warnings: list[str]) -> Attachment:
    disposition, params = mime.parameters(mime.text_of(part.header(b"content-disposition")), warnings)
    is_mail = part.content_type.startswith("message/") or part.kept_whole
    content = mime.content(part, warnings)
    name = params.get("filename") or part.params.get("name") or ""
    if len(name) > MAX_NAME_CHARS and FILE_NAME_CUT not in warnings:
        warnings.append(FILE_NAME_CUT)
    name = _safe_name(name)
    if not name and is_mail and part.content_type == "message/rfc822":
        inner, _ = mime.read_headers(content, 0, min(len(content), 65536), [])
        name = _safe_name(headers.text((inner.get(b"subject") or [b""])[0], [], 100)) + ".eml"
    if not name or name == ".eml":
        extension = ".eml" if is_mail else ".txt" if part.content_type.startswith("text/") else ".bin"
        name = "anhang" + _EXTENSIONS.get(part.content_type, extension)
    content_id = headers.message_id(part.header(b"content-id")).strip("<>")
    inline = disposition == "inline" or (bool(content_id) and disposition != "attachment")
    return _file(name, one_line(part.content_type, 100), content, content_id, inline)


def _file(name: str, media_type: str, content: bytes, content_id: str, inline: bool) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(name, media_type, len(content), digest, content, content_id, inline)


def _safe_name(name: str) -> str:
    """A file name without folders and control characters; the end with its type survives the cut."""
    name = _PATH.sub("_", one_line(name, MAX_HEADER_BYTES).replace("\\", "/").rpartition("/")[2]).strip(". ")
    if len(name) <= MAX_NAME_CHARS:
        return name
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension) <= 10:
        return stem[: MAX_NAME_CHARS - len(extension) - 1] + "." + extension
    return name[:MAX_NAME_CHARS]
