"""Mail to and from the own shop, in the forms the customers' mail programmes give it."""

from collections.abc import Callable
from email.message import EmailMessage, Message
from pathlib import Path

from letters import (
    RULES,
    SERVICE,
    Letter,
    add_text,
    attach,
    begin,
    flowed,
    html_escape,
    own_sender,
    passed,
    set_text,
)
from world import SHOP_DOMAIN, SHOP_NAME, german

SIGN = f"{SHOP_NAME} Kundenservice\nAm Binnenhafen 4, 25813 Husum\nservice@{SHOP_DOMAIN} · 04841 555 01-20"


def build(letter: Letter, pictures: Path) -> EmailMessage:
    if letter.ours:
        return _answer(letter)
    if letter.who == "other":
        return _other(letter)
    writers: dict[str, Callable[[Letter], EmailMessage]] = {
        "gmx": _gmx,
        "outlook": _outlook,
        "gmail": _gmail,
        "iphone": _iphone,
        "thunderbird": _thunderbird,
        "htmlonly": _html_only,
        "tonline": _tonline,
        "form": _form,
    }
    message = writers[str(letter.entry.get("client", "gmx"))](letter)
    if "photo" in letter.entry:
        attach(message, pictures, str(letter.entry["photo"]))
    return message


def _from_customer(letter: Letter) -> EmailMessage:
    domain = letter.person.mail.split("@")[1]
    shown = str(letter.entry.get("name", letter.person.name))
    sender = f'"{shown}" <{letter.person.mail}>' if shown else letter.person.mail
    return begin(letter, sender, SERVICE, letter.person.mail, passed(domain))


def _quoted(letter: Letter) -> Letter | None:
    return letter.earlier[-1] if letter.earlier and letter.entry.get("quote", True) else None


def _answer(letter: Letter) -> EmailMessage:
    message = begin(letter, own_sender("shop"), f'"{letter.person.name}" <{letter.person.mail}>', SERVICE, "")
    message["User-Agent"] = "Mozilla Thunderbird"
    text = f"{flowed(letter.text)}\n\n-- \n{SIGN}\n"
    before = _quoted(letter)
    if before:
        text += f"\nAm {_um(before)} schrieb {before.person.name}:\n{_marked(before.text)}\n"
    set_text(message, text, "plain")
    message.set_param("format", "flowed")
    return message


def _um(letter: Letter) -> str:
    return german(letter.when).replace(" ", " um ")


