"""Amazon's relay mails: buyers' messages, notices of the platform, and our answers to the alias."""

from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from letters import (
    MARKET,
    MARKETPLACE,
    Letter,
    add_text,
    attach,
    begin,
    html_escape,
    own_sender,
    passed,
    set_text,
)
from world import Article, dice

SENDERS = {
    "A_Z_CLAIM_RESPONDENT_NOTIFY": '"Amazon.de" <atoz-guarantee-no-reply@amazon.de>',
    "A_Z_CLAIM_RESPONDENT_CLOSE": '"Amazon.de" <atoz-guarantee-no-reply@amazon.de>',
    "BUYER_OPTED_OUT_BSM_MESSAGES": '"Amazon.de" <auto-communication@amazon.com>',
    "": '"Amazon.de" <seller-notification@amazon.de>',
}
ANY_NOTICE = '"Amazon.de" <donotreply@amazon.com>'
PRE = "font-family:Arial,sans-serif;font-size:14px;white-space:pre-wrap;word-break:break-word;margin:0"


def case_id(key: str) -> str:
    return str(UUID(int=dice(f"case {key}").getrandbits(128), version=4))


def alias(letter: Letter) -> str:
    return f"{letter.person.alias}+{case_id(letter.key)}@marketplace.amazon.de"


def build(letter: Letter, article: Article | None, pictures: Path) -> EmailMessage:
    if letter.ours:
        return _answer(letter)
    if letter.who == "platform":
        return _notice(letter)
    return _buyer(letter, article, pictures)


def _answer(letter: Letter) -> EmailMessage:
    message = begin(letter, own_sender("amazon"), alias(letter), MARKET, "")
    message["User-Agent"] = "Mozilla Thunderbird"
    set_text(message, letter.text + "\n", "plain")
    return message


def _buyer(letter: Letter, article: Article | None, pictures: Path) -> EmailMessage:
    name = f'"{letter.person.name} - Amazon-Marktplatz" <{alias(letter)}>'
    origin = "eu-west-1.amazonses.com"
    message = begin(letter, name, MARKET, f"bounce@{origin}", passed("marketplace.amazon.de"))
    message["Reply-To"] = name
    message["X-Space-Notification-Type"] = "BBC_MESSAGE_SENT_TO_MERCHANT"
    message["X-Marketplace-ID"] = MARKETPLACE
    message["MIME-Version"] = "1.0"
    set_text(
        message, _plain(letter, article), "plain", encoding="quoted-printable" if letter.place % 2 else "8bit"
    )
    add_text(message, _html(letter, article), "html", encoding="quoted-printable")
    if "photo" in letter.entry:
        attach(message, pictures, str(letter.entry["photo"]))
    return message


def _order_number(letter: Letter) -> str:
    return letter.orders[0].number if letter.orders and not letter.entry.get("presale") else ""


def _solve_link(letter: Letter) -> str:
    roll = dice(f"link {letter.key} {letter.place}")
    token, digest = f"{roll.randrange(16**24):024x}", f"{roll.randrange(16**40):040x}"
    return (
        f"https://sellercentral.amazon.de/messaging/no-response-needed?t={token}&m={roll.randrange(10**9, 10**10)}"
        f"&mp={MARKETPLACE}&c={case_id(letter.key)}&h={digest}&s=1"
    )


def _footer_number(letter: Letter) -> str:
    return str(dice(f"footer {letter.key} {letter.place}").randrange(10**12, 10**13))


