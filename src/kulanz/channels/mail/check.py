"""Try a mailbox before it is used: sign in, look for its folder, sign in where mails go out."""

from __future__ import annotations

from kulanz.base import imap, smtp
from kulanz.channels.mail import client
from kulanz.channels.models import Mailbox

FOLDERS_KEPT = 200


class CheckFailed(Exception):
    """What did not work and what to do; German."""


def check_mailbox(mailbox_id: int) -> list[str]:
    """The mailbox's folders, kept with it. Called by the worker, outside any transaction. Raises CheckFailed."""
    mailbox = Mailbox.objects.filter(pk=mailbox_id).first()
    if mailbox is None:
        return []
    try:
        server = client.server_of(mailbox)
        found = imap.folders(server)[:FOLDERS_KEPT]
    except imap.Unreachable as error:
        raise CheckFailed(f"Lesen geht nicht. {error}") from error
    Mailbox.objects.filter(pk=mailbox_id).update(folders=found)
    if mailbox.folder not in found and mailbox.folder.upper() != "INBOX":
        names = ", ".join(f"„{name}“" for name in found[:8])
        raise CheckFailed(f"Den Ordner „{mailbox.folder}“ gibt es dort nicht. Es gibt {names}.")
    if mailbox.smtp_host:
        refused = smtp.sign_in_answer(
            smtp.Server(
                mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_tls, mailbox.username, server.password
            )
        )
        if refused:
            raise CheckFailed(f"Lesen geht, Senden nicht. {refused}")
    return found
