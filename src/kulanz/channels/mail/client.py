"""A mailbox as records: what the IMAP door fetched becomes parts for intake."""

from kulanz.base import imap, secrets
from kulanz.base.limits import MAIL_BYTES
from kulanz.channels.contract import Part
from kulanz.channels.mail.facts import SENT
from kulanz.channels.models import Mailbox

SIGN_IN_MISSING = "Für das Postfach {user} ist kein lesbares Passwort hinterlegt. Bitte tragen Sie es in den Einstellungen neu ein."


def server_of(mailbox: Mailbox) -> imap.Server:
    """Where and as whom to sign in. Raises imap.Unreachable when the password is missing or its key is gone."""
    password = secrets.read(mailbox.secret_name)
    if password is None:
        raise imap.Unreachable(SIGN_IN_MISSING.format(user=mailbox.username))
    return imap.Server(mailbox.host, mailbox.port, mailbox.tls, mailbox.username, password)


def cursor_of(mailbox: Mailbox) -> imap.Cursor:
    return imap.Cursor(mailbox.uid_validity, mailbox.last_uid)


def parts_of(mailbox: Mailbox, batch: imap.Batch) -> list[Part]:
    """The batch's mails as intake keeps them; one too large to fetch says so and goes to quarantine."""
    note = SENT if mailbox.is_sent_folder else ""
    return [
        Part(
            key=f"{mailbox.folder}/{batch.cursor.uid_validity}/{mail.uid}",
            body=mail.body,
            note=note,
            error=_too_large(mailbox, mail) if mail.too_large else "",
        )
        for mail in batch.mails
    ]


def _too_large(mailbox: Mailbox, mail: imap.Fetched) -> str:
    return (
        f"{mailbox.folder}, Nachricht {mail.uid}: Die Mail ist mit {mail.size / 1_048_576:.1f} MB größer als die Grenze"
        f" von {MAIL_BYTES // 1_048_576} MB (MAIL_BYTES) und wurde nicht abgeholt. Aufgehoben sind ihre Kopfzeilen."
    )
