import pytest

from channels.mail.samples import DATA, mail, raw
from kulanz.channels.mail.model import Kind
from kulanz.channels.mail.parse import read_mail

REPORT = (
    b"--r\r\nContent-Type: text/plain\r\n\r\nIhre Nachricht konnte nicht zugestellt werden.\r\n"
    b"--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
    b"Final-Recipient: rfc822; x@example.de\r\nAction: %s\r\nStatus: %s\r\n\r\n"
    b"--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <unsere@laden.example>\r\nSubject: Antwort\r\n\r\nText\r\n--r--\r\n"
)
REPORT_TYPE = b"Content-Type: multipart/report; report-type=delivery-status; boundary=r"
DAEMON = b"From: Mail Delivery System <MAILER-DAEMON@mx.example.de>"
QMAIL = (
    b"Hi. This is the qmail-send program at mx.example.de.\r\nI'm afraid I wasn't able to deliver your message.\r\n\r\n"
    b"<x@example.de>:\r\n550 5.1.1 user unknown\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
    b"Message-ID: <unsere@laden.example>\r\nSubject: Antwort\r\n"
)
EXIM = (
    b"This message was created automatically by mail delivery software.\r\n\r\nA message that you sent could not be"
    b" delivered to one or more of its\r\nrecipients.\r\n\r\n  x@example.de\r\n    SMTP error: 550 unknown user\r\n\r\n"
    b"------ This is a copy of the message ------\r\n\r\nMessage-Id: <unsere@laden.example>\r\n"
)


@pytest.mark.parametrize(
    ("name", "content", "permanent"),
    [
        ("report, failed", raw(REPORT % (b"failed", b"5.1.1"), DAEMON, REPORT_TYPE), True),
        ("report, delayed", raw(REPORT % (b"delayed", b"4.4.1"), DAEMON, REPORT_TYPE), False),
        ("report from a person's address", raw(REPORT % (b"failed", b"5.2.2"), REPORT_TYPE), True),
        ("qmail", raw(QMAIL, DAEMON, b"Subject: failure notice"), True),
        ("exim", raw(EXIM, DAEMON, b"X-Failed-Recipients: x@example.de"), True),
        ("null sender", raw(EXIM, b"Return-Path: <>", b"Subject: Mail delivery failed: returning message"), True),
        (
            "German, delayed",
            raw(b"Zustellung verz\xf6gert, 4.4.2\r\n\r\nMessage-ID: <unsere@laden.example>", DAEMON, b"Subject: Unzustellbar: Antwort"),
            False,
        ),
        (
            "Exchange",
            raw(b"Fehler 550 5.1.10\r\n\r\nMessage-ID: <unsere@laden.example>\r\n", b"From: Microsoft Outlook <postmaster@example.de>", b"Subject: Unzustellbar: Ihre Anfrage"),
            True,
        ),
        (
            "threading only",
            raw(b"user unknown", DAEMON, b"Subject: Undelivered Mail Returned to Sender", b"References: <erste@laden.example> <unsere@laden.example>"),
            True,
        ),
    ],
)  # fmt: skip
def test_bounces(name: str, content: bytes, permanent: bool) -> None:
    found = read_mail(content)
    assert (found.kind, found.bounce_of, found.bounce_permanent) == (
        Kind.BOUNCE,
        "<unsere@laden.example>",
        permanent,
    )
    assert found.thread_keys[0] == "mid:<unsere@laden.example>"


@pytest.mark.parametrize(
    ("name", "bounce_of", "permanent"),
    [
        ("report_422", "<15655788.13.1200472642578.JavaMail.Administrator@mail.ttttt.com.au>", False),
        ("report_530", "<200712232303.lBNN3jDq002941@mail12.rrrr.com.au>", True),
        ("multi_address_bounce1", "<118707422.15521266992174819.JavaMail.root@lvmail01>", True),
        ("multipart_report_multiple_status", "<4c2a146147ac8_61ff157c4ec1652df@s.h.c.mail>", True),
    ],
)
def test_bounces_of_real_servers(name: str, bounce_of: str, permanent: bool) -> None:
    found = read_mail((DATA / "ruby_mail" / "multipart_report_emails" / f"{name}.eml").read_bytes())
    assert (found.kind, found.bounce_of, found.bounce_permanent) == (Kind.BOUNCE, bounce_of, permanent)


