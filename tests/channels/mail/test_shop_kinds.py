"""What sort of mail it is, judged on a merchant's everyday post; the words were written before the rules were read."""

import pytest

from kulanz.channels.mail.parse import read_mail

RELAY = "2fd8kq1xmv7tl0p+3f2504e0-4f89-41d3-9a0c-0305e82c3301@marketplace.amazon.de"
NOTE = "donotreply@amazon.com"
REPORT = """Content-Type: multipart/report; report-type={type}; boundary=b

--b
Content-Type: text/plain; charset=utf-8

{text}
--b
Content-Type: {machine}

{fields}

--b
Content-Type: text/rfc822-headers

Message-ID: <reply.77@laden.example>
Subject: AW: Ihre Bestellung
--b--
"""


def _report(text: str, action: str = "failed", status: str = "5.1.1") -> str:
    fields = (
        f"Reporting-MTA: dns; mx.laden.example\n\nFinal-Recipient: rfc822; weg@example.de\n"
        f"Action: {action}\nStatus: {status}"
    )
    return REPORT.format(type="delivery-status", text=text, machine="message/delivery-status", fields=fields)


def _relay(words: str) -> str:
    return (
        "Du hast eine Nachricht erhalten.\n\n# 303-1234567-7654321:\n1 / Kanne [ASIN: B0YCNYLGY8]\n\n"
        f"------------- Nachricht:  -------------\n\n{words}\n\n------------- Ende der Nachricht -------------\n\n"
        "Fall lösen: https://sellercentral.amazon.de/messaging/no-response-needed?t=1&m=2&mp=A1PA6795UKMFR9\n"
    )


def _space(kind: str, sender: str = NOTE) -> str:
    return f"From: Amazon <{sender}>\nX-Space-Notification-Type: {kind}\nX-Marketplace-ID: A1PA6795UKMFR9"


PERSON = "From: Sabine Hoffmann <sabine@example.de>"
DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.laden.example>\nReturn-Path: <>"
HTML = "\nContent-Type: text/html; charset=utf-8"

