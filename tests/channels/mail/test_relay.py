import pytest

from channels.mail.samples import BUYER, amazon, mail
from kulanz.channels.mail.model import Address, Kind
from kulanz.channels.mail.parse import read_mail
from kulanz.channels.mail.relay import Relay, asins, relay_of

ALIAS, CASE = "2fd8kq1xmv7tl0p", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ORDER = "303-1234567-7654321"


@pytest.mark.parametrize(
    ("email", "relay"),
    [
        (BUYER, Relay("amazon", ALIAS, CASE, True)),
        (f"{ALIAS}@marketplace.amazon.co.uk", Relay("amazon", ALIAS, "", True)),
        ("donotreply@amazon.com", Relay("amazon")),
        ("atoz-guarantee-no-reply@amazon.de", Relay("amazon")),
        ("x@buyer-messages.amazon.de", Relay("amazon")),
        (f"{ALIAS}@marketplace.amazon.de.evil.example", Relay()),
        ("donotreply@amazon.com.evil.example", Relay()),
        ("donotreply@notamazon.com", Relay()),
        ("kaeufer_1@members.ebay.de", Relay("ebay", "kaeufer_1", "", True)),
        ("ebay@ebay.de", Relay("ebay")),
        ("partner@otto.market", Relay("otto")),
        ("noreply@kaufland.de", Relay("kaufland")),
        ("max@example.de", Relay()),
        ("", Relay()),
    ],
)
def test_relay_of(email: str, relay: Relay) -> None:
    assert relay_of(Address("", email), None) == relay


def test_reply_to_names_the_buyer_where_from_is_the_marketplace() -> None:
    found = relay_of(Address("Amazon", "x@amazon.de"), Address("", BUYER))
    assert found == Relay("amazon", ALIAS, CASE, True)


def test_buyer_message() -> None:
    found = read_mail(amazon("Hallo,\n\nwo ist mein Paket?\nErika"))
    assert (found.kind, found.notice, found.platform) == (
        Kind.BUYER_MESSAGE,
        "BBC_MESSAGE_SENT_TO_MERCHANT",
        "amazon",
    )
    assert (found.alias, found.case_uuid, found.marketplace_id) == (ALIAS, CASE, "A1PA6795UKMFR9")
    assert found.own_text == "Hallo,\n\nwo ist mein Paket?\nErika"
    assert found.order_numbers == (ORDER,)
    assert found.thread_keys == (
        f"amazon-case:{CASE}",
        "amazon-token:Tok-123",
        f"order:{ORDER}",
        f"alias:amazon:{ALIAS}",
    )
    assert "Wasserkocher 1,7 l [ASIN: B0ABCDEFGH]" in found.quoted_text
    assert asins(found.quoted_text) == ("B0ABCDEFGH",)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("Nachricht:", "Ende der Nachricht"),
        ("Message:", "End message"),
        ("Begin message", "End message"),
        ("Messaggio:", "Fine messaggio"),
        ("Message:", "Finalizar mensaje"),
        ("Mensagem:", "Encerrar mensagem"),
        ("Message :", "Fin du message"),
        ("Bericht:", "Einde bericht"),
        ("  Nachricht:  ", "  Ende  der  Nachricht  "),
    ],
)
def test_markers_of_all_languages(begin: str, end: str) -> None:
    assert read_mail(amazon("Wo ist es?", begin=begin, end=end)).own_text == "Wo ist es?"


def test_a_mail_whose_end_marker_is_missing_ends_at_the_footer() -> None:
    assert read_mail(amazon("Wo ist es?", end="Schluss")).own_text.startswith("Wo ist es?")
    assert "hilfreich" not in read_mail(amazon("Wo ist es?", end="Schluss")).own_text


def test_html_only_mail_takes_the_words_from_the_pre() -> None:
    html = (
        "<html><body><h1>Du hast eine Nachricht erhalten</h1><p># 303-1234567-7654321:</p>"
        '<pre style="white-space: pre-wrap">Hallo,\n\nwo ist mein Paket &amp; wann?</pre>'
        "<p>War diese E-Mail hilfreich?</p></body></html>"
    )
    found = read_mail(amazon(html=html, plain=False))
    assert found.own_text == "Hallo,\n\nwo ist mein Paket & wann?"
    assert "Du hast eine Nachricht erhalten" in found.quoted_text
    assert found.order_numbers == (ORDER,)


