import hashlib
from datetime import UTC, datetime

import pytest

from channels.mail.samples import DATA, mail, raw
from kulanz.channels.mail import headers, mime, parse
from kulanz.channels.mail.model import MAX_MAIL_BYTES, MAX_NAME_CHARS, MAX_TEXT_CHARS, Address, Kind, Mail
from kulanz.channels.mail.parse import MailTooLarge, as_json, as_text, read_mail


def test_a_plain_mail_whole() -> None:
    found = read_mail(
        mail(
            "Hallo,\n\nwo bleibt B-104 913?\n\nAm 12.11.2026 um 10:03 schrieb Laden:\n> Guten Tag",
            subject="AW: Bestellung B-104 913",
            headers={
                "In-Reply-To": "<zwei@laden.example>",
                "References": "<eins@laden.example> <zwei@laden.example>",
            },
        )
    )
    assert found == Mail(
        message_id="<abc.1@example.de>",
        in_reply_to="<zwei@laden.example>",
        references=("<eins@laden.example>", "<zwei@laden.example>"),
        sent_at=datetime(2026, 11, 22, 17, 0, 51, tzinfo=UTC),
        sender=Address("Jürgen Weiß", "juergen@example.de"),
        reply_to=None,
        to=(Address("Laden", "laden@example.org"),),
        cc=(),
        subject="AW: Bestellung B-104 913",
        kind=Kind.BUYER_MESSAGE,
        notice="",
        platform="",
        marketplace_id="",
        alias="",
        case_uuid="",
        thread_keys=("mid:<zwei@laden.example>", "mid:<eins@laden.example>", "order:B-104913"),
        order_numbers=("B-104913",),
        tracking_numbers=(),
        own_text="Hallo,\n\nwo bleibt B-104 913?",
        quoted_text="Am 12.11.2026 um 10:03 schrieb Laden:\n> Guten Tag",
        html="",
        has_remote_pictures=False,
        attachments=(),
        authentication="",
        bounce_of="",
        bounce_permanent=False,
        warnings=(),
    )


def test_alternative_takes_the_plain_text_and_shows_the_html() -> None:
    found = read_mail(mail("Hallo Text", html='<p>Hallo HTML</p><img src="https://x.example/a.png">'))
    assert (found.own_text, found.html) == (
        "Hallo Text",
        '<p>Hallo HTML</p><img data-src="https://x.example/a.png">',
    )
    assert (found.has_remote_pictures, found.attachments) == (True, ())


def test_alternative_with_an_empty_plain_part_reads_the_html() -> None:
    assert read_mail(mail(" \n", html="<p>Hallo HTML</p>")).own_text == "Hallo HTML"


def test_html_only_with_a_quotation() -> None:
    html = '<div>Danke!</div><div class="gmail_quote">Am 12.11.2026 um 10:03 schrieb Laden:<blockquote>Guten Tag</blockquote></div>'
    found = read_mail(mail("", html=html))
    assert (found.own_text, found.quoted_text) == (
        "Danke!",
        "Am 12.11.2026 um 10:03 schrieb Laden:\n> Guten Tag",
    )


def test_attachments_with_names_sizes_and_sums() -> None:
    content = bytes(range(256)) * 10
    found = read_mail(mail(attachments=(("Rechnung für Weiß.pdf", content), ("b.bin", b""))))
    assert [(a.name, a.media_type, a.size, a.sha256, a.content) for a in found.attachments] == [
        (
            "Rechnung für Weiß.pdf",
            "application/octet-stream",
            2560,
            hashlib.sha256(content).hexdigest(),
            content,
        ),
        ("b.bin", "application/octet-stream", 0, hashlib.sha256(b"").hexdigest(), b""),
    ]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ('a<b>:"c".pdf', "a_b_c_.pdf"),
        ("..", "anhang.bin"),
        ("x" * 10_000 + ".pdf", "x" * (MAX_NAME_CHARS - 4) + ".pdf"),
    ],
)
def test_attachment_names_are_safe(name: str, safe: str) -> None:
    assert [a.name for a in read_mail(mail(attachments=((name, b"x"),))).attachments] == [safe]