def _marked(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _rows(text: str, tag: str = "div") -> str:
    return "\n".join(f"<{tag}>{html_escape(line) or '&nbsp;'}</{tag}>" for line in text.split("\n"))


def _head_block(before: Letter, moment: str) -> list[tuple[str, str]]:
    sender = f"{SHOP_NAME} Kundenservice <{SERVICE}>" if before.ours else before.person.mail
    to = before.person.mail if before.ours else SERVICE
    return [("Von:", sender), ("Gesendet:", moment), ("An:", to), ("Betreff:", before.subject)]


def _gmx(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    message["X-Mailer"] = "Webmail"
    before, text, quote = _quoted(letter), letter.text + "\n", ""
    if before:
        block = _head_block(before, f"{_um(before)} Uhr")
        block = [block[1], block[0], *block[2:]]
        text += "\n" + "\n".join(" ".join(pair) for pair in block) + f"\n\n{before.text}\n"
        lines = "<br>\n".join(f"<b>{name}</b>&nbsp;{html_escape(value)}" for name, value in block)
        quote = (
            '<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; '
            f'border-left:2px solid #C3D9E5;">\n<div>{lines}</div>\n{_rows(before.text)}\n</div>'
        )
    set_text(message, text, "plain", encoding="quoted-printable")
    style = "font-family: Verdana;font-size: 12.0px;"
    body = (
        f'<html><head></head><body><div style="{style}">\n{_rows(letter.text)}\n{quote}</div></body></html>\n'
    )
    add_text(message, body, "html", encoding="quoted-printable")
    return message


def _outlook(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    message["X-Mailer"] = "Microsoft Outlook 16.0"
    message["Thread-Topic"] = letter.subject
    before, text, quote = _quoted(letter), letter.text + "\n", ""
    if before:
        block = _head_block(before, german(before.when))
        text += "\n\n" + "\n".join(" ".join(pair) for pair in block) + f"\n\n{before.text}\n"
        lines = "<br>\n".join(f"<b>{name}</b> {html_escape(value)}" for name, value in block)
        quote = (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">\n'
            f'<p class="MsoNormal">{lines}</p></div>\n{_mso(before.text)}'
        )
    set_text(message, text, "plain")
    body = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm; '
        'font-size:11.0pt; font-family:"Calibri",sans-serif;} --></style></head>\n<body lang="DE" link="#0563C1">'
        f'<div class="WordSection1">\n{_mso(letter.text)}\n{quote}\n</div></body></html>\n'
    )
    add_text(message, body, "html", encoding="quoted-printable")
    return message


def _mso(text: str) -> str:
    return "\n".join(
        f'<p class="MsoNormal">{html_escape(line) or "<o:p>&nbsp;</o:p>"}</p>' for line in text.split("\n")
    )


def _gmail(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    before, text, quote = _quoted(letter), letter.text + "\n", ""
    if before:
        sender = f"{SHOP_NAME} Kundenservice"
        line = f"Am {german(before.when)} schrieb {sender} "
        text += f"\n{line}<{SERVICE}>:\n\n{_marked(before.text)}\n"
        quote = (
            '<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
            f'{line}&lt;<a href="mailto:{SERVICE}">{SERVICE}</a>&gt;:<br></div>\n<blockquote class="gmail_quote" '
            'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">\n'
            f"{_breaks(before.text)}\n</blockquote></div>"
        )
    set_text(message, text, "plain")
    add_text(
        message,
        f'<div dir="ltr">{_breaks(letter.text)}</div>\n{quote}\n',
        "html",
        encoding="quoted-printable",
    )
    return message


def _breaks(text: str) -> str:
    return html_escape(text).replace("\n", "<br>\n")


def _iphone(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    message["X-Mailer"] = "iPhone Mail (22B91)"
    text = letter.text + "\n\nVon meinem iPhone gesendet\n"
    before = _quoted(letter)
    if before:
        text += f"\n> Am {_um(before)} schrieb {SHOP_NAME} Kundenservice <{SERVICE}>:\n> \n{_marked(before.text)}\n"
    set_text(message, text, "plain", encoding="quoted-printable")
    return message


def _thunderbird(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    message["User-Agent"] = "Mozilla Thunderbird"
    before, text = _quoted(letter), flowed(letter.text) + "\n"
    if before:
        text = f"Am {_um(before)} schrieb {SHOP_NAME} Kundenservice:\n{_marked(before.text)}\n\n{text}"
    set_text(message, text, "plain")
    message.set_param("format", "flowed")
    return message


def _html_only(letter: Letter) -> EmailMessage:
    message = _from_customer(letter)
    before, quote = _quoted(letter), ""
    if before:
        cite = "margin:0 0 0 .8ex;border-left:2px solid #729fcf;padding-left:1ex"
        quote = (
            f"<br>\nAm {german(before.when)} schrieb {SHOP_NAME} Kundenservice:<br>\n"
            f'<blockquote type="cite" style="{cite}">{_breaks(before.text)}</blockquote>'
        )
    body = f'<html><body style="font-family:Helvetica,Arial;font-size:15px">{_breaks(letter.text)}{quote}</body></html>\n'
    set_text(message, body, "html", encoding="quoted-printable")
    return message


def _tonline(letter: Letter) -> EmailMessage:
    """Old mail programmes still write ISO-8859-15, quoted-printable."""
    message = _from_customer(letter)
    message["X-Mailer"] = "T-Online eMail"
    before, text = _quoted(letter), letter.text + "\n"
    if before:
        text += f"\n-----Original-Nachricht-----\nBetreff: {before.subject}\nDatum: {german(before.when)}\n"
        text += f"Von: {SERVICE}\n\n{before.text}\n"
    set_text(message, text, "plain", encoding="quoted-printable", charset="iso-8859-15")
    return message


def _form(letter: Letter) -> EmailMessage:
    """The shop's own contact form: sent by the shop, the customer stands in Reply-To and in the text."""
    sender = f'"{SHOP_NAME} Kontaktformular" <wordpress@{SHOP_DOMAIN}>'
    message = begin(letter, sender, SERVICE, f"wordpress@{SHOP_DOMAIN}", passed(SHOP_DOMAIN))
    message["Reply-To"] = f'"{letter.person.name}" <{letter.person.mail}>'
    number = letter.orders[0].number if letter.orders and letter.entry.get("with_number", True) else ""
    text = (
        f"Name: {letter.person.name}\nE-Mail: {letter.person.mail}\nBestellnummer: {number}\n\nNachricht:\n"
    )
    set_text(
        message, f"{text}{letter.text}\n\n--\nGesendet über das Kontaktformular von {SHOP_DOMAIN}\n", "plain"
    )
    return message


def _other(letter: Letter) -> EmailMessage:
    """Everything that is no customer's message: newsletters, automatic answers, bounces, letters of suppliers."""
    sender = str(letter.entry.get("from", f'"{letter.person.name}" <{letter.person.mail}>'))
    domain = sender.rsplit("@", 1)[1].rstrip(">")
    verdict = str(letter.entry.get("verdict", passed(domain)))
    to = str(letter.entry.get("to", SERVICE))
    message = begin(letter, sender, to, f"bounces@{domain}", verdict)
    for name, value in dict(letter.entry.get("headers", {})).items():  # type: ignore[call-overload]
        message[name] = value
    if letter.entry.get("kind") == "bounce":
        return _bounce(message, letter)
    set_text(message, letter.text + "\n", "plain")
    if "html" in letter.entry:
        add_text(message, str(letter.entry["html"]), "html", encoding="quoted-printable")
    return message


def _bounce(message: EmailMessage, letter: Letter) -> EmailMessage:
    """A delivery report after RFC 3464 about the letter before it."""
    ours = letter.earlier[-1]
    failed = str(letter.entry["failed"])
    status = str(letter.entry["status"])
    explanation = EmailMessage(policy=message.policy)
    set_text(explanation, letter.text + "\n", "plain")
    report = EmailMessage(policy=message.policy)
    report["Content-Type"] = "message/delivery-status"
    about_us = {"Reporting-MTA": f"dns; {letter.entry['mta']}", "Arrival-Date": str(message["Date"])}
    about_them = {"Final-Recipient": f"rfc822; {failed}", "Action": "failed", "Status": status}
    about_them["Diagnostic-Code"] = f"smtp; {letter.entry['diagnostic']}"
    report.set_payload([_fields(about_us), _fields(about_them)])
    headers = EmailMessage(policy=message.policy)
    headers["Content-Type"] = "text/rfc822-headers"
    headers.set_payload(
        f"From: {SERVICE}\nTo: {failed}\nSubject: Re: Ihre Anfrage\nMessage-ID: {ours.message_id}\n"
    )
    message["Auto-Submitted"] = "auto-replied"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = 'multipart/report; report-type="delivery-status"'
    message.set_payload([explanation, report, headers])
    return message


def _fields(pairs: dict[str, str]) -> Message:
    block = Message(policy=RULES.clone(max_line_length=200))
    for name, value in pairs.items():
        block[name] = value
    return block