def test_question_before_a_sale_has_no_order() -> None:
    raw = mail(
        "-------------  Nachricht:  -------------\nPasst der Deckel?\n-------------  Ende der Nachricht -------------",
        sender=f"Erika <{BUYER}>",
        subject="Frage von Amazon-Kunde Erika",
        headers={"X-Space-Notification-Type": "BBC_MESSAGE_SENT_TO_MERCHANT"},
    )
    found = read_mail(raw)
    assert (found.own_text, found.order_numbers) == ("Passt der Deckel?", ())
    assert found.thread_keys == (f"amazon-case:{CASE}", f"alias:amazon:{ALIAS}")


@pytest.mark.parametrize(
    ("notification", "sender"),
    [
        ("BBC_MESSAGE_CONFIRMATION_TO_MERCHANT", "donotreply@amazon.com"),
        ("BUYER_OPTED_OUT_BSM_MESSAGES", "auto-communication@amazon.com"),
        ("BRC_SELLER_NOTIFICATION", "donotreply@amazon.com"),
        ("RETURN_REQUEST", "donotreply@amazon.com"),
        ("REFUND_ISSUED", "donotreply@amazon.de"),
        ("A_Z_CLAIM_RESPONDENT_NOTIFY", "atoz-guarantee-no-reply@amazon.de"),
        ("A_Z_CLAIM_RESPONDENT_CLOSE", "atoz-guarantee-no-reply@amazon.de"),
        ("SOMETHING_NEW_OF_2027", "donotreply@amazon.de"),
    ],
)
def test_notices_are_told_by_their_header(notification: str, sender: str) -> None:
    raw = mail(
        "Bestellung 303-1234567-7654321",
        sender=sender,
        headers={"X-Space-Notification-Type": notification, "Auto-Submitted": "auto-generated"},
    )
    found = read_mail(raw)
    assert (found.kind, found.notice, found.order_numbers) == (Kind.PLATFORM_NOTICE, notification, (ORDER,))


@pytest.mark.parametrize(
    "subject", ["Können Sie, als Käufer, helfen?", "Können Sie diese Frage zu Wasserkocher beantworten?"]
)
def test_questions_to_the_community_are_notices(subject: str) -> None:
    found = read_mail(mail("Passt das?", sender="Amazon <community@amazon.de>", subject=subject))
    assert (found.kind, found.notice) == (Kind.PLATFORM_NOTICE, "community_question")


def test_a_forged_mail_keeps_its_kind_and_is_marked() -> None:
    results = "mx.example.org; spf=fail smtp.mailfrom=marketplace.amazon.de; dkim=none; dmarc=fail"
    found = read_mail(amazon(headers={"Authentication-Results": results}))
    assert (found.kind, found.authentication) == (Kind.BUYER_MESSAGE, "fail")
    assert found.warnings == ("SPF, DKIM oder DMARC sind fehlgeschlagen: der Absender kann gefälscht sein.",)


def test_amazons_header_from_a_stranger_counts_for_nothing() -> None:
    found = read_mail(amazon(sender="Max <max@example.de>"))
    assert (found.kind, found.notice, found.platform) == (Kind.BUYER_MESSAGE, "", "")
    assert found.warnings == (
        "Die Mail gibt sich als Nachricht von Amazon aus, ihr Absender ist aber nicht Amazon.",
    )


def test_a_bounce_or_holiday_note_through_the_relay_is_no_message() -> None:
    raw = mail(
        "Ich bin bis 1.12. nicht da.", sender=f"E <{BUYER}>", subject="Abwesenheitsnotiz: Ihre Nachricht"
    )
    assert read_mail(raw).kind == Kind.AUTO_REPLY


def test_a_message_amazon_refused_to_deliver_names_ours() -> None:
    raw = mail(
        "Ihre Nachricht wurde nicht zugestellt.",
        sender="auto-communication@amazon.com",
        headers={
            "X-Space-Notification-Type": "BUYER_OPTED_OUT_BSM_MESSAGES",
            "In-Reply-To": "<unsere@laden.example>",
        },
    )
    found = read_mail(raw)
    assert (found.kind, found.bounce_of, found.bounce_permanent) == (
        Kind.PLATFORM_NOTICE,
        "<unsere@laden.example>",
        True,
    )