# (what, kinds that are right, headers, subject, body; a body with its own Content-Type begins with that)
MAILS = [
    ("plain question", "buyer_message", PERSON, "Bestellung B-104822", "Wo bleibt mein Paket?"),
    ("HTML only", "buyer_message", PERSON + HTML, "Frage", "<p>Passt der <b>Deckel</b>?</p>"),
    (
        "reply with quote",
        "buyer_message",
        PERSON + "\nIn-Reply-To: <reply.77@laden.example>",
        "AW: Ihre Bestellung",
        "Danke, aber es fehlt noch eins.\n\nAm 20.11.2026 um 10:00 schrieb Laden:\n> Ihr Paket ist unterwegs.\n",
    ),
    ("Amazon buyer", "buyer_message", _space("BBC_MESSAGE_SENT_TO_MERCHANT", RELAY), "Frage", _relay("Wo?")),
    ("Amazon by address", "buyer_message", f"From: Erika <{RELAY}>", "Frage von Erika", _relay("Wo ist es?")),
    ("absence in words", "buyer_message", PERSON, "Urlaub", "Ich bin ab Montag im Urlaub, bitte vorher liefern."),
    (
        "complains of automata",
        "buyer_message",
        PERSON,
        "Ihre automatische Antwort hilft mir nicht",
        "Ich möchte mit einem Menschen sprechen.",
    ),
    (
        "contact form",
        "buyer_message",
        "From: Laden <formular@laden.example>\nReply-To: Sabine Hoffmann <sabine@example.de>",
        "Kontaktformular",
        "Name: Sabine Hoffmann\nNachricht: Wann ist die Kanne wieder da?",
    ),
    (
        "asks about a bounce",
        "buyer_message",
        PERSON,
        "WG: Undelivered Mail Returned to Sender",
        "Meine Mail an Sie kam zurück. Warum?\n",
    ),
    ("English", "buyer_message", PERSON, "Where is my order?", "Hello, where is my parcel?"),
    ("empty", "buyer_message", PERSON, "", ""),
    (
        "photo only",
        "buyer_message",
        PERSON + "\nContent-Type: image/jpeg; name=kaputt.jpg\nContent-Transfer-Encoding: base64",
        "kaputt",
        "/9j/4AAQ",
    ),
    ("praise", "buyer_message", PERSON, "Danke!", "Alles gut angekommen, vielen Dank!"),
    ("shouting", "buyer_message", PERSON, "UNVERSCHÄMT!!!", "ICH WILL MEIN GELD ZURÜCK"),
    (
        "wants no newsletter",
        "buyer_message",
        PERSON,
        "Newsletter abbestellen",
        "Bitte nehmen Sie mich aus Ihrem Newsletter. Unsubscribe!",
    ),
    (
        "through a forwarder",
        "buyer_message",
        PERSON + "\nX-Forwarded-For: a@example.de b@example.de\nResent-From: info@laden.example",
        "Frage",
        "Gibt es die Kanne in Rot?",
    ),
    (
        "vacation",
        "auto_reply",
        PERSON + "\nAuto-Submitted: auto-replied",
        "Re: Ihre Bestellung",
        "Ich bin bis 1. Dezember nicht im Haus.",
    ),
    (
        "Exchange",
        "auto_reply",
        PERSON + "\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All",
        "Automatische Antwort: Ihre Bestellung",
        "Ich bin abwesend.",
    ),
    (
        "GMX",
        "auto_reply",
        PERSON + "\nPrecedence: auto_reply\nX-Autoreply: yes",
        "Abwesenheitsnotiz",
        "Ich bin im Urlaub.",
    ),
    (
        "with a comment",
        "auto_reply",
        PERSON + "\nAuto-Submitted: auto-replied (vacation)",
        "Urlaub",
        "Bin weg.",
    ),
    ("subject only", "auto_reply", PERSON, "Out of Office: Re: Ihre Bestellung", "I am away until Monday."),
    (
        "German subject only",
        "auto_reply",
        PERSON,
        "Abwesenheitsnotiz: Ihre Bestellung",
        "Ich bin ab dem 3. Dezember wieder da.",
    ),
    ("autorespond", "auto_reply", PERSON + "\nX-Autorespond: Urlaub", "Urlaub", "Ich bin nicht da."),
    (
        "ticket received",
        "auto_reply",
        "From: Support <support@lieferant.example>\nAuto-Submitted: auto-replied\nPrecedence: bulk",
        "[Ticket#123] Wir haben Ihre Anfrage erhalten",
        "Vielen Dank für Ihre Anfrage.",
    ),
    ("read receipt", "auto_reply other", PERSON, "Gelesen: Ihre Bestellung", "MDN"),
    ("Postfix", "bounce", DAEMON + "\nAuto-Submitted: auto-replied", "Undelivered Mail Returned to Sender", "DSN"),
    (
        "Exim",
        "bounce",
        DAEMON + "\nX-Failed-Recipients: weg@example.de\nAuto-Submitted: auto-replied",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\n  weg@example.de\n    unknown user\n",
    ),
    (
        "Exchange bounce",
        "bounce",
        "From: Microsoft Outlook <postmaster@firma.example>\nReturn-Path: <>",
        "Unzustellbar: AW: Ihre Bestellung",
        "DSN",
    ),
    (
        "qmail",
        "bounce",
        "From: MAILER-DAEMON@mail.example.de\nReturn-Path: <>",
        "failure notice",
        "Hi. This is the qmail-send program at mail.example.de.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<weg@example.de>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
    ),
    (
        "Gmail",
        "bounce",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "DSN",
    ),
    ("delayed", "bounce", DAEMON, "Delayed Mail (still being retried)", "DSN delayed"),
    (
        "German daemon",
        "bounce",
        "From: Mailer-Daemon <MAILER-DAEMON@t-online.example>\nReturn-Path: <>",
        "Mail konnte nicht zugestellt werden",
        "Ihre Nachricht konnte nicht zugestellt werden.\n\n<weg@t-online.example>: 550 unknown user\n",
    ),
    (
        "newsletter",
        "other",
        "From: Angebote <news@versand.example>\nList-Id: <news.versand.example>\nPrecedence: bulk\n"
        "List-Unsubscribe: <https://versand.example/ab>",
        "Nur heute: 20 % auf alles",
        "Jetzt zugreifen!",
    ),
    (
        "List-Unsubscribe alone",
        "other",
        "From: Messe <einladung@messe.example>\nList-Unsubscribe: <mailto:ab@messe.example>",
        "Einladung",
        "Besuchen Sie uns.",
    ),
    (
        "one click",
        "other",
        "From: Shop <hallo@shop.example>\nList-Unsubscribe: <https://x.example/u>\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Neu im Sortiment",
        "Schauen Sie mal.",
    ),
    (
        "mailing list",
        "other",
        PERSON + "\nList-Id: Händlerstammtisch <haendler.liste.example>\nList-Post: <mailto:h@liste.example>\n"
        "Precedence: list",
        "[Händler] Frage in die Runde",
        "Wer kennt einen guten Steuerberater?",
    ),
    (
        "payment notice",
        "other auto_reply",
        "From: Bezahldienst <service@bezahldienst.example>\nAuto-Submitted: auto-generated",
        "Zahlung erhalten",
        "Sie haben 12,50 EUR erhalten.",
    ),
    ("answered elsewhere", "other platform_notice", _space("BBC_MESSAGE_CONFIRMATION_TO_MERCHANT") + HTML, "Ihre Nachricht", "<p>Kopie</p>"),
    (
        "not delivered",
        "platform_notice bounce",
        _space("BUYER_OPTED_OUT_BSM_MESSAGES", "auto-communication@amazon.com"),
        "Ihre Nachricht wurde nicht zugestellt",
        "Der Käufer möchte keine Nachrichten.",
    ),
    ("wants to cancel", "platform_notice", _space("BRC_SELLER_NOTIFICATION"), "Stornierung angefragt", "303-1234567-7654321"),
    ("return", "platform_notice", _space("RETURN_REQUEST"), "Rücksendung", "303-1234567-7654321"),
    ("refund", "platform_notice", _space("REFUND_ISSUED"), "Erstattung", "303-1234567-7654321"),
    (
        "A-to-Z",
        "platform_notice",
        _space("A_Z_CLAIM_RESPONDENT_NOTIFY", "atoz-guarantee-no-reply@amazon.de"),
        "A-bis-z-Antrag",
        "303-1234567-7654321",
    ),
    (
        "A-to-Z decided",
        "platform_notice",
        _space("A_Z_CLAIM_RESPONDENT_CLOSE", "atoz-guarantee-no-reply@amazon.de"),
        "A-bis-z-Antrag entschieden",
        "303-1234567-7654321",
    ),
    ("unknown notice", "platform_notice", _space("SOMETHING_NEW"), "Neuigkeit", "Text"),
    (
        "forged",
        "buyer_message other",
        _space("A_Z_CLAIM_RESPONDENT_NOTIFY", "boese@fremd.example"),
        "A-bis-z-Antrag",
        "Klicken Sie hier.",
    ),
]  # fmt: skip


