"""Which marketplace a mail came through, and Amazon's relay mails.

Structure of Amazon's mails: noted from public code bases that describe real samples of July to September 2026.
"""

import re
from dataclasses import dataclass

from kulanz.channels.mail.model import Address

AMAZON_TLDS = "de|com|co\\.uk|fr|it|es|nl|se|pl|be|com\\.be|ie|com\\.tr|ae|sa|eg|in|co\\.jp|sg|com\\.au|ca|com\\.mx|com\\.br|co\\.za"
_RELAY = re.compile(rf"([a-z0-9]{{8,32}})(?:\+([0-9a-f-]{{36}}))?@marketplace\.amazon\.(?:{AMAZON_TLDS})")
_AMAZON = re.compile(rf"[^@]+@(?:[a-z0-9-]+\.){{0,4}}amazon\.(?:{AMAZON_TLDS})")
_EBAY_MEMBER = re.compile(r"[^@]+@members\.ebay\.[a-z.]{2,6}")
_DOMAINS = (
    ("ebay", re.compile(r"[^@]+@(?:[a-z0-9-]+\.){0,4}ebay\.(?:de|com|co\.uk|at|ch|fr|it|es)")),
    ("otto", re.compile(r"[^@]+@(?:[a-z0-9-]+\.){0,4}(?:otto\.de|otto\.market)")),
    ("kaufland", re.compile(r"[^@]+@(?:[a-z0-9-]+\.){0,4}(?:kaufland(?:-online|-marktplatz)?\.(?:de|at|cz|sk|pl|fr|it)|kaufland\.com)")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relay:
    """What the addresses tell: the marketplace, and whether a buyer wrote through its relay."""

    platform: str = ""
    alias: str = ""
    case_uuid: str = ""
    is_buyer: bool = False


def relay_of(sender: Address, reply_to: Address | None) -> Relay:
    """The relay of a mail's sender; Reply-To counts where From is the marketplace itself."""
    for address in (sender, reply_to):
        if address is None:
            continue
        found = _RELAY.fullmatch(address.email)
        if found is not None:
            return Relay("amazon", found[1], found[2] or "", True)
        if _EBAY_MEMBER.fullmatch(address.email):
            return Relay("ebay", address.email.partition("@")[0], "", True)
    if _AMAZON.fullmatch(sender.email):
        return Relay("amazon")
    for platform, pattern in _DOMAINS:
        if pattern.fullmatch(sender.email):
            return Relay(platform)
    return Relay()


_RULE = r"[-\u2013\u2014]{4,40}"
# The buyer's words stand between two ruled lines; the words on them vary by language, blanks are often doubled.
_BEGIN = re.compile(
    rf"^[ \t]*{_RULE}[ \t]*(?:Begin[ \t]+message|Message|Nachricht|Beginn[ \t]+der[ \t]+Nachricht|Messaggio|Mensaje"
    rf"|Mensagem|Bericht|Meddelande|Wiadomość|Wiadomosc|Mesaj|メッセージ)[ \t]*:?[ \t]*{_RULE}[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_END = re.compile(
    rf"^[ \t]*{_RULE}[ \t]*(?:End[ \t]+(?:of[ \t]+)?message|Ende[ \t]+der[ \t]+Nachricht|Fine[ \t]+messaggio|Finalizar[ \t]+mensaje"
    rf"|Fin[ \t]+del?[ \t]+mensaje|Encerrar[ \t]+mensagem|Fin[ \t]+du[ \t]+message|Einde[ \t]+(?:van[ \t]+)?bericht"
    rf"|Slut[ \t]+på[ \t]+meddelande|Koniec[ \t]+wiadomości|Mesaj[ıi][nm]?[ \t]+sonu|メッセージ終了)[ \t]*:?[ \t]*{_RULE}[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_PRE = re.compile(r"<pre[^<>]*>")
_TOKEN = re.compile(r"\[commMgrTok:([^\]\s]{1,200})\]")
_ASIN = re.compile(r"\[ASIN:[ \t]*([A-Z0-9]{10})\]")
_FOOTER = re.compile(
    r"^[ \t]*(?:War diese E-Mail hilfreich\?|Was this e-?mail helpful\?|Fall lösen|<?Resolve case>?|SPC-EUAmazon-\d+|\[commMgrTok:"
    r"|https://sellercentral\.amazon\.[a-z.]{2,6}/messaging/no-response-needed)",
    re.MULTILINE | re.IGNORECASE,
)


def buyer_text(text: str) -> tuple[str, str] | None:
    """The buyer's words of an Amazon relay mail and what stands around them; None where no marker is found."""
    begin = _BEGIN.search(text)
    if begin is not None:
        end = _END.search(text, begin.end())
        stop = end.start() if end is not None else _footer_start(text, begin.end())
        around = text[: begin.start()].strip() + "\n\n" + (text[end.end() :] if end else text[stop:]).strip()
        own = text[begin.end() : stop].strip("\n").rstrip()
        if own.strip():
            return own.strip(), around.strip()
    return None


def pre_html(html: str) -> tuple[str, str] | None:
    """The inside of the only `<pre>` of cleaned HTML, and the HTML without it; None unless there is exactly one."""
    opened = _PRE.findall(html)
    if len(opened) != 1:
        return None
    start = html.index(opened[0])
    inside = start + len(opened[0])
    end = html.find("</pre>", inside)
    if end < 0:
        return None
    return html[inside:end], html[:start] + html[end + 6 :]


def _footer_start(text: str, start: int) -> int:
    found = _FOOTER.search(text, start)
    return found.start() if found else len(text)


def reply_token(text: str) -> str:
    """Amazon's token for answers, "" when the mail has none."""
    found = _TOKEN.search(text)
    return found[1] if found else ""


def asins(text: str) -> tuple[str, ...]:
    """Article numbers Amazon names in the mail."""
    return tuple(dict.fromkeys(_ASIN.findall(text)))