MIXED = (
    b"--m\r\nContent-Type: text/plain\r\n\r\nTeil eins\r\n"
    b"--m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
    b"--r\r\nContent-Type: text/html\r\n\r\n<p>Teil zwei</p><img src=cid:bild@x>\r\n"
    b"--r\r\nContent-Type: image/png\r\nContent-ID: <bild@x>\r\n\r\nPNG\r\n--r--\r\n"
    b"--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\ninnen\r\n"
    b"--m\r\nContent-Type: application/ms-tnef\r\n\r\nTNEF\r\n"
    b"--m\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
    b"--m\r\nContent-Type: text/plain; name=\"notiz.txt\"\r\nContent-Disposition: attachment\r\n\r\nnicht der Text\r\n"
    b"--m\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04\r\n--m--\r\n"
)  # fmt: skip


def test_every_part_that_is_not_text_is_an_attachment() -> None:
    found = read_mail(raw(MIXED, b"Content-Type: multipart/mixed; boundary=m"))
    assert found.own_text == "Teil eins\n\nTeil zwei"
    assert [(a.name, a.media_type, a.content_id, a.inline) for a in found.attachments] == [
        ("anhang.png", "image/png", "bild@x", True),
        ("Grüße.eml", "message/rfc822", "", False),
        ("anhang.dat", "application/ms-tnef", "", False),
        ("anhang.ics", "text/calendar", "", False),
        ("notiz.txt", "text/plain", "", False),
        ("anhang.bin", "application/zip", "", False),
    ]
    assert found.html == '<p>Teil eins</p>\n<hr>\n<p>Teil zwei</p><img data-cid="bild@x">'


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (b"text/plain; charset=utf-8", "Grüße".encode(), "Grüße"),
        (b"text/plain; charset=iso-8859-1", "Grüße 5 €".encode("cp1252"), "Grüße 5 €"),
        (b"text/plain; charset=iso-8859-15", "Grüße 5 €".encode("iso-8859-15"), "Grüße 5 €"),
        (b"text/plain", "Grüße".encode("latin-1"), "Grüße"),
        (b"text/plain", "Grüße".encode(), "Grüße"),
        (b"text/plain; charset=us-ascii", "Grüße".encode(), "Grüße"),
        (b"text/plain; charset=utf-8", "Grüße".encode("latin-1"), "Grüße"),
        (b"text/plain; charset=iso-8859-1", "Grüße".encode(), "Grüße"),
        (b"text/plain; charset=gibtsnicht", "Grüße".encode(), "Grüße"),
        (b"text/plain; charset=zlib", b"x\x9c", "xœ"),
        (b"text/plain; charset=unicode_escape", b"a\\u00fc", "a\\u00fc"),
        (b"text/plain; charset=utf-16", "Grüße".encode("utf-16"), "Grüße"),
        (b"text/plain; charset=ks_c_5601-1987", "스티해".encode("cp949"), "스티해"),
        (b"text/plain; charset=\"utf-8\" ; format=flowed", b"eins \r\nzwei\r\n-- \r\nich", "eins zwei"),
        (b"text/plain; charset=utf-8; format=flowed; delsp=yes", b"Donau \r\ndampf", "Donaudampf"),
        (b"text/unsinn/zwei", b"Hallo", "Hallo"),
        (b"", b"Hallo\x00\x07 Welt\r\nzwei", "Hallo Welt\nzwei"),
    ],
)  # fmt: skip
def test_charsets_and_flowed_text(content_type: bytes, body: bytes, text: str) -> None:
    assert read_mail(raw(body, b"Content-Type: " + content_type)).own_text == text


@pytest.mark.parametrize(
    ("charset", "body", "warning"),
    [
        (
            b"gibtsnicht",
            "Grüße".encode(),
            "Unbekannter Zeichensatz „gibtsnicht“; der Text wurde als UTF-8 gelesen.",
        ),
        (b"zlib", b"x\x9c", "Unbekannter Zeichensatz „zlib“; der Text wurde als Windows-1252 gelesen."),
        (
            b"utf-8",
            "Grüße".encode("latin-1"),
            "Der Text ist nicht wie angegeben in „utf-8“ kodiert; er wurde als Windows-1252 gelesen.",
        ),
    ],
)
def test_guessed_charsets_are_said(charset: bytes, body: bytes, warning: str) -> None:
    assert read_mail(raw(body, b"Content-Type: text/plain; charset=" + charset)).warnings == (warning,)


def test_a_few_wrong_bytes_do_not_spoil_the_rest() -> None:
    body = "Grüße aus Köln, äöü ÄÖÜ ß".encode() + b" \xff Ende"
    found = read_mail(raw(body, b"Content-Type: text/plain; charset=utf-8"))
    assert found.own_text == "Grüße aus Köln, äöü ÄÖÜ ß \ufffd Ende"


