"""Out: a claimed action goes through the door its way names, and comes back with how it ended.

Called by the worker between claim and finish, outside any transaction. What is done by hand never comes here.
"""

from datetime import datetime
from pathlib import Path

from django.conf import settings

from kulanz.base import blobs, secrets, smtp
from kulanz.channels.mail import send
from kulanz.channels.models import Mailbox
from kulanz.facts.models import Account
from kulanz.outbox.carry import Claimed, Done, Failed, Outcome, Unclear
from kulanz.outbox.models import Way

OUTGOING = "ausgang"
"""Folder in a demo's home that takes the place of the network."""


def dispatch(claimed: Claimed, *, now: datetime) -> Outcome:
    """Carry one action out. Raises nothing that the far side does; a bug that raises leaves the lease to run out."""
    if claimed.way != Way.MAIL:
        return Failed(True, f"Für den Weg „{Way(claimed.way).label}“ ist keine Verbindung eingerichtet.")
    try:
        message = _message(claimed, now)
    except (ValueError, LookupError) as error:
        return Failed(True, f"Die Mail lässt sich nicht zusammenstellen: {error}")
    if settings.IS_DEMO:
        return _write_down(claimed, message)
    return _send(claimed, message)


def _message(claimed: Claimed, now: datetime) -> bytes:
    enclosed = [
        send.Enclosed(str(part["name"]), str(part["type"]), blobs.read(int(part["blob"])))
        for part in claimed.payload.get("attachments", [])
    ]
    return send.build(claimed.payload, message_id=claimed.external_id, date=now, enclosed=enclosed)


def _write_down(claimed: Claimed, message: bytes) -> Outcome:
    """In a demo the door is closed: the mail is a file in the home folder, written whole or not at all."""
    folder = Path(settings.HOME) / OUTGOING
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{claimed.id}.eml"
    fresh = path.with_suffix(".tmp")
    fresh.write_bytes(message)
    fresh.replace(path)
    return Done(claimed.external_id)


def _send(claimed: Claimed, message: bytes) -> Outcome:
    server = server_of(claimed.account_id)
    if isinstance(server, Failed):
        return server
    result = smtp.send(
        server,
        sender=str(claimed.payload["from"]),
        recipient=str(claimed.payload["to"]),
        message=message,
    )
    match result:
        case smtp.Accepted():
            return Done(claimed.external_id)
        case smtp.Refused(permanent, text):
            return Failed(permanent, text)
        case smtp.Broken(text):
            return Unclear(f"{text} Bitte sehen Sie im Ordner „Gesendet“ nach, ob die Nachricht hinausging.")


def server_of(account_id: int) -> smtp.Server | Failed:
    """The mail server this account sends through: that of its first mailbox that names one."""
    mailbox = (
        Mailbox.objects.filter(account_id=account_id, active=True)
        .exclude(smtp_host="")
        .order_by("is_sent_folder", "id")
        .first()
    )
    if mailbox is None:
        title = Account.objects.values_list("title", flat=True).get(pk=account_id)
        return Failed(True, f"Für das Konto {title} ist kein Mailserver zum Senden eingerichtet.")
    password = secrets.read(mailbox.secret_name)
    if password is None:
        return Failed(
            True,
            f"Für {mailbox.username} ist kein lesbares Passwort hinterlegt; bitte tragen Sie es neu ein.",
        )
    return smtp.Server(
        mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_tls, mailbox.username if password else "", password
    )
