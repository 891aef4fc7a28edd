"""Mail servers of common providers in Germany, guessed from the address; a person can always name others.

Source: each provider's own help page on IMAP and SMTP, as known in November 2026; a wrong guess fails at the check.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Servers:
    """`tls` is tls or starttls."""

    imap_host: str
    imap_port: int
    imap_tls: str
    smtp_host: str
    smtp_port: int
    smtp_tls: str
    known: bool = True
    hint: str = ""
    """What a person must do at the provider first; German."""


def _both(host_imap: str, host_smtp: str, *, smtp_port: int = 587, hint: str = "") -> Servers:
    tls = "tls" if smtp_port == 465 else "starttls"
    return Servers(host_imap, 993, "tls", host_smtp, smtp_port, tls, True, hint)


_APP_SIGN_IN = "Dieser Anbieter verlangt ein eigenes App-Passwort; Sie legen es dort in den Einstellungen an."
_SWITCH_ON = "Schalten Sie IMAP zuerst in den Einstellungen Ihres Postfachs frei."
_GMX = _both("imap.gmx.net", "mail.gmx.net", hint=_SWITCH_ON)
_WEB = _both("imap.web.de", "smtp.web.de", hint=_SWITCH_ON)
_TONLINE = _both(
    "secureimap.t-online.de", "securesmtp.t-online.de", hint="T-Online verlangt ein eigenes E-Mail-Passwort."
)
_GOOGLE = _both("imap.gmail.com", "smtp.gmail.com", hint=_APP_SIGN_IN)
_IONOS = _both("imap.ionos.de", "smtp.ionos.de")
_STRATO = _both("imap.strato.de", "smtp.strato.de", smtp_port=465)
_YAHOO = _both("imap.mail.yahoo.com", "smtp.mail.yahoo.com", hint=_APP_SIGN_IN)
_ICLOUD = _both("imap.mail.me.com", "smtp.mail.me.com", hint=_APP_SIGN_IN)
PROVIDERS = {
    "gmx.de": _GMX, "gmx.net": _GMX, "gmx.at": _GMX, "gmx.ch": _GMX,
    "web.de": _WEB,
    "t-online.de": _TONLINE, "magenta.de": _TONLINE,
    "gmail.com": _GOOGLE, "googlemail.com": _GOOGLE,
    "posteo.de": _both("posteo.de", "posteo.de"), "posteo.net": _both("posteo.de", "posteo.de"),
    "mailbox.org": _both("imap.mailbox.org", "smtp.mailbox.org"),
    "freenet.de": _both("mx.freenet.de", "mx.freenet.de"),
    "arcor.de": _both("imap.vodafonemail.de", "smtp.vodafonemail.de"),
    "vodafone.de": _both("imap.vodafonemail.de", "smtp.vodafonemail.de"),
    "ionos.de": _IONOS, "1und1.de": _IONOS, "online.de": _IONOS,
    "strato.de": _STRATO,
    "yahoo.de": _YAHOO, "yahoo.com": _YAHOO,
    "icloud.com": _ICLOUD, "me.com": _ICLOUD,
}  # fmt: skip


def guess(address: str) -> Servers:
    """The provider's servers; for any other domain the usual names `imap.` and `smtp.` of it, marked as a guess."""
    domain = address.rpartition("@")[2].strip().lower()
    known = PROVIDERS.get(domain)
    if known:
        return known
    return Servers(f"imap.{domain}", 993, "tls", f"smtp.{domain}", 587, "starttls", False)