def test_too_large_names_the_limit() -> None:
    with pytest.raises(MailTooLarge, match=r"50 MB \(MAX_MAIL_BYTES\)") as caught:
        read_mail(b"x" * (MAX_MAIL_BYTES + 1))
    assert (caught.value.size, caught.value.limit) == (MAX_MAIL_BYTES + 1, MAX_MAIL_BYTES)


def test_a_very_long_text_is_shown_in_part_and_kept_whole() -> None:
    body = b"Hallo Welt\r\n" * 100_000
    found = read_mail(raw(body))
    assert len(found.own_text) <= MAX_TEXT_CHARS
    assert [(a.name, a.size) for a in found.attachments] == [("anhang.txt", len(body))]
    assert found.warnings == (parse.TEXT_CUT,)


def test_missing_everything() -> None:
    found = read_mail(b"")
    assert (found.kind, found.sender, found.sent_at, found.own_text) == (
        Kind.OTHER,
        Address("", ""),
        None,
        "",
    )
    assert found.warnings == (mime.NO_HEADERS, parse.NO_SENDER, headers.NO_DATE)


def test_time_without_zone_is_said() -> None:
    found = read_mail(raw(b"x", b"Date: Sun, 22 Nov 2026 18:00:51"))
    assert found.sent_at == datetime(2026, 11, 22, 18, 0, 51, tzinfo=UTC)
    assert found.warnings == (headers.NO_ZONE.format(text="Sun, 22 Nov 2026 18:00:51"),)


def test_old_line_ends_and_an_mbox_line_on_top() -> None:
    assert read_mail(b"From: a@b.de\rSubject: x\r\rHallo").subject == "x"
    assert read_mail(b"From a@b.de Sun Nov 22\nFrom: a@b.de\nSubject: x\n\nHallo").subject == "x"


def test_json() -> None:
    document = as_json(read_mail(mail("Bestellung 10452", attachments=(("a.bin", b"abc"),))))
    assert {key: document[key] for key in ("sender", "kind", "order_numbers", "own_text", "attachments", "warnings")} == {
        "sender": {"name": "Jürgen Weiß", "email": "juergen@example.de"},
        "kind": "buyer_message",
        "order_numbers": ["10452"],
        "own_text": "Bestellung 10452",
        "attachments": [
            {"name": "a.bin", "type": "application/octet-stream", "bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
        ],
        "warnings": [],
    }  # fmt: skip
    assert list(document) == [
        *(
            "sender",
            "reply_to",
            "to",
            "cc",
            "subject",
            "message_id",
            "in_reply_to",
            "references",
            "sent_at",
            "kind",
        ),
        *("notice", "platform", "marketplace_id", "alias", "case_uuid", "thread_keys", "order_numbers"),
        *(
            "tracking_numbers",
            "own_text",
            "quoted_text",
            "has_remote_pictures",
            "attachments",
            "authentication",
        ),
        *("bounce_of", "bounce_permanent", "warnings"),
    ]


def test_text_for_people() -> None:
    found = read_mail(mail("Bestellung 10452", attachments=(("a.bin", b"abc"),)))
    assert as_text(found).split("\n") == [
        "Von:          Jürgen Weiß <juergen@example.de>",
        "An:           Laden <laden@example.org>",
        "Betreff:      Frage",
        "Gesendet:     22.11.2026 17:00:51 UTC",
        "Art:          Nachricht eines Käufers",
        "Echtheit:     nicht geprüft",
        "Schlüssel:    order:10452",
        "Bestellungen: 10452",
        "",
        "Eigener Text:",
        "Bestellung 10452",
        "",
        "Anhänge:",
        f"- a.bin (application/octet-stream, 3 Byte, SHA-256 {hashlib.sha256(b'abc').hexdigest()})",
    ]


@pytest.mark.parametrize(
    ("name", "subject", "own"),
    [
        ("multi_charset/japanese_iso_2022.eml", "まみむめも", "すみません。"),
        ("multi_charset/ks_c_5601-1987.eml", "test", "스티해"),
        ("attachment_emails/attachment_with_quoted_filename.eml", "Eelanalüüsi päring", ""),
    ],
)
def test_mails_of_the_world(name: str, subject: str, own: str) -> None:
    found = read_mail((DATA / "ruby_mail" / name).read_bytes())
    assert (found.subject, found.own_text) == (subject, own)
