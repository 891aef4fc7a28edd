"""The door to IMAP: look into one folder, read only, and fetch what is new since a cursor.

The folder is opened with EXAMINE and read with BODY.PEEK, so nothing on the server changes, not even *read*.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from kulanz.base.deadline import cut_after
from kulanz.base.limits import FETCH_MAILS, MAIL_BYTES
from kulanz.base.smtp import LOCAL_HOSTS

STEP_SECONDS = 20
"""One answer of the server."""
SESSION_SECONDS = 300
"""One visit, however many batches."""
BATCH_BYTES = 64 * 1024 * 1024
"""Mails held in memory at once; a single larger one comes alone."""
HEADER_BYTES = 64 * 1024
"""Kept of a mail that is too large to fetch."""

_SIZE = re.compile(rb"UID (\d+)(?=[^0-9]).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)", re.DOTALL)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
"""As RFC 3501 writes dates, whatever the locale."""
_UID = re.compile(rb"\bUID (\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """`tls` is tls, starttls or none (only for this machine)."""

    host: str
    port: int
    tls: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read. A new `uid_validity` means that the server numbered anew."""

    uid_validity: int | None
    last_uid: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail; of one over MAIL_BYTES only its headers, and `size` tells."""

    uid: int
    size: int
    body: bytes
    too_large: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """At most FETCH_MAILS mails in the order of their UIDs, and the cursor behind them."""

    mails: tuple[Fetched, ...]
    cursor: Cursor
    started_over: bool


class Unreachable(Exception):
    """The mailbox refused, hung or broke off. The text is German, for people."""


def fetch(server: Server, folder: str, cursor: Cursor, since: date | None = None) -> Iterator[Batch]:
    """Batches of what is new, oldest first, until nothing is left; stop whenever you like. Raises Unreachable.

    Mails that the server received before the day `since` are passed over.
    """
    with _visit(server) as box:
        try:
            validity = _examine(box, folder)
            started_over = cursor.uid_validity is not None and cursor.uid_validity != validity
            after = 0 if cursor.uid_validity != validity else cursor.last_uid
            for sizes in _in_batches(_sizes(box, _new_uids(box, after, since))):
                mails = tuple(_mails(box, sizes))
                after = max(uid for uid, _size in sizes)
                yield Batch(mails, Cursor(validity, after), started_over)
            if started_over and after == 0:
                yield Batch((), Cursor(validity, 0), True)
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            raise Unreachable(f"{server.host}: {_reason(error)}") from error


def folders(server: Server) -> list[str]:
    """Names of the mailbox's folders, to choose from. Raises Unreachable."""
    with _visit(server) as box:
        try:
            return [info.name for info in box.folder.list()]
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            raise Unreachable(f"{server.host}: {_reason(error)}") from error


@contextlib.contextmanager
def _visit(server: Server) -> Iterator[BaseMailBox]:
    if server.tls == "none" and server.host not in LOCAL_HOSTS:
        raise Unreachable(
            f"Ohne Verschlüsselung liest Kulanz nur von diesem Rechner, nicht von {server.host}."
        )
    try:
        box = _open(server)
    except (OSError, UnicodeError, imaplib.IMAP4.error) as error:
        raise Unreachable(f"{server.host}:{server.port}: {_reason(error)}") from error
    with cut_after(SESSION_SECONDS, lambda: box.client.sock):
        try:
            try:
                plain = (server.username + server.password).isascii()
                sign_in = box.login if plain else box.login_utf8
                sign_in(server.username, server.password, initial_folder=None)
            except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
                raise Unreachable(
                    f"{server.host}: Anmeldung als {server.username} nicht möglich: {_reason(error)}"
                ) from error
            yield box
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
                box.client.sock.settimeout(2)
                box.client.logout()
            with contextlib.suppress(OSError):
                box.client.shutdown()