def _plain(letter: Letter, article: Article | None) -> str:
    number = _order_number(letter)
    head = [f"# {number}:"] if number else []
    if article:
        head.append(f"1 / {article.title} [ASIN: {article.asin}]")
    token = f"{dice(f'token {letter.key}').randrange(36**14):x}".upper()
    return "\n".join(
        [
            "Du hast eine Nachricht erhalten.",
            "",
            *head,
            "",
            "------------- Nachricht:  -------------",
            "",
            letter.text,
            "",
            "------------- Ende der Nachricht -------------",
            "",
            "Wenn keine Antwort nötig ist, kannst du den Fall hier schließen.",
            f"Fall lösen: {_solve_link(letter)}",
            "",
            "War diese E-Mail hilfreich?",
            f"https://www.amazon.de/gp/f.html?C={_footer_number(letter)[:8]}&R=bbc",
            "",
            "Verdächtige Nachricht melden: https://sellercentral.amazon.de/messaging/report",
            "© Amazon.com, Inc. oder verbundene Unternehmen.",
            f"SPC-EUAmazon-{_footer_number(letter)}",
            f"[commMgrTok:{token}]",
            "",
        ]
    )


def _html(letter: Letter, article: Article | None) -> str:
    number, link = _order_number(letter), html_escape(_solve_link(letter))
    order = f"<p>Bestellung: <b># {number}</b></p>" if number else ""
    item = ""
    if article:
        page = f"https://www.amazon.de/dp/{article.asin}"
        item = f'<p>1 / <a href="{page}">{html_escape(article.title)}</a> [ASIN: {article.asin}]</p>'
    return f"""<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><title>Nachricht eines Käufers</title></head>
<body style="background:#f3f3f3;margin:0">
<table width="100%" cellpadding="0" cellspacing="0" role="presentation"><tr><td align="center">
<table width="600" cellpadding="16" cellspacing="0" role="presentation" style="background:#ffffff">
<tr><td><img src="https://bilder.amazon.example/logo.png" alt="amazon seller central" width="120"></td></tr>
<tr><td style="font-family:Arial,sans-serif;font-size:16px">Du hast eine Nachricht erhalten.</td></tr>
<tr><td style="font-family:Arial,sans-serif;font-size:13px">
{order}
{item}
</td></tr>
<tr><td style="border:1px solid #d5d9d9">
<pre style="{PRE}">{html_escape(letter.text)}</pre>
</td></tr>
<tr><td style="font-family:Arial,sans-serif;font-size:13px">
<a href="{link}">Fall lösen</a></td></tr>
<tr><td style="font-family:Arial,sans-serif;font-size:11px;color:#555555">
War diese E-Mail hilfreich?<br>
© Amazon.com, Inc. oder verbundene Unternehmen.<br>
SPC-EUAmazon-{_footer_number(letter)}</td></tr>
</table></td></tr></table>
<img src="https://pixel.amazon.example/open.gif" width="1" height="1" alt="">
</body></html>
"""


def _notice(letter: Letter) -> EmailMessage:
    kind = str(letter.entry.get("kind", ""))
    sender = str(letter.entry.get("from", SENDERS.get(kind, ANY_NOTICE)))
    sender = sender.replace("{alias}", alias(letter))
    domain = sender.rsplit("@", 1)[1].rstrip(">")
    verdict = str(letter.entry.get("verdict", passed(domain)))
    message = begin(letter, sender, MARKET, f"bounces@{domain}", verdict)
    if letter.entry.get("alone", True):
        del message["In-Reply-To"], message["References"]
    if kind:
        message["X-Space-Notification-Type"] = kind
        message["X-Marketplace-ID"] = MARKETPLACE
    for name, value in dict(letter.entry.get("headers", {})).items():  # type: ignore[call-overload]
        message[name] = value
    html = f'<html><body style="font-family:Arial,sans-serif">{_paragraphs(letter.text)}</body></html>\n'
    if kind == "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT":
        set_text(message, html, "html", encoding="quoted-printable")
        return message
    set_text(message, letter.text + "\n", "plain")
    add_text(message, html, "html", encoding="quoted-printable")
    return message


def _paragraphs(text: str) -> str:
    parts = [html_escape(part).replace("\n", "<br>\n") for part in text.split("\n\n")]
    return "\n".join(f"<p>{part}</p>" for part in parts)
