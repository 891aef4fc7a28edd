"""What a mail becomes."""

from datetime import UTC, datetime

from kulanz.channels.mail.facts import facts_of
from kulanz.channels.mail.parse import read_mail

RECEIVED = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
AMAZON = (
    "From: =?utf-8?q?Katharina_W=C3=B6hrle_-_Amazon-Marktplatz?= "
    "<abcd1234efgh56+1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed@marketplace.amazon.de>\r\n"
    "To: verkauf@suederende.example\r\nSubject: Frage (Bestellung: 303-8841207-5521946)\r\n"
    "Message-ID: <m1@amazon.example>\r\nDate: Thu, 26 Nov 2026 16:07:00 +0100\r\n"
    "X-Space-Notification-Type: BBC_MESSAGE_SENT_TO_MERCHANT\r\nX-Marketplace-ID: A1PA6795UKMFR9\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "# 303-8841207-5521946:\n------------- Nachricht: -------------\nWo ist die Kaffeemühle?\n"
    "------------- Ende der Nachricht -------------\n"
).encode()


def read(raw: bytes, **more):
    given = {"note": "", "own_address": "verkauf@suederende.example", "received_at": RECEIVED} | more
    return facts_of(read_mail(raw), raw, **given)


def test_a_relay_buyer_is_known_by_the_alias_without_its_case():
    got = read(AMAZON)
    assert (got.customer_key, got.customer_name, got.direction) == (
        "abcd1234efgh56@marketplace.amazon.de",
        "Katharina Wöhrle",
        "in",
    )
    assert [f.kind for f in got.facts] == ["customer", "message"]
    assert got.facts[1].values["own_text"] == "Wo ist die Kaffeemühle?"
    assert got.sent_at == datetime(2026, 11, 26, 15, 7, tzinfo=UTC)


def test_a_mail_of_the_sent_folder_is_ours_and_its_customer_is_the_recipient():
    raw = b"From: verkauf@suederende.example\r\nTo: Ina <ina@example.org>\r\nSubject: AW: Frage\r\nMessage-ID: <m2@x>\r\n\r\nGuten Tag"
    for note in ("sent", ""):
        got = read(raw, note=note)
        assert (got.direction, got.customer_key) == ("out", "ina@example.org")


def test_a_date_from_the_future_counts_as_received():
    raw = b"From: ina@example.org\r\nTo: verkauf@suederende.example\r\nDate: Fri, 1 Jan 2038 00:00:00 +0000\r\n\r\nHallo"
    assert read(raw).sent_at == RECEIVED


def test_a_mail_without_message_id_is_known_by_its_bytes():
    raw = b"From: ina@example.org\r\n\r\nHallo"
    assert read(raw).key.startswith("sha256:")
    assert read(raw).key == read(raw).key != read(raw + b"!").key


def test_a_platform_is_no_customer():
    raw = (
        b"From: Amazon.de <donotreply@amazon.com>\r\nTo: verkauf@suederende.example\r\nMessage-ID: <n@x>\r\n"
        b"X-Space-Notification-Type: BRC_SELLER_NOTIFICATION\r\nSubject: Stornierung 303-8841207-5521946\r\n\r\nBitte"
    )
    got = read(raw)
    assert (got.customer_key, got.customer_name) == ("", "")
