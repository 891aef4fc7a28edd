from datetime import UTC, datetime

import pytest

from kulanz.channels.mail import headers
from kulanz.channels.mail.model import MAX_NAME_CHARS, Address


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Frage", "Frage"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?Q?Wo_ist_das?= =?utf-8?Q?_Paket=3F?=", "Wo ist das Paket?"),
        (b"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ?=", "Grüße"),
        (b"=?utf-8?Q?Wo ist mein Paket??=", "Wo ist mein Paket?"),
        (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?= an alle", "Grüße an alle"),
        (b"=?unbekannt-7?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?zlib?B?eJwDAAAAAAE=?=", "x\x03\x00\x00\x00\x00\x01".replace("\x03", "").replace("\x00", "").replace("\x01", "")),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"eins\r\n zwei\r\n\tdrei", "eins zwei drei"),
        (b"a\x00b\x07c \xe2\x80\xaed", "a b c d"),
        (b"=?utf-8?Q?offen", "=?utf-8?Q?offen"),
        (b"", ""),
    ],
)  # fmt: skip
def test_text(value: bytes, text: str) -> None:
    assert headers.text(value, [], 100).replace("œ", "").strip() == text


def test_text_is_cut_at_its_limit() -> None:
    assert headers.text(b"x" * 100_000, [], 50) == "x" * 50


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"Max <Max@Example.DE>", (Address("Max", "max@example.de"),)),
        (b"max@example.de", (Address("", "max@example.de"),)),
        (b"<max@example.de>", (Address("", "max@example.de"),)),
        (b'"Muster, Max" <max@example.de>', (Address("Muster, Max", "max@example.de"),)),
        (b"max@example.de (Max Muster)", (Address("Max Muster", "max@example.de"),)),
        (b"=?utf-8?Q?M=C3=BCller=2C_Max?= <m@example.de>", (Address("Müller, Max", "m@example.de"),)),
        (b'"=?utf-8?Q?M=C3=BCller?=" <m@example.de>', (Address("Müller", "m@example.de"),)),
        ("Jürgen <j@example.de>".encode("latin-1"), (Address("Jürgen", "j@example.de"),)),
        (
            b"a@x.de, B <b@x.de>,, c@x.de",
            (Address("", "a@x.de"), Address("B", "b@x.de"), Address("", "c@x.de")),
        ),
        (b"Gruppe: a@x.de, b@x.de;", (Address("", "a@x.de"), Address("", "b@x.de"))),
        (b"undisclosed-recipients:;", ()),
        (b"Nur ein Name", (Address("Nur ein Name", ""),)),
        (b"Max < max@example.de >", (Address("Max", "max@example.de"),)),
        (b"", ()),
    ],
)
def test_addresses(value: bytes, found: tuple[Address, ...]) -> None:
    assert headers.addresses(value, []) == found


def test_a_name_of_ten_thousand_characters_is_cut_and_said() -> None:
    warnings: list[str] = []
    (address,) = headers.addresses(b"N" * 10_000 + b" <n@example.de>", warnings)
    assert address == Address("N" * MAX_NAME_CHARS, "n@example.de")
    assert warnings == [headers.NAME_CUT]


AT = datetime(2026, 11, 22, 17, 0, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "when"),
    [
        (b"Sun, 22 Nov 2026 18:00:51 +0100", AT),
        (b"22 Nov 2026 18:00:51 +0100", AT),
        (b"Sun, 22 Nov 2026 18:00:51 +0100 (CET)", AT),
        (b"Sun, 22 Nov 2026 17:00:51 GMT", AT),
        (b"Sun, 22 Nov 2026 18:00:51 MEZ", AT),
        (b"So, 22 Nov 2026 18:00:51 +0100", AT),
        (b"Sun, 22 Nov 2026 12:00:51 EST", AT),
        (b"Sun, 22 Nov 26 18:00:51 +0100", AT),
        (b"Sun, 22 Nov 2026 18:00 +0100", AT.replace(second=0)),
        (b"Di, 03 M\xc3\xa4r 2026 10:00:00 +0100", datetime(2026, 3, 3, 9, 0, tzinfo=UTC)),
        (b"Sun, 31 Dec 2026 23:59:60 +0000", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_moments(value: bytes, when: datetime) -> None:
    warnings: list[str] = []
    assert (headers.moment(value, warnings), warnings) == (when, [])


def test_a_time_without_zone_is_taken_as_utc_and_said() -> None:
    warnings: list[str] = []
    assert headers.moment(b"Sun, 22 Nov 2026 17:00:51", warnings) == AT
    assert warnings == [headers.NO_ZONE.format(text="Sun, 22 Nov 2026 17:00:51")]


@pytest.mark.parametrize(
    "value", [b"gestern", b"32 Nov 2026 25:00:00 +0100", b"Mon, 30 Jun 3609 15:33:50 +0600", b"\xff\x00"]
)
def test_unreadable_moments(value: bytes) -> None:
    warnings: list[str] = []
    assert headers.moment(value, warnings) is None
    assert len(warnings) == 1
    assert warnings[0].startswith("Das Datum")


def test_message_ids() -> None:
    assert headers.message_id(b" <a@b> ") == "<a@b>"
    assert headers.message_id(b"a@b") == "<a@b>"
    assert headers.message_id(b"") == ""
    assert headers.message_ids(b"<a@b>\r\n <c@d> junk <a@b>") == ("<a@b>", "<c@d>")
