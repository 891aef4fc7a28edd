"""What came with a mail: its HTML in a frame of its own, its attachments as downloads, article pictures."""

import mimetypes
import re
from pathlib import Path

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin

from kulanz.base import blobs
from kulanz.facts.models import Attachment, Message
from kulanz.flow.mail_content import ContentGone, attachment_bytes, html_of
from kulanz.web.doors import EVERYBODY, SERVICE, door

PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.(?:png|jpe?g|webp|gif|svg)")
PICTURE_SECONDS = 86_400
_REMOTE = re.compile(r'(<img\b[^>]*?) data-src="(https:[^"]*)"')
_OWN = re.compile(r'(<img\b[^>]*?) data-cid="([^"]*)"')
_SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")
_CLOSED = "default-src 'none'; img-src 'self'; style-src 'self'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups"
_WITH_PICTURES = _CLOSED.replace("img-src 'self'", "img-src 'self' https:")
_NOTHING = "default-src 'none'; sandbox"


def _message(request: HttpRequest, message_id: int) -> Message:
    found = Message.objects.visible_to(request.user).filter(pk=message_id).first()
    if not isinstance(found, Message):
        raise Http404
    return found


@xframe_options_sameorigin
@door(SERVICE)
def mail_html(request: HttpRequest, message_id: int) -> HttpResponse:
    """The sanitised HTML. Remote pictures stay blocked, by the markup and by this page's CSP, until asked for."""
    message = _message(request, message_id)
    try:
        html = html_of(message)
    except ContentGone:
        raise Http404 from None
    pictures = "bilder" in request.GET
    own = dict(
        Attachment.objects.filter(message=message).exclude(content_id="").values_list("content_id", "id")
    )
    html = _OWN.sub(lambda m: _own_picture(m, own), html)
    if pictures:
        html = _REMOTE.sub(r'\1 src="\2" referrerpolicy="no-referrer"', html)
    response = HttpResponse(
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{escape(message.subject)}</title>'
        f'<base target="_blank"><link rel="stylesheet" href="{_sheet()}"></head><body>{html}</body></html>'
    )
    response["Content-Security-Policy"] = _WITH_PICTURES if pictures else _CLOSED
    response["Referrer-Policy"] = "no-referrer"
    return response


def _sheet() -> str:
    return static("mail.css")


def _own_picture(found: re.Match[str], own: dict[str, int]) -> str:
    content_id = found[2].strip("<>")
    number = own.get(content_id) or own.get(f"<{content_id}>")
    return f'{found[1]} src="/anhang/{number}/?zeigen=1"' if number else found[1]


@door(SERVICE)
def attachment(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """Always a download, never shown inside the desk; only a mail's own pictures are, inside its frame."""
    found = Attachment.objects.visible_to(request.user).filter(pk=attachment_id).first()
    if not isinstance(found, Attachment):
        raise Http404
    inline = "zeigen" in request.GET and found.media_type in _SHOWN_INLINE
    kind = found.media_type if inline else "application/octet-stream"
    try:
        response: HttpResponseBase = (
            StreamingHttpResponse(blobs.chunks(found.blob_id), content_type=kind)
            if found.blob_id is not None
            else HttpResponse(attachment_bytes(found), content_type=kind)
        )
    except ContentGone:
        raise Http404 from None
    header = content_disposition_header(not inline, found.name or "anhang")
    response["Content-Disposition"] = header or "attachment"
    response["Content-Security-Policy"] = _NOTHING
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@door(EVERYBODY)
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """An article's picture out of the installation's picture folder."""
    if not PICTURE_NAME.fullmatch(name):
        raise Http404
    path: Path = settings.HOME / "bilder" / name
    if not path.is_file():
        raise Http404
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(path.open("rb"), content_type=kind)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = f"private, max-age={PICTURE_SECONDS}"
    return response
