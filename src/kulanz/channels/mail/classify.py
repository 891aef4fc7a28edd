"""What sort of mail it is, told by its headers first, by its words only where they are unmistakable."""

import re
from dataclasses import dataclass

from kulanz.channels.mail.headers import message_ids
from kulanz.channels.mail.mime import Part, leaves, text_of
from kulanz.channels.mail.model import Address, Kind
from kulanz.channels.mail.relay import Relay

AMAZON_BUYER = "BBC_MESSAGE_SENT_TO_MERCHANT"
AMAZON_REFUSED = "BUYER_OPTED_OUT_BSM_MESSAGES"
"""Our message was not delivered to the buyer."""
NOT_AMAZON = "Die Mail gibt sich als Nachricht von Amazon aus, ihr Absender ist aber nicht Amazon."
FORGED = "SPF, DKIM oder DMARC sind fehlgeschlagen: der Absender kann gefälscht sein."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind, the notice's name, and for a bounce which mail of ours it was."""

    kind: Kind
    notice: str = ""
    bounce_of: str = ""
    permanent: bool = False


def classify(
    part: Part,
    sender: Address,
    reply_to: Address | None,
    to: tuple[Address, ...],
    subject: str,
    relay: Relay,
    text: str,
) -> Verdict:
    """The kind of a mail. Pure; `text` is its readable text."""
    notification = text_of(part.header(b"x-space-notification-type")).upper()
    if notification and relay.platform == "amazon":
        if notification == AMAZON_BUYER or (relay.is_buyer and "SENT_TO_MERCHANT" in notification):
            return Verdict(Kind.BUYER_MESSAGE, notification)
        if notification == AMAZON_REFUSED:
            return Verdict(Kind.PLATFORM_NOTICE, notification, _threaded_id(part), True)
        return Verdict(Kind.PLATFORM_NOTICE, notification)
    bounce = _bounce(part, sender, subject, text)
    if bounce is not None:
        return bounce
    answers_elsewhere = reply_to is not None and reply_to.email not in ("", sender.email)
    automatic = _auto_reply(part, subject, answers_elsewhere)
    if automatic:
        return Verdict(Kind.AUTO_REPLY, automatic)
    if relay.is_buyer:
        return Verdict(Kind.BUYER_MESSAGE)
    if relay.platform:
        community = relay.platform == "amazon" and bool(_COMMUNITY.search(subject) or _COMMUNITY.search(text))
        return Verdict(Kind.PLATFORM_NOTICE, "community_question" if community else "")
    return _rest(part, sender, to, answers_elsewhere)


_COMMUNITY = re.compile(
    r"Können Sie,? als Käufer,? helfen|Können Sie diese Frage (?:zu .{1,200} )?beantworten|Kannst du (?:diese Frage|helfen)"
    r"|Can you (?:help )?answer this question",
    re.IGNORECASE,
)


def _rest(part: Part, sender: Address, to: tuple[Address, ...], answers_elsewhere: bool) -> Verdict:
    """Newsletters, lists, copies of our own mail, machines; everything else is a person."""
    headers = part.headers
    is_reply = b"in-reply-to" in headers or b"references" in headers
    bulk = text_of(part.header(b"precedence")).lower() in ("bulk", "list", "junk")
    if (
        b"list-id" in headers
        or bulk
        or (b"list-unsubscribe" in headers and not is_reply and not answers_elsewhere)
    ):
        return Verdict(Kind.OTHER, "newsletter")
    if not sender.email and not answers_elsewhere:
        return Verdict(Kind.OTHER, "no_sender")
    if answers_elsewhere:
        return Verdict(Kind.BUYER_MESSAGE)
    if is_reply and to and all(address.email == sender.email for address in to):
        return Verdict(Kind.OTHER, "copy")
    if _NO_REPLY.match(sender.email):
        return Verdict(Kind.OTHER, "no_reply")
    return Verdict(Kind.BUYER_MESSAGE)


_NO_REPLY = re.compile(
    r"(?:no|do-?not|donot|keine|bitte-nicht)[._-]?(?:reply|answer|antwort(?:en)?)[^@]{0,40}@", re.IGNORECASE
)
_AUTO_SUBJECT = re.compile(
    r"(?:(?:re|aw|wg|fwd?):\s{0,3}){0,3}(?:abwesenheits(?:notiz|nachricht|meldung|assistent)|automatische (?:antwort|abwesenheit|rückantwort)"
    r"|auto(?:matic|matische)?[ -]?(?:reply|antwort|response)|out of (?:the )?office|abwesend\b|nicht im büro|ich bin (?:im urlaub|nicht im haus|abwesend)"
    r"|r[ée]ponse automatique|risposta automatica|respuesta automática|automatisch antwoord|eingangsbestätigung)",
    re.IGNORECASE,
)


def _auto_reply(part: Part, subject: str, answers_elsewhere: bool) -> str:
    """Why this is an automatic answer, "" when it is none. A form mail of a shop names the customer in Reply-To."""
    headers = part.headers
    submitted = text_of(part.header(b"auto-submitted")).lower()
    if submitted.startswith("auto-replied"):
        return "auto-replied"
    if submitted and not submitted.startswith("no") and not answers_elsewhere:
        return "auto-generated"
    if (
        part.content_type == "multipart/report"
        and part.params.get("report-type", "").lower() == "disposition-notification"
    ):
        return "read_receipt"
    for name in (b"x-autoreply", b"x-autorespond", b"x-autoresponder", b"x-auto-reply", b"x-mail-autoreply"):
        if name in headers and text_of(part.header(name)).lower() not in ("no", "false"):
            return "autoreply"
    if text_of(part.header(b"precedence")).lower() in ("auto_reply", "auto-reply", "autoreply"):
        return "autoreply"
    return "subject" if _AUTO_SUBJECT.match(subject) else ""


_DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|mdaemon|bounces?)(?:[+-][^@]*)?(?:@|$)", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:ed|able)|delivery status notification|mail delivery (?:failed|failure|system)|failure notice|returned mail"
    r"|delivery (?:failure|has failed|delayed)|mail system error|unzustellbar|nicht zustellbar|zustellung(?:sfehler)?\b|unzustellbarkeitsbericht"
    r"|nachricht nicht zugestellt|fehler bei der zustellung|warning: (?:message|could not send))",
    re.IGNORECASE,
)
_BOUNCE_TEXT = re.compile(
    r"(?:this is the qmail-send program|a message that you sent could not be delivered|could not be delivered to one or more"
    r"|konnte nicht zugestellt werden|delivery to the following recipients? (?:has )?failed|permanent fatal errors|user unknown"
    r"|message (?:has not been|could not be) delivered|recipient address rejected)",
    re.IGNORECASE,
)
_STATUS = re.compile(rb"^Status:[ \t]*([245])\.\d{1,3}\.\d{1,3}", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(rb"^Action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_TEMPORARY = re.compile(
    r"(?:delayed|verzögert|will (?:be retried|keep trying|continue to)|retry for|temporary|vorübergehend|warning message only|nur eine warnung)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([45])(?:\d\d[ -](?=\D)|\.\d{1,3}\.\d{1,3}(?!\.?\d))")
_INNER_ID = re.compile(rb"^Message-ID:[ \t\r\n]*(<[^<>\s]{1,995}>)", re.IGNORECASE | re.MULTILINE)


def _bounce(part: Part, sender: Address, subject: str, text: str) -> Verdict | None:
    report = part.params.get("report-type", "").lower() if part.content_type == "multipart/report" else ""
    statuses = [
        leaf
        for leaf in leaves(part)
        if leaf.content_type in ("message/delivery-status", "message/global-delivery-status")
    ]
    null_sender = part.header(b"return-path").strip() == b"<>"
    daemon = bool(
        _DAEMON.match(sender.email) or (not sender.email and _DAEMON.match(sender.name.replace(" ", "-")))
    )
    told = bool(_BOUNCE_SUBJECT.search(subject))
    is_bounce = (
        report == "delivery-status"
        or bool(statuses)
        or b"x-failed-recipients" in part.headers
        or (daemon and (told or null_sender or bool(_BOUNCE_TEXT.search(text))))
        or (null_sender and told)
    )
    if not is_bounce:
        return None
    return Verdict(Kind.BOUNCE, "bounce", _bounced_id(part), _permanent(statuses, text, subject))


def _permanent(statuses: list[Part], text: str, subject: str) -> bool:
    """By the machine's report when there is one, else by its words; in doubt permanent."""
    for leaf in statuses:
        actions = {action.lower() for action in _ACTION.findall(leaf.body)}
        classes = set(_STATUS.findall(leaf.body))
        if actions or classes:
            return b"failed" in actions or (not actions and b"5" in classes)
    code = _CODE.search(text)
    if code is not None:
        return code[1] == "5"
    return not (_TEMPORARY.search(subject) or _TEMPORARY.search(text))


def _bounced_id(part: Part) -> str:
    """The Message-ID of our mail: from the returned mail or headers, else from the bounce's own threading."""
    own = part.header(b"message-id").strip()
    for found in _INNER_ID.finditer(part.raw, part.start, part.end):
        if found[1] != own:
            return found[1].decode("ascii", "replace")
    return _threaded_id(part)


def _threaded_id(part: Part) -> str:
    """The mail this one answers, by its own headers."""
    for name in (b"in-reply-to", b"references", b"x-original-message-id"):
        ids = message_ids(part.header(name))
        if ids:
            return ids[-1]
    return ""


_RESULT = re.compile(r"\b(spf|dkim|dmarc)[ \t]*=[ \t]*([a-z]+)", re.IGNORECASE)
_SIGNER = re.compile(
    r"\bdkim[ \t]*=[ \t]*pass\b[^;]{0,300}?\bheader\.(?:d|i)[ \t]*=[ \t]*@?([a-z0-9.-]{1,255})", re.IGNORECASE
)
_FAILED = frozenset(("fail", "permerror", "hardfail"))


def authentication(part: Part, sender: Address) -> str:
    """ "pass", "fail" or "" from the topmost Authentication-Results, the one our own server wrote."""
    header = part.header(b"authentication-results")
    if not header:
        return ""
    line = text_of(header)
    results: dict[str, set[str]] = {}
    for method, result in _RESULT.findall(line):
        results.setdefault(method.lower(), set()).add(result.lower())
    dmarc = results.get("dmarc", set())
    if "pass" in dmarc:
        return "pass"
    if dmarc & _FAILED:
        return "fail"
    domain = sender.email.rpartition("@")[2]
    for signer in _SIGNER.findall(line):
        if domain and (domain == signer.lower() or domain.endswith("." + signer.lower())):
            return "pass"
    verdicts = results.get("spf", set()) | results.get("dkim", set())
    if verdicts & _FAILED:
        return "fail"
    return "pass" if "pass" in verdicts else ""
