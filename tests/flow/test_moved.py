"""Dates of the sample's files, moved: every form, every encoding, and what must stay."""

import base64
import email
from datetime import datetime

import pytest

from kulanz.flow.moved import BERLIN, Move, move_file, move_mail

ANCHOR = datetime.fromisoformat("2026-11-27T13:07:00+01:00")
LATER = Move(ANCHOR, datetime.fromisoformat("2026-11-30T03:37:00+01:00"))
"""Two days, 14 hours and a half: three calendar days."""
SUMMER = Move(ANCHOR, datetime(2027, 6, 1, 13, 7, tzinfo=BERLIN))
"""186 days; the wall clock is the same, UTC an hour less."""

FORMS = [
    ("Date: Fri, 27 Nov 2026 13:07:00 +0100", "Date: Mon, 30 Nov 2026 03:37:00 +0100"),
    ("Date: Thu, 26 Nov 2026 12:00:00 GMT", "Date: Sun, 29 Nov 2026 02:30:00 GMT"),
    ("Date: Thu, 26 Nov 2026 12:00:00 -0500", "Date: Sun, 29 Nov 2026 02:30:00 -0500"),
    ("2026-11-27T13:07:00+01:00", "2026-11-30T03:37:00+01:00"),
    ("2026-11-27T12:07:00Z", "2026-11-30T02:37:00Z"),
    ("2026-11-27 13:07:05", "2026-11-30 03:37:05"),
    ("2026-11-27T13:07", "2026-11-30T03:37"),
    ("2026-11-27T13:07:00.250Z", "2026-11-30T03:37:00.250Z"),
    ('"date_created_gmt": "2026-11-27T12:07:00"', '"date_created_gmt": "2026-11-30T02:37:00"'),
    ("2026-11-27", "2026-11-30"),
    ("27.11.2026", "30.11.2026"),
    ("27.11.2026 13:07", "30.11.2026 03:37"),
    ("Am 27.11.2026 um 13:07 schrieb", "Am 30.11.2026 um 03:37 schrieb"),
    ("27.11.2026, 13:07:09", "30.11.2026, 03:37:09"),
    ("Bestellung_vom_27.11.2026.", "Bestellung_vom_30.11.2026."),
    ("fällig 2026-11-27T22:59:59+00:00", "fällig 2026-11-30T22:59:59+00:00"),
    ("ab 27.11.2026 00:00 gilt", "ab 30.11.2026 00:00 gilt"),
]
STAYS = [
    "305-1182093-7765540",
    "31.02.2026",
    "2026-13-01",
    "27.11.1999",
    "1994-01-01",
    "Version 3.11.2026.1x".replace("2026", "20261"),
    "340434161094260968",
    "12026-11-27",
    "",
]


@pytest.mark.parametrize(("before", "after"), FORMS)
@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-8-sig"])
def test_every_form_of_a_date_moves(before: str, after: str, charset: str) -> None:
    assert move_file("liste.csv", before.encode(charset), LATER) == after.encode(charset)


@pytest.mark.parametrize("text", STAYS)
def test_what_is_no_date_of_the_shop_stays(text: str) -> None:
    assert move_file("liste.csv", text.encode(), LATER) == text.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("27.11.2026 13:07", "01.06.2027 13:07"),
        ("2026-11-27T13:07:00+01:00", "2027-06-01T13:07:00+02:00"),
        ("2026-11-27T12:07:00+00:00", "2027-06-01T11:07:00+00:00"),
        ("Fri, 27 Nov 2026 13:07:00 +0100", "Tue, 01 Jun 2027 13:07:00 +0200"),
        ("2026-11-27T22:59:59+00:00", "2027-06-01T21:59:59+00:00"),
    ],
)
def test_summer_time_keeps_wall_clocks_and_moments_together(before: str, after: str) -> None:
    assert move_file("liste.csv", before.encode(), SUMMER).decode() == after


def mail(encoding: str, body: bytes) -> bytes:
    return (
        b"Date: Fri, 27 Nov 2026 13:07:00 +0100\r\n"
        b"Subject: =?utf-8?B?" + base64.b64encode("Größe, 27.11.2026".encode()) + b"?=\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
        b'--x\r\nContent-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body + b"\r\n"
        b"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
    )


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("8bit", "Grüße vom 27.11.2026 um 13:07".encode()),
        ("base64", base64.encodebytes("Grüße vom 27.11.2026 um 13:07".encode()).replace(b"\n", b"\r\n")),
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe vom 27.1=\r\n1.2026 um 13:07"),
    ],
)
def test_a_mail_moves_inside_its_encoded_parts_and_nothing_else_changes(encoding: str, body: bytes) -> None:
    raw = mail(encoding, body)
    moved = email.message_from_bytes(move_mail(raw, LATER))
    text, picture = moved.get_payload()
    assert isinstance(text, email.message.Message) and isinstance(picture, email.message.Message)
    read = text.get_payload(decode=True)
    assert isinstance(read, bytes)
    assert read.decode().rstrip() == "Grüße vom 30.11.2026 um 03:37"
    assert picture.get_payload(decode=True) == b"\x89PNG\r\n\x1a\n"
    assert moved["Date"] == "Mon, 30 Nov 2026 03:37:00 +0100"
    assert moved["Subject"] == f"=?utf-8?B?{base64.b64encode('Größe, 30.11.2026'.encode()).decode()}?="


def test_a_mail_without_dates_stays_byte_for_byte() -> None:
    raw = b"Subject: Hallo\r\nContent-Transfer-Encoding: base64\r\n\r\nkein base64!\r\n"
    assert move_mail(raw, LATER) == raw


def test_no_time_between_moves_nothing() -> None:
    raw = mail("8bit", "Grüße vom 27.11.2026 um 13:07".encode())
    assert move_mail(raw, Move(ANCHOR, ANCHOR)) == raw