def _bytes(headers: str, subject: str, body: str) -> bytes:
    common = f"{headers}\nTo: Laden <info@laden.example>\nSubject: {subject}\nDate: Thu, 26 Nov 2026 10:00:00 +0100\n"
    common += "Message-ID: <a.1@example.de>\nMIME-Version: 1.0\n"
    match body:
        case "DSN":
            return (common + _report("Die Nachricht wurde nicht zugestellt.")).encode()
        case "DSN delayed":
            return (common + _report("Noch nicht zugestellt.", "delayed", "4.4.1")).encode()
        case "MDN":
            fields = "Final-Recipient: rfc822; sabine@example.de\nDisposition: manual-action/MDN-sent-manually; displayed"
            return (
                common
                + REPORT.format(
                    type="disposition-notification",
                    text="Gelesen.",
                    machine="message/disposition-notification",
                    fields=fields,
                )
            ).encode()
    if "Content-Type" not in headers:
        common += "Content-Type: text/plain; charset=utf-8\n"
    return f"{common}\n{body}\n".encode()


@pytest.mark.parametrize(
    ("what", "right", "headers", "subject", "body"), MAILS, ids=[row[0] for row in MAILS]
)
def test_kind(what: str, right: str, headers: str, subject: str, body: str) -> None:
    assert read_mail(_bytes(headers, subject, body)).kind in right.split()


def test_table_is_whole() -> None:
    assert len(MAILS) >= 40
    assert {kind for row in MAILS for kind in row[1].split()} == {
        "buyer_message",
        "platform_notice",
        "bounce",
        "auto_reply",
        "other",
    }
