"""One conversation from end to end: a real mailbox, a real mail server, `kulanz up`, and a person at a browser."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from playwright.sync_api import Browser, Page, expect

import dovecot
import smtp_server
from cli.processes import within
from dovecot import Dovecot
from e2e.served import OWNER, Site, broken, new_owner, serving
from smtp_server import Behaviour

pytestmark = [pytest.mark.browser, pytest.mark.dovecot, pytest.mark.slow]
BOX = "service@laden.example"
UNDO_SECONDS = 4
ANSWER = "Guten Tag Frau Hoffmann,\n\nIhr Paket kommt morgen – größer als gedacht.\n\nHerzliche Grüße"


@dataclass
class Shop:
    site: Site
    page: Page
    mailbox: Dovecot
    post: Behaviour
    smtp_port: int

    def arrives(self, mail: bytes, folder: str = "INBOX") -> None:
        self.mailbox.append(BOX, mail, folder=folder)


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("conversation") / "home"
    password = new_owner(home)
    with (
        dovecot.running() as mailbox,
        smtp_server.running() as (smtp_port, post),
        serving(
            home,
            passwords={OWNER: password},
            KULANZ_UNDO_SECONDS=str(UNDO_SECONDS),
            KULANZ_FETCH_SECONDS="1",
        ) as site,
    ):
        context = site.context(browser, OWNER, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        _connect(page, mailbox.port, smtp_port)
        yield Shop(site, page, mailbox, post, smtp_port)
        context.close()
        assert broken(site) == ""


def _connect(page: Page, imap_port: int, smtp_port: int) -> None:
    """As an owner does it on the first day: an account, then its mailbox, then the folder of what was sent."""
    page.goto("/einstellungen/konten/neu/")
    page.get_by_label("Name", exact=True).fill("Laden")
    page.get_by_label("Kanal").select_option("shop")
    page.get_by_label("Absender der Antworten").fill(BOX)
    page.get_by_label("Name des Absenders").fill("Laden Müller")
    page.get_by_role("button", name="Speichern").click()
    page.goto("/einstellungen/postfaecher/neu/")
    page.get_by_label("Konto").select_option(label="Laden")
    page.get_by_label("Adresse").fill(BOX)
    page.get_by_label("Passwort").fill(dovecot.PASSWORD)
    page.get_by_text("Server, Ordner und Senden selbst angeben").click()
    for field, value in (
        ("host", "127.0.0.1"),
        ("port", str(imap_port)),
        ("smtp_host", "127.0.0.1"),
        ("smtp_port", str(smtp_port)),
    ):
        page.locator(f"#id_{field}").fill(value)
    for field in ("tls", "smtp_tls"):
        page.locator(f"#id_{field}").select_option("none")
    page.get_by_role("button", name="Verbindung prüfen").click()
    expect(page.get_by_text("Die Verbindung steht.")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Gesendet mitlesen").click()
    expect(page.get_by_text("Die Verbindung steht.")).to_be_visible(timeout=30_000)


def letter(
    number: str,
    text: str,
    *,
    sender: str = "Sabine Hoffmann <sabine@example.org>",
    to: str = BOX,
    **headers: str,
) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"Message-ID: <{number}@example.org>\r\n{more}From: {sender}\r\nTo: {to}\r\n"
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} +0000\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def parsed(content: bytes) -> Message:
    return message_from_bytes(content, policy=default)


def test_one_conversation(shop: Shop) -> None:
    """Arrives, is read, answered, taken back, sent, answered again by the customer, all in one case."""
    page, site = shop.page, shop.site
    page.goto("/faelle/")
    shop.arrives(letter("kunde-1", "Wo ist mein Paket?", Subject="Mein Paket"))
    row = page.get_by_role("link", name="Mein Paket")
    expect(row).to_be_visible(timeout=30_000)  # the open page shows it by itself
    row.click()
    expect(page.get_by_role("heading", name="Mein Paket")).to_be_visible()
    expect(page.locator("#verlauf")).to_contain_text("Wo ist mein Paket?")
    expect(page.locator("#kopf .ku-clock")).to_have_count(1)
    case = page.url

    _draft_saves_itself(page)
    _is_taken_back(shop, case)
    mail = _is_sent(shop)

    page.goto(case)
    expect(page.locator("#kopf")).to_contain_text("wartet auf Kunden")
    expect(page.locator("#kopf")).to_contain_text("Keine Uhr läuft.")
    expect(page.locator("#text")).to_have_value("")
    reply = letter(
        "kunde-2",
        "Vielen Dank! Kommt auch der Deckel?",
        Subject="Re: Mein Paket",
        References=f"<kunde-1@example.org> {mail['Message-ID']}",
    )
    shop.arrives(reply)
    expect(page.locator("#verlauf")).to_contain_text("Kommt auch der Deckel?", timeout=30_000)
    expect(page.locator("#kopf .ku-clock")).to_have_count(1)
    assert page.url == case
    assert site.rows("SELECT state FROM kulanz_case") == [("open",)]
    shop.arrives(shop.post.taken[0].content, folder="Sent")  # as the provider files what it carried
    assert within(
        20, lambda: site.value("SELECT MAX(last_uid) FROM kulanz_mailbox WHERE is_sent_folder") == 1
    )
    time.sleep(1)
    assert site.rows("SELECT direction FROM kulanz_message ORDER BY id") == [("in",), ("out",), ("in",)]


def _draft_saves_itself(page: Page) -> None:
    page.locator("#text").press_sequentially("Guten Tag,")
    expect(page.locator("#gespeichert")).to_contain_text("gespeichert")
    page.locator("#text").fill(ANSWER)
    with page.expect_response(re.compile("/entwurf/")) as saved:
        pass
    assert saved.value.status == 200
    page.reload()
    expect(page.locator("#text")).to_have_value(ANSWER)


def _is_taken_back(shop: Shop, case: str) -> None:
    page = shop.page
    page.get_by_role("button", name="Senden", exact=True).click()
    page.get_by_role("button", name="Zurückholen").click()
    expect(page.locator("#text")).to_have_value(ANSWER)
    time.sleep(UNDO_SECONDS + 2)
    assert shop.post.taken == []
    assert page.url == case


def _is_sent(shop: Shop) -> Message:
    page = shop.page
    page.get_by_role("button", name="Senden", exact=True).click()
    expect(page.get_by_role("button", name="Zurückholen")).to_be_visible()
    assert within(UNDO_SECONDS + 20, lambda: len(shop.post.taken) == 1)
    time.sleep(2)
    (taken,) = shop.post.taken
    mail = parsed(taken.content)
    (key,) = shop.site.rows("SELECT external_id FROM kulanz_action WHERE state = 'done'")[0]
    assert (taken.sender, taken.recipients) == (BOX, ["sabine@example.org"])
    assert {
        name: str(mail[name]) for name in ("From", "To", "Subject", "In-Reply-To", "References", "Message-ID")
    } == {
        "From": f"Laden Müller <{BOX}>",
        "To": "Sabine Hoffmann <sabine@example.org>",
        "Subject": "Re: Mein Paket",
        "In-Reply-To": "<kunde-1@example.org>",
        "References": "<kunde-1@example.org>",
        "Message-ID": key,
    }
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n").strip() == ANSWER
    return mail


def test_an_answer_given_elsewhere_stops_the_clock_and_warns_the_draft(shop: Shop) -> None:
    page, site = shop.page, shop.site
    shop.arrives(
        letter("kunde-9", "Passt der Deckel?", sender="Jan Petersen <jan@example.org>", Subject="Deckel")
    )
    page.goto("/faelle/")
    page.get_by_role("link", name="Deckel", exact=True).click(timeout=30_000)
    page.locator("#text").press_sequentially("Guten Tag Herr Petersen, ja")
    expect(page.locator("#gespeichert")).to_contain_text("gespeichert")
    elsewhere = letter(
        "anderswo-1",
        "Ja, er passt.",
        sender=f"Laden Müller <{BOX}>",
        to="jan@example.org",
        Subject="Re: Deckel",
        In_Reply_To="<kunde-9@example.org>",
        References="<kunde-9@example.org>",
    )
    shop.arrives(elsewhere, folder="Sent")
    expect(page.locator("#verlauf")).to_contain_text("Ja, er passt.", timeout=30_000)
    expect(page.locator("#kopf")).to_contain_text("Keine Uhr läuft.")
    expect(page.locator("#ausgang")).to_contain_text("Seit Sie schreiben")
    expect(page.locator("#text")).to_have_value("Guten Tag Herr Petersen, ja")
    assert site.value("SELECT state FROM kulanz_case WHERE title = 'Deckel'") == "wait_customer"


def test_a_letter_that_came_meanwhile_holds_the_answer_back_and_loses_no_word(shop: Shop) -> None:
    """The writer has not seen it: its page was asked before it came."""
    page = shop.page
    shop.arrives(letter("kunde-20", "Ist er rot?", sender="Eva Lund <eva@example.org>", Subject="Farbe"))
    page.goto("/faelle/")
    page.get_by_role("link", name="Farbe", exact=True).click(timeout=30_000)
    page.locator("#text").fill("Guten Tag Frau Lund, ja.")
    again = {"References": "<kunde-20@example.org>", "Subject": "Re: Farbe"}
    shop.arrives(letter("kunde-21", "Oder doch blau?", sender="Eva Lund <eva@example.org>", **again))
    expect(page.locator("#verlauf")).to_contain_text("Oder doch blau?", timeout=30_000)
    before = len(shop.post.taken)
    page.get_by_role("button", name="Senden", exact=True).click()
    expect(page.locator("main")).to_contain_text("Der Kunde hat inzwischen noch einmal geschrieben.")
    expect(page.locator("#text")).to_have_value("Guten Tag Frau Lund, ja.")
    time.sleep(UNDO_SECONDS + 2)
    assert len(shop.post.taken) == before
