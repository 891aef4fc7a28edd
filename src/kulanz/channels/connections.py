"""Connect mailboxes and watched folders, and approve how the columns of a file are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from kulanz.audit.record import record
from kulanz.base import secrets, smtp
from kulanz.channels.models import ColumnMapping, Mailbox, WatchedFolder
from kulanz.facts.models import Account
from kulanz.intake.models import RawBatch, RawRecord, RawState
from kulanz.work import bell, schedules
from kulanz.work.models import Schedule

CHECK_MAILBOX = "check_mailbox"
CHECK_AGAIN_SECONDS = 10 * 365 * 24 * 3600
"""A check runs when somebody asks for it; its row says how the last one ended."""
TLS = ("tls", "starttls", "none")
PASSWORD_CHARS = 1000
PATH_CHARS = 500


class NotPossible(Exception):
    """The text is German and says what to do instead."""


@dataclass(frozen=True, slots=True)
class MailboxValues:
    """What a person sets. Without `smtp_host` the mailbox only reads."""

    account_id: int
    username: str
    host: str
    port: int
    tls: str
    folder: str = "INBOX"
    is_sent_folder: bool = False
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    active: bool = True
    since: date | None = None
    """Mails from before this day stay unread."""


def _checked(values: MailboxValues) -> None:
    try:
        if "@" in values.username:
            validate_email(values.username)
    except ValidationError:
        raise NotPossible(f"„{values.username[:80]}“ ist keine Mailadresse.") from None
    for field in (values.username, values.host, values.folder):
        if not field.strip() or any(c in field for c in "\r\n\x00"):
            raise NotPossible("Adresse, Server und Ordner dürfen nicht leer sein.")
    for tls, host in ((values.tls, values.host), (values.smtp_tls, values.smtp_host or "localhost")):
        if tls not in TLS:
            raise NotPossible("Verschlüsselung ist „tls“, „starttls“ oder, nur auf diesem Rechner, keine.")
        if tls == "none" and host not in smtp.LOCAL_HOSTS:
            raise NotPossible(
                f"Ohne Verschlüsselung spricht Kulanz nur mit diesem Rechner, nicht mit {host}."
            )
    for port in (values.port, values.smtp_port):
        if not 0 < port < 65536:
            raise NotPossible("Ein Anschluss (Port) liegt zwischen 1 und 65535.")


def _account(account_id: int) -> Account:
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotPossible("Dieses Konto gibt es nicht mehr.")
    return account


@transaction.atomic
def connect_mailbox(values: MailboxValues, *, password: str, by: str, now: datetime) -> Mailbox:
    """A mailbox, its password encrypted, its check asked for. The worker connects, never the page. Raises NotPossible."""
    _checked(values)
    account = _account(values.account_id)
    if not password or len(password) > PASSWORD_CHARS:
        raise NotPossible("Bitte geben Sie das Passwort des Postfachs an.")
    same = Mailbox.objects.filter(host=values.host, username=values.username, folder=values.folder)
    if same.exists():
        raise NotPossible(f"Der Ordner „{values.folder}“ von {values.username} ist schon verbunden.")
    mailbox = Mailbox.objects.create(secret_name=_secret_name(values), **asdict(values))
    secrets.keep(mailbox.secret_name, password)
    record(
        who=by,
        what="mailbox.connect",
        kind="mailbox",
        object_id=mailbox.pk,
        now=now,
        after=_told(asdict(values)) | {"account": account.name},
    )
    ask_check(mailbox.pk, now=now)
    return mailbox


def _secret_name(values: MailboxValues) -> str:
    """Folders of one mailbox share the password."""
    return f"mailbox:{values.username}@{values.host}"[:120]


@transaction.atomic
def change_mailbox(
    mailbox_id: int, values: MailboxValues, *, password: str, by: str, now: datetime
) -> Mailbox:
    """An empty password keeps the old one, as long as it goes where it went before. Raises NotPossible."""
    _checked(values)
    _account(values.account_id)
    mailbox = Mailbox.objects.select_for_update().filter(pk=mailbox_id).first()
    if mailbox is None:
        raise NotPossible("Dieses Postfach gibt es nicht mehr.")
    same = Mailbox.objects.filter(host=values.host, username=values.username, folder=values.folder)
    if same.exclude(pk=mailbox_id).exists():
        raise NotPossible(f"Der Ordner „{values.folder}“ von {values.username} ist schon verbunden.")
    before, after = _apply(mailbox, asdict(values))
    if {"host", "username", "folder"} & after.keys():
        mailbox.uid_validity, mailbox.last_uid = None, 0
    if {"host", "username"} & after.keys():
        if not password:
            raise NotPossible(
                "Für eine andere Adresse oder einen anderen Server brauchen wir das Passwort neu."
            )
        mailbox.secret_name = _secret_name(values)
    if after.get("smtp_host") and not password:
        # Else whoever may change a mailbox could have its password sent to a server of his own.
        raise NotPossible("Für einen anderen Server zum Senden brauchen wir das Passwort neu.")
    mailbox.save()
    if password:
        secrets.keep(mailbox.secret_name, password)
        after["sign_in"] = "neu hinterlegt"
    if after:
        record(
            who=by,
            what="mailbox.change",
            kind="mailbox",
            object_id=mailbox_id,
            now=now,
            before=_told(before),
            after=_told(after),
        )
    ask_check(mailbox_id, now=now)
    return mailbox


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """As the audit trail keeps them: dates as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _apply(row: Mailbox, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    return before, dict(changed)


@transaction.atomic
def connect_folder(mailbox_id: int, *, folder: str, is_sent_folder: bool, by: str, now: datetime) -> Mailbox:
    """Another folder of a connected mailbox, with the password it already has; it only reads. Raises NotPossible."""
    first = Mailbox.objects.filter(pk=mailbox_id).first()
    if first is None:
        raise NotPossible("Dieses Postfach gibt es nicht mehr.")
    if Mailbox.objects.filter(host=first.host, username=first.username, folder=folder).exists():
        raise NotPossible(f"Der Ordner „{folder}“ von {first.username} ist schon verbunden.")
    mailbox = Mailbox.objects.create(
        account_id=first.account_id,
        host=first.host,
        port=first.port,
        tls=first.tls,
        username=first.username,
        secret_name=first.secret_name,
        folder=folder,
        is_sent_folder=is_sent_folder,
        folders=first.folders,
        since=first.since,
    )
    after = {"username": first.username, "folder": folder, "is_sent_folder": is_sent_folder}
    record(who=by, what="mailbox.connect", kind="mailbox", object_id=mailbox.pk, now=now, after=after)
    ask_check(mailbox.pk, now=now)
    return mailbox


@transaction.atomic
def disconnect_mailbox(mailbox_id: int, *, by: str, now: datetime) -> None:
    """Its mails stay; the password is forgotten unless another folder of it needs it."""
    mailbox = Mailbox.objects.filter(pk=mailbox_id).first()
    if mailbox is None:
        return
    others = Mailbox.objects.filter(secret_name=mailbox.secret_name).exclude(pk=mailbox_id)
    if not others.exists():
        secrets.forget(mailbox.secret_name)
    record(
        who=by,
        what="mailbox.disconnect",
        kind="mailbox",
        object_id=mailbox_id,
        now=now,
        before={"username": mailbox.username, "host": mailbox.host, "folder": mailbox.folder},
    )
    Schedule.objects.filter(name__in=(CHECK_MAILBOX, "fetch_mail"), subject_id=mailbox_id).delete()
    mailbox.delete()


def ask_check(mailbox_id: int, *, now: datetime) -> None:
    """The worker tries sign-in, folder and sending server, and writes down how it went."""
    schedules.ensure(CHECK_MAILBOX, mailbox_id, every_seconds=CHECK_AGAIN_SECONDS, now=now)
    Schedule.objects.filter(name=CHECK_MAILBOX, subject_id=mailbox_id).update(
        due_at=now, last_ok_at=None, failing_since=None, failures=0, error=""
    )
    bell.ring("asked")


@dataclass(frozen=True, slots=True)
class CheckState:
    """`state` is waiting, ok or failed; `seconds` since it was asked for, while waiting."""

    state: str
    error: str
    at: datetime | None
    seconds: int


def check_state(mailbox_id: int, *, now: datetime) -> CheckState:
    row = Schedule.objects.filter(name=CHECK_MAILBOX, subject_id=mailbox_id).first()
    if row is None:
        return CheckState("never", "", None, 0)
    if row.error:
        return CheckState("failed", row.error, row.failing_since, 0)
    if row.last_ok_at:
        return CheckState("ok", "", row.last_ok_at, 0)
    return CheckState("waiting", "", None, max(0, int((now - row.due_at).total_seconds())))


@transaction.atomic
def watch_folder(
    *, account_id: int, path: str, pattern: str, mapping_id: int | None, by: str, now: datetime
) -> WatchedFolder:
    """A folder the ERP or the shop drops files into. Raises NotPossible."""
    account = _account(account_id)
    folder = allowed_path(path)
    if not folder.is_dir():
        raise NotPossible(f"Den Ordner {folder} gibt es auf dem Rechner, auf dem Kulanz läuft, nicht.")
    pattern = pattern.strip() or "*"
    if "/" in pattern or len(pattern) > 100:
        raise NotPossible("Das Muster nennt Dateinamen, zum Beispiel „*.csv“.")
    if WatchedFolder.objects.filter(account_id=account_id, path=str(folder), pattern=pattern).exists():
        raise NotPossible(f"Der Ordner {folder} wird für dieses Konto schon überwacht.")
    row = WatchedFolder.objects.create(
        account_id=account_id, path=str(folder), pattern=pattern, mapping_id=mapping_id
    )
    after = {"account": account.name, "path": str(folder), "pattern": pattern}
    record(who=by, what="folder.watch", kind="folder", object_id=row.pk, now=now, after=after)
    return row


def allowed_path(path: str) -> Path:
    """The path resolved. Raises NotPossible for one inside Kulanz' own home, where keys and database lie."""
    if not path.strip() or len(path) > PATH_CHARS or "\x00" in path:
        raise NotPossible(f"Bitte geben Sie einen Pfad mit höchstens {PATH_CHARS} Zeichen an.")
    resolved = Path(path.strip()).expanduser()
    if not resolved.is_absolute():
        raise NotPossible("Bitte geben Sie den ganzen Pfad an, beginnend mit „/“.")
    resolved = resolved.resolve()
    home = Path(settings.HOME).resolve()
    drop = home / "import"
    if (resolved == home or home in resolved.parents) and drop not in (resolved, *resolved.parents):
        raise NotPossible(f"Im eigenen Ordner von Kulanz ist nur {drop} zum Einlesen da.")
    return resolved


@transaction.atomic
def unwatch_folder(folder_id: int, *, by: str, now: datetime) -> None:
    row = WatchedFolder.objects.filter(pk=folder_id).first()
    if row is None:
        return
    before = {"path": row.path, "pattern": row.pattern}
    record(who=by, what="folder.unwatch", kind="folder", object_id=folder_id, now=now, before=before)
    Schedule.objects.filter(name="look_at_folder", subject_id=folder_id).delete()
    row.delete()


@transaction.atomic
def approve_mapping(
    *,
    account_id: int,
    name: str,
    target: str,
    header_key: str,
    columns: Mapping[str, str],
    by: str,
    now: datetime,
) -> ColumnMapping:
    """This header of this account is read so from now on; the same header again replaces it."""
    _account(account_id)
    if not columns:
        raise NotPossible("Ordnen Sie mindestens eine Spalte zu.")
    known = ColumnMapping.objects.filter(account_id=account_id, header_key=header_key)
    before = known.values("target", "columns").first()
    row, _new = ColumnMapping.objects.update_or_create(
        account_id=account_id,
        header_key=header_key,
        defaults={
            "name": name[:80],
            "target": target,
            "columns": dict(columns),
            "approved_by": by[:150],
        },
    )
    if before and before["target"] == target and before["columns"] != dict(columns):
        _read_again(row)
    after = {"target": target, "columns": dict(columns)}
    record(
        who=by,
        what="mapping.approve",
        kind="mapping",
        object_id=row.pk,
        now=now,
        before=dict(before) if before else None,
        after=after,
    )
    return row


def _read_again(mapping: ColumnMapping) -> None:
    """What was read by columns that have been put right; the same file again would only be known already."""
    batches = RawBatch.objects.filter(account_id=mapping.account_id, mapping_id=mapping.pk).values("pk")
    RawRecord.objects.filter(account_id=mapping.account_id, batch_id__in=batches, state=RawState.READ).update(
        state=RawState.NEW
    )
    bell.ring("decide")


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a mailbox or folder stands. Times are UTC."""

    last_ok_at: datetime | None
    failing_since: datetime | None
    error: str


def feed_states() -> dict[tuple[str, int], FeedState]:
    """By schedule name and subject."""
    rows = Schedule.objects.filter(Q(name="fetch_mail") | Q(name="look_at_folder"))
    return {
        (row.name, row.subject_id): FeedState(row.last_ok_at, row.failing_since, row.error) for row in rows
    }