@pytest.mark.parametrize(
    ("subject", "headers", "notice"),
    [
        ("Re: Frage", {"Auto-Submitted": "auto-replied"}, "auto-replied"),
        ("Re: Frage", {"Auto-Submitted": "auto-replied (vacation)"}, "auto-replied"),
        ("Ticket 12", {"Auto-Submitted": "auto-generated"}, "auto-generated"),
        ("Re: Frage", {"X-Autoreply": "yes"}, "autoreply"),
        ("Re: Frage", {"Precedence": "auto_reply"}, "autoreply"),
        ("Abwesenheitsnotiz: Ihre Bestellung", {}, "subject"),
        ("Automatische Antwort: Ihre Bestellung", {}, "subject"),
        ("AW: Out of Office: Ihre Bestellung", {}, "subject"),
        ("Ich bin im Urlaub", {}, "subject"),
    ],
)
def test_auto_replies(subject: str, headers: dict[str, str], notice: str) -> None:
    found = read_mail(mail(subject=subject, headers=headers))
    assert (found.kind, found.notice) == (Kind.AUTO_REPLY, notice)


def test_read_receipt() -> None:
    content = raw(
        b"--r\r\n\r\nGelesen\r\n--r--\r\n",
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=r",
    )
    found = read_mail(content)
    assert (found.kind, found.notice) == (Kind.AUTO_REPLY, "read_receipt")


@pytest.mark.parametrize(
    ("sender", "headers", "kind", "notice"),
    [
        ("max@example.de", {}, Kind.BUYER_MESSAGE, ""),
        ("max@example.de", {"Auto-Submitted": "no"}, Kind.BUYER_MESSAGE, ""),
        ("max@example.de", {"X-Auto-Response-Suppress": "All"}, Kind.BUYER_MESSAGE, ""),
        ("news@firma.example", {"List-Id": "<news.firma.example>"}, Kind.OTHER, "newsletter"),
        ("news@firma.example", {"List-Unsubscribe": "<https://x.example>"}, Kind.OTHER, "newsletter"),
        ("news@firma.example", {"Precedence": "bulk"}, Kind.OTHER, "newsletter"),
        ("no-reply@firma.example", {}, Kind.OTHER, "no_reply"),
        ("bitte-nicht-antworten@firma.example", {}, Kind.OTHER, "no_reply"),
        ("laden@example.org", {"In-Reply-To": "<a@b>"}, Kind.OTHER, "copy"),
        # A form of the shop: the machine sends, the customer stands in Reply-To.
        ("no-reply@laden.example", {"Reply-To": "max@example.de"}, Kind.BUYER_MESSAGE, ""),
        ("laden@example.org", {"Reply-To": "max@example.de"}, Kind.BUYER_MESSAGE, ""),
        (
            "wp@l.example",
            {"Reply-To": "max@example.de", "Auto-Submitted": "auto-generated"},
            Kind.BUYER_MESSAGE,
            "",
        ),
        # An answer from a mailer that adds List-Unsubscribe to everything.
        ("max@firma.example", {"List-Unsubscribe": "<x:y>", "In-Reply-To": "<a@b>"}, Kind.BUYER_MESSAGE, ""),
        ("kaeufer@members.ebay.de", {}, Kind.BUYER_MESSAGE, ""),
        ("ebay@ebay.de", {}, Kind.PLATFORM_NOTICE, ""),
        ("partner@otto.market", {}, Kind.PLATFORM_NOTICE, ""),
    ],
)
def test_people_machines_and_lists(sender: str, headers: dict[str, str], kind: Kind, notice: str) -> None:
    found = read_mail(mail(sender=sender, headers=headers))
    assert (found.kind, found.notice) == (kind, notice)


def test_a_mail_without_sender_is_no_message() -> None:
    found = read_mail(b"Subject: x\n\nHallo")
    assert (found.kind, found.notice) == (Kind.OTHER, "no_sender")


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ("mx; spf=pass; dkim=pass header.d=example.de; dmarc=pass", "pass"),
        ("mx; spf=fail; dkim=fail; dmarc=pass", "pass"),
        ("mx; spf=pass; dkim=pass header.d=evil.example; dmarc=fail", "fail"),
        ("mx; spf=fail smtp.mailfrom=x; dkim=pass header.i=@example.de", "pass"),
        ("mx; spf=fail; dkim=pass header.d=evil.example", "fail"),
        ("mx; dkim=fail reason=\"bad signature\"", "fail"),
        ("mx; spf=pass smtp.mailfrom=example.de", "pass"),
        ("mx; spf=softfail", ""),
        ("mx; none", ""),
    ],
)  # fmt: skip
def test_authentication(results: str, verdict: str) -> None:
    assert read_mail(mail(headers={"Authentication-Results": results})).authentication == verdict


def test_only_the_topmost_results_count() -> None:
    content = raw(
        b"x", b"Authentication-Results: mx; dmarc=fail", b"Authentication-Results: evil; dmarc=pass"
    )
    assert read_mail(content).authentication == "fail"
