"""The door to SMTP: one mail, one recipient, and an answer that knows how far it got.

Only between the last byte of the mail and the server's answer to it is the end unknown. Before, the server has
nothing whole in hand and must drop it (RFC 5321, 4.1.1.4); after, it has said yes or no.
"""

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from kulanz.base.deadline import cut_after

STEP_SECONDS = 20
"""One command and its answer."""
FINAL_SECONDS = 60
"""The answer to the mail itself; RFC 5321, 4.5.3.2.6 allows a server ten minutes, nobody takes one."""
SESSION_SECONDS = 180
"""Everything together."""
MESSAGE_BYTES = 35 * 1024 * 1024
"""One mail that leaves: 10 MB of attachments in base64, and room."""
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
OUR_NAME = "[127.0.0.1]"
"""What we call ourselves in EHLO: an address literal, as RFC 5321, 4.1.4 asks of a machine without a name."""
ANSWER_CHARS = 300
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """`tls` is tls, starttls or none (only for this machine). No user: no sign-in."""

    host: str
    port: int
    tls: str
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took it; `answer` is its words."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not take it. `permanent`: it will not tomorrow either. The text is German."""

    permanent: bool
    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The mail was handed over and no answer came: it may have been taken. The text is German."""

    text: str


Result = Accepted | Refused | Broken


class _No(Exception):
    """The server's answer to one command is no."""

    def __init__(self, step: str, code: int, text: bytes) -> None:
        self.step, self.code, self.text = step, code, _words(text)
        super().__init__(step, code, self.text)


def send(server: Server, *, sender: str, recipient: str, message: bytes) -> Result:
    """Hand `message` (whole, CRLF or LF lines) to the server for one recipient. Never raises for what the net does."""
    if len(message) > MESSAGE_BYTES:
        limit = MESSAGE_BYTES // 1_048_576
        return Refused(True, f"Die Nachricht ist größer als die Grenze von {limit} MB (MESSAGE_BYTES).")
    if server.tls == "none" and server.host not in LOCAL_HOSTS:
        return Refused(
            True, f"Ohne Verschlüsselung sendet Kulanz nur an diesen Rechner, nicht an {server.host}."
        )
    for address in (sender, recipient):
        if not _is_address(address):
            return Refused(True, f"„{address[:100]}“ ist keine gültige Mailadresse.")
    try:
        with _connected(server) as smtp:
            _hand_over_envelope(smtp, server, sender, recipient)
            return _hand_over_mail(smtp, server, message)
    except _No as no:
        return Refused(500 <= no.code < 600, f"{server.host} lehnte ab ({no.step}): {no.code} {no.text}")
    except ssl.SSLError as error:
        return Refused(False, f"Keine sichere Verbindung zu {server.host}: {error.reason or error}")
    except (OSError, UnicodeError, smtplib.SMTPException) as error:
        return Refused(False, f"{server.host}:{server.port} ist nicht erreichbar: {_reason(error)}")


def sign_in_answer(server: Server) -> str:
    """Empty when the server lets us in, else why not, in German. Sends nothing."""
    if server.tls == "none" and server.host not in LOCAL_HOSTS:
        return f"Ohne Verschlüsselung sendet Kulanz nur an diesen Rechner, nicht an {server.host}."
    try:
        with _connected(server):
            return ""
    except _No as no:
        return f"{server.host} lehnte ab ({no.step}): {no.code} {no.text}"
    except ssl.SSLError as error:
        return f"Keine sichere Verbindung zu {server.host}: {error.reason or error}"
    except (OSError, UnicodeError, smtplib.SMTPException) as error:
        return f"{server.host}:{server.port} ist nicht erreichbar: {_reason(error)}"


@contextlib.contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A session that has greeted, is encrypted as asked, and signed in. Raises _No, OSError, SMTPException."""
    smtp = (
        smtplib.SMTP_SSL(timeout=STEP_SECONDS, local_hostname=OUR_NAME, context=ssl.create_default_context())
        if server.tls == "tls"
        else smtplib.SMTP(timeout=STEP_SECONDS, local_hostname=OUR_NAME)
    )
    with cut_after(SESSION_SECONDS, lambda: smtp.sock):
        try:
            _expect("Begrüßung", smtp.connect(server.host, server.port), 220)
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                _expect("STARTTLS", smtp.starttls(context=ssl.create_default_context()), 220)
                smtp.ehlo_or_helo_if_needed()
            if server.username:
                _sign_in(smtp, server)
            yield smtp
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if smtp.sock is not None:
                    smtp.sock.settimeout(2)
                    smtp.quit()
            smtp.close()


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    if not (server.username + server.password).isascii():
        # smtplib speaks ASCII alone; RFC 4616 takes both as UTF-8.
        both = f"\0{server.username}\0{server.password}".encode()
        _expect("Anmeldung", smtp.docmd("AUTH", f"PLAIN {base64.b64encode(both).decode()}"), 235)
        return
    try:
        smtp.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _No("Anmeldung", error.smtp_code, _as_bytes(error.smtp_error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _No("Anmeldung", 504, b"Der Server bietet keine Anmeldung an.") from error


def _hand_over_envelope(smtp: smtplib.SMTP, server: Server, sender: str, recipient: str) -> None:
    _expect("Absender", smtp.mail(sender), 250)
    _expect("Empfänger", smtp.rcpt(recipient), 250, 251)
    _expect("Daten", smtp.docmd("DATA"), 354)


def _hand_over_mail(smtp: smtplib.SMTP, server: Server, message: bytes) -> Result:
    """Send the body, then its end; from the end on nothing but the server's answer tells whether it took it."""
    body = _LINE_START_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    smtp.send(body)
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(FINAL_SECONDS)
        smtp.send(b".\r\n")
        code, answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Broken(f"Die Verbindung zu {server.host} brach nach der Übergabe ab: {_reason(error)}")
    if code == 250:
        return Accepted(f"{code} {_words(answer)}")
    if 400 <= code < 600:
        raise _No("Nachricht", code, answer)
    return Broken(f"{server.host} antwortete nach der Übergabe unverständlich: {code} {_words(answer)}")


def _expect(step: str, answer: tuple[int, bytes], *codes: int) -> None:
    code, text = answer
    if code not in codes:
        raise _No(step, code, text)


def _is_address(address: str) -> bool:
    local, at, host = address.rpartition("@")
    return bool(
        at
        and local
        and host
        and address.isascii()
        and address.isprintable()
        and not set(address) & set(' <>",;:\\')
    )


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _words(text: bytes) -> str:
    """The server's words on one line, as far as anyone reads them."""
    return " ".join(text.decode("utf-8", "replace").split())[:ANSWER_CHARS]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "keine Antwort in der gesetzten Zeit."
    if isinstance(error, ConnectionRefusedError):
        return "die Verbindung wurde abgelehnt."
    if isinstance(error, UnicodeError):
        return "der Name ist ungültig."
    if isinstance(error, socket.gaierror):
        return "der Name ist unbekannt."
    return str(error)[:ANSWER_CHARS] or type(error).__name__