def _open(server: Server) -> BaseMailBox:
    match server.tls:
        case "none":
            return MailBoxUnencrypted(server.host, server.port, timeout=STEP_SECONDS)
        case "starttls":
            return MailBoxStartTls(
                server.host, server.port, timeout=STEP_SECONDS, ssl_context=ssl.create_default_context()
            )
        case _:
            return MailBox(
                server.host, server.port, timeout=STEP_SECONDS, ssl_context=ssl.create_default_context()
            )


def _examine(box: BaseMailBox, folder: str) -> int:
    """Open the folder read-only; its UIDVALIDITY."""
    box.folder.set(folder, readonly=True)
    _name, found = box.client.response("UIDVALIDITY")
    if not found or not found[0]:
        raise imaplib.IMAP4.error("der Server nennt keine UIDVALIDITY")
    return int(found[0])


def _new_uids(box: BaseMailBox, after: int, since: date | None) -> list[int]:
    """UIDs above `after`; the range `n:*` always holds the last mail, so it is compared again."""
    criteria = ["UID", f"{after + 1}:*"]
    if since is not None:
        criteria += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
    status, found = box.client.uid("SEARCH", *criteria)
    if status != "OK":
        raise imaplib.IMAP4.error("der Server verweigerte die Suche")
    uids = [int(uid) for line in found if line for uid in line.split()]
    return sorted(uid for uid in uids if uid > after)


def _sizes(box: BaseMailBox, uids: list[int]) -> Iterator[tuple[int, int]]:
    """UID and bytes of each mail, before any is fetched. A mail deleted meanwhile falls out."""
    for start in range(0, len(uids), FETCH_MAILS):
        wanted = uids[start : start + FETCH_MAILS]
        status, lines = box.client.uid("FETCH", ",".join(map(str, wanted)), "(UID RFC822.SIZE)")
        if status != "OK":
            raise imaplib.IMAP4.error("der Server verweigerte die Größen")
        sizes = {}
        for line in lines:
            text = line[0] if isinstance(line, tuple) else line
            found = _SIZE.search(text) if text else None
            if found:
                uid, size = (found[1], found[2]) if found[1] else (found[4], found[3])
                sizes[int(uid)] = int(size)
        yield from ((uid, sizes[uid]) for uid in wanted if uid in sizes)


def _in_batches(sizes: Iterator[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    batch: list[tuple[int, int]] = []
    held = 0
    for uid, size in sizes:
        held_by_this = min(size, MAIL_BYTES)
        if batch and (len(batch) >= FETCH_MAILS or held + held_by_this > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append((uid, size))
        held += held_by_this
    if batch:
        yield batch


def _mails(box: BaseMailBox, sizes: list[tuple[int, int]]) -> Iterator[Fetched]:
    whole = [uid for uid, size in sizes if size <= MAIL_BYTES]
    bodies = _bodies(box, whole, "BODY.PEEK[]") if whole else {}
    for uid, size in sizes:
        if size > MAIL_BYTES:
            head = _bodies(box, [uid], f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>")
            yield Fetched(uid, size, head.get(uid, b""), True)
        elif uid in bodies:
            yield Fetched(uid, size, bodies[uid], False)


def _bodies(box: BaseMailBox, uids: list[int], part: str) -> dict[int, bytes]:
    status, lines = box.client.uid("FETCH", ",".join(map(str, uids)), f"(UID {part})")
    if status != "OK":
        raise imaplib.IMAP4.error("der Server verweigerte den Abruf")
    found: dict[int, bytes] = {}
    for place, line in enumerate(lines):
        if not isinstance(line, tuple):
            continue
        after = lines[place + 1] if place + 1 < len(lines) and isinstance(lines[place + 1], bytes) else b""
        uid = _UID.search(line[0]) or _UID.search(after)
        if uid:
            found[int(uid[1])] = line[1]
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "keine Antwort in der gesetzten Zeit."
    if isinstance(error, ConnectionRefusedError):
        return "die Verbindung wurde abgelehnt."
    if isinstance(error, UnicodeError):
        return "der Name ist ungültig."
    if isinstance(error, ssl.SSLError):
        return f"keine sichere Verbindung ({error.reason or error})."
    return str(error)[:300] or type(error).__name__
