"""How an action looks on Freigaben: its icon, its second line, until when, and the one button."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kulanz.outbox.models import ActionKind, ActionState, Way
from kulanz.outbox.waiting import ActionRow, Group
from kulanz.web.tags import weekday_of

ICONS = {
    ActionKind.REPLY: "mail",
    ActionKind.DOCUMENT: "file",
    ActionKind.REFUND: "cash",
    ActionKind.REPLACEMENT: "package",
    ActionKind.CANCEL: "circle-x",
    ActionKind.HOLD: "lock",
    ActionKind.INQUIRY: "truck",
    ActionKind.CLAIM_ANSWER: "shield",
    ActionKind.PORTAL_REPLY: "message",
}
KIND_NAMES = {
    ActionKind.REPLY: gettext_noop("Antwort"),
    ActionKind.DOCUMENT: gettext_noop("Dokument"),
    ActionKind.REFUND: gettext_noop("Erstattung"),
    ActionKind.REPLACEMENT: gettext_noop("Ersatz"),
    ActionKind.CANCEL: gettext_noop("Stornierung"),
    ActionKind.HOLD: gettext_noop("Sperre"),
    ActionKind.INQUIRY: gettext_noop("Nachforschung"),
    ActionKind.CLAIM_ANSWER: gettext_noop("Stellungnahme"),
    ActionKind.PORTAL_REPLY: gettext_noop("Antwort im Portal"),
}
STATE_NAMES = {
    ActionState.PROPOSED: gettext_noop("vorgeschlagen"),
    ActionState.REJECTED: gettext_noop("abgelehnt"),
    ActionState.APPROVED: gettext_noop("freigegeben"),
    ActionState.WITHDRAWN: gettext_noop("zurückgeholt"),
    ActionState.SENDING: gettext_noop("geht hinaus"),
    ActionState.DONE: gettext_noop("erledigt"),
    ActionState.FAILED: gettext_noop("fehlgeschlagen"),
    ActionState.UNCLEAR: gettext_noop("unklar"),
}
WAY_NAMES = {
    Way.API: gettext_noop("Schnittstelle"),
    Way.MAIL: gettext_noop("E-Mail"),
    Way.FILE: gettext_noop("Datei"),
    Way.HAND: gettext_noop("von Hand"),
}
GROUP_NAMES = {
    Group.UNCLEAR: (gettext_noop("Unklar oder fehlgeschlagen"), gettext_noop("braucht Ihr Wort")),
    Group.HAND: (gettext_noop("Von Hand"), gettext_noop("kann keine Schnittstelle")),
    Group.PROPOSED: (gettext_noop("Vorschläge"), gettext_noop("gehen erst nach Freigabe hinaus")),
    Group.LEAVING: (gettext_noop("Geplant und unterwegs"), gettext_noop("bis zum Versand zurückzuholen")),
}
SOON = timedelta(hours=4)
URGENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ask:
    row: ActionRow
    icon: str
    kind: str
    state: str
    way: str
    second: str
    due: str
    tone: str
    """Empty, warn or stop."""
    approvable: bool
    proposer: str
    """A user's name; a part of Kulanz (`kulanz:delivery`) is just Kulanz."""


def ask(row: ActionRow, now: datetime) -> Ask:
    due, tone = due_words(row.due_at, now)
    return Ask(
        row=row,
        icon="hand" if row.way == Way.HAND else ICONS[ActionKind(row.kind)],
        kind=_(KIND_NAMES[ActionKind(row.kind)]),
        state=_(STATE_NAMES[ActionState(row.state)]),
        way=_(WAY_NAMES[Way(row.way)]),
        second=second_line(row, now),
        due=due,
        tone=tone,
        approvable=row.state == ActionState.PROPOSED and row.decidable,
        proposer="Kulanz" if row.proposed_by.startswith("kulanz:") else row.proposed_by,
    )


def second_line(row: ActionRow, now: datetime) -> str:
    """Why, or for one that left: how it stands."""
    if row.state in (ActionState.FAILED, ActionState.UNCLEAR):
        return row.error or _("Es kam keine Bestätigung.")
    if row.state == ActionState.SENDING:
        return _("geht gerade hinaus")
    if row.state == ActionState.APPROVED and row.way != Way.HAND:
        if row.not_before and row.not_before > now:
            return _("geht um %(time)s hinaus") % {"time": f"{timezone.localtime(row.not_before):%H:%M:%S}"}
        return _("wartet auf den Versand")
    if row.state == ActionState.PROPOSED and row.error:
        return _("Die Lage hat sich geändert: %(why)s") % {"why": row.error}
    first = row.reason.partition("\n")[0]
    return f"{row.assignee} · {first}" if row.assignee else first


def due_words(due_at: datetime | None, now: datetime) -> tuple[str, str]:
    """`noch 3 h`, `bis 17:00`, `bis Sa.`, `seit 08:12 vorbei`, with its tone; empty without a deadline."""
    if due_at is None:
        return "", ""
    local, left = timezone.localtime(due_at), due_at - now
    today = local.date() == timezone.localtime(now).date()
    if left <= timedelta(0):
        since = f"{local:%H:%M}" if today else f"{local.day}.{local.month}."
        return _("seit %(since)s vorbei") % {"since": since}, "stop"
    if left < URGENT:
        return _("noch %(n)s min") % {"n": max(1, int(left.total_seconds() // 60))}, "stop"
    if left < SOON:
        return _("noch %(n)s h") % {"n": int(left.total_seconds() // 3600)}, "warn"
    if today:
        return _("bis %(time)s") % {"time": f"{local:%H:%M}"}, ""
    if left < timedelta(days=6):
        return _("bis %(day)s") % {"day": weekday_of(local)}, ""
    return _("bis %(day)s") % {"day": f"{local.day}.{local.month}."}, ""
