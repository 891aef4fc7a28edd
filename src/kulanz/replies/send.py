"""The one door to a customer: an answer a person wrote goes into the outbox, and can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kulanz.audit.record import record
from kulanz.base import blobs
from kulanz.base.limits import ATTACHMENTS_BYTES, REPLY_CHARS
from kulanz.cases.models import Case, CaseEntry, Draft
from kulanz.channels.models import Mailbox
from kulanz.channels.registry import CHANNELS, Channel
from kulanz.facts.models import Message
from kulanz.outbox import basis, verbs
from kulanz.outbox.models import Action, ActionKind, ActionState, Way
from kulanz.outbox.verbs import NotPossible
from kulanz.people.models import User
from kulanz.replies import compose

__all__ = ["Enclosure", "NotPossible", "send_reply", "take_back", "withdraw_unsent"]

ENCLOSURES = 5
"""Attachments of one reply; Amazon takes no more. Source: docs/rules.md."""

PORTALS = {
    "amazon": "https://sellercentral.amazon.de/messaging/inbox",
    "otto": "https://portal.otto.market/",
    "ebay": "https://mesg.ebay.de/mesgweb/ViewMessages/0",
    "kaufland": "https://sellerportal.kaufland.de/",
}
"""Where an answer is typed by hand when the account has no mail server to send with."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    name: str
    media_type: str
    body: bytes


@transaction.atomic
def send_reply(
    case_id: int,
    *,
    text: str,
    by: User,
    now: datetime,
    attachments: Sequence[Enclosure] = (),
    known_message: int | None = None,
) -> Action:
    """An approved action that leaves UNDO_SECONDS from now; the draft is used up.

    `known_message` is the newest message the writer saw, if the page knows it: a later one refuses the send. The same
    words to the same message, as from a button pressed twice, are the action that stands. Where the account has no
    mail server the action is done by hand, in the platform's portal. Raises NotPossible (German).
    """
    case = _answerable(case_id, by)
    text = _checked(text, attachments)
    asked = _newest_question(case)
    if asked is None:
        raise NotPossible(
            _("In diesem Fall hat noch kein Kunde geschrieben; es gibt keine Adresse für die Antwort.")
        )
    if known_message is not None and asked.pk > known_message:
        raise NotPossible(
            _("Der Kunde hat inzwischen noch einmal geschrieben. Bitte lesen Sie erst seine Nachricht.")
        )
    _nobody_else_answers(case, by)
    if standing := _same_words(case, asked, text):
        return standing
    mail = _mail(case, asked, text, attachments)
    way = Way.MAIL if _has_mail_server(case) else Way.HAND
    action = verbs.propose(
        key=_next_key(case),
        kind=ActionKind.REPLY,
        way=way,
        account_id=case.account_id,
        title=_("Antwort an %(name)s") % {"name": asked.sender_name or mail["to"]},
        reason=_("%(name)s hat geantwortet.") % {"name": by.display_name},
        payload=mail if way == Way.MAIL else mail | _by_hand(case, text),
        proposed_by=by.username,
        now=now,
        subject_kind="case",
        subject_id=case.pk,
        basis=basis.of(asked),
        due_at=case.platform_due_at or case.house_due_at,
    )
    Draft.objects.filter(case=case).delete()
    return verbs.approve(action.pk, by=by, now=now, delay_seconds=settings.UNDO_SECONDS)


@transaction.atomic
def take_back(action_id: int, *, by: User, now: datetime) -> Action:
    """Within the seconds to take it back: approved → withdrawn, and its words are the draft again."""
    action = verbs.withdraw(action_id, by=by, now=now)
    _give_back(action, now, overtaken=False)
    return action


def withdraw_unsent(case_id: int, *, now: datetime, why: str = "") -> int:
    """The customer wrote again: unsent replies come back, their words as the draft. How many.

    Call it after the message is filed, in the same transaction: filing locks the case, as sending does.
    """
    if not verbs.unsent_replies(case_id).exists():  # nearly always; without it a tenth of a reply's reading
        return 0
    return _withdraw_unsent(case_id, now, why)


@transaction.atomic
def _withdraw_unsent(case_id: int, now: datetime, why: str) -> int:
    withdrawn = verbs.withdraw_unsent(
        case_id, now, why or _("Der Kunde hat inzwischen noch einmal geschrieben.")
    )
    for action in withdrawn:
        _give_back(action, now, overtaken=True)
    return len(withdrawn)


def _answerable(case_id: int, by: User) -> Case:
    """The case, locked until the transaction ends, so that no message is filed in between."""
    if not by.answers:
        raise NotPossible(_("Ihre Rolle beantwortet keine Kunden."))
    case = (
        Case.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise NotPossible(_("Diesen Fall gibt es nicht, oder Sie dürfen ihn nicht sehen."))
    return case


def _checked(text: str, attachments: Sequence[Enclosure]) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if not text:
        raise NotPossible(_("Die Antwort ist leer."))
    if len(text) > REPLY_CHARS:
        raise NotPossible(
            _("Die Antwort ist mit %(chars)d Zeichen zu lang; die Grenze liegt bei %(limit)d (REPLY_CHARS).")
            % {"chars": len(text), "limit": REPLY_CHARS}
        )
    if len(attachments) > ENCLOSURES:
        raise NotPossible(_("Höchstens %(limit)d Anhänge sind möglich (ENCLOSURES).") % {"limit": ENCLOSURES})
    size = sum(len(enclosure.body) for enclosure in attachments)
    if size > ATTACHMENTS_BYTES:
        raise NotPossible(
            _(
                "Die Anhänge sind zusammen %(size).1f MB groß; die Grenze liegt bei %(limit)d MB (ATTACHMENTS_BYTES)."
            )
            % {"size": size / 1_048_576, "limit": ATTACHMENTS_BYTES // 1_048_576}
        )
    return text


def _newest_question(case: Case) -> Message | None:
    """The customer's newest message: its sender, or where it asks to be answered, is whom we write to."""
    return (
        Message.objects.filter(
            pk__in=CaseEntry.objects.filter(case=case).values("message_id"),
            direction="in",
            kind="buyer_message",
        )
        .exclude(sender="", reply_to="")
        .order_by("-sent_at", "-id")
        .first()
    )


def _same_words(case: Case, asked: Message, text: str) -> Action | None:
    """The action of a button pressed twice. Raises NotPossible when it is beyond taking back."""
    found = Action.objects.filter(
        subject_kind="case",
        subject_id=case.pk,
        kind=ActionKind.REPLY,
        state__in=(ActionState.APPROVED, ActionState.SENDING, ActionState.DONE, ActionState.UNCLEAR),
        payload__answers=asked.key,
        payload__text=text,
    ).first()
    if found is not None and found.state != ActionState.APPROVED:
        raise NotPossible(
            _("Genau diese Antwort ist auf diese Nachricht schon hinausgegangen oder unterwegs.")
        )
    return found


def _nobody_else_answers(case: Case, by: User) -> None:
    """Two agents never answer one question twice: an unsent answer of a colleague stands in the way."""
    other = (
        Action.objects.filter(
            subject_kind="case",
            subject_id=case.pk,
            kind=ActionKind.REPLY,
            way=Way.MAIL,
            state__in=(ActionState.APPROVED, ActionState.SENDING),
        )
        .exclude(decided_by=by)
        .select_related("decided_by")
        .first()
    )
    if other is not None:
        name = other.decided_by.display_name if other.decided_by else other.proposed_by
        raise NotPossible(
            _("%(name)s hat gerade geantwortet; die Antwort geht gleich hinaus.") % {"name": name}
        )


def _next_key(case: Case) -> str:
    """Counted under the case's lock; a reply sent again keeps its row and so its number."""
    replies = Action.objects.filter(subject_kind="case", subject_id=case.pk, kind=ActionKind.REPLY).count()
    return f"reply:case-{case.pk}:{replies + 1}"


def _mail(case: Case, asked: Message, text: str, attachments: Sequence[Enclosure]) -> dict[str, Any]:
    number = case.order_number or next(iter(asked.order_numbers), "")
    return {
        "to": asked.reply_to or asked.sender,
        "to_name": asked.sender_name,
        "subject": compose.answer_subject(asked.subject, number, keep_number=_channel(case).number_in_reply),
        "text": text,
        "answers": asked.key,
        "in_reply_to": asked.key if compose.is_message_id(asked.key) else "",
        "references": compose.references(asked.thread_keys, asked.key),
        "from": case.account.sender,
        "from_name": case.account.sender_name,
        "attachments": [
            {
                "name": enclosure.name[:200],
                "type": enclosure.media_type,
                "size": len(enclosure.body),
                "blob": blobs.keep(enclosure.body).pk,
            }
            for enclosure in attachments
        ],
    }


def _has_mail_server(case: Case) -> bool:
    """The demo's mails leave as files, so there an address to write from is enough."""
    if not case.account.sender or not _channel(case).replies_by_mail:
        return False
    return (
        settings.IS_DEMO
        or Mailbox.objects.filter(account_id=case.account_id, active=True).exclude(smtp_host="").exists()
    )


def _channel(case: Case) -> Channel:
    return CHANNELS.get(case.account.channel, CHANNELS["shop"])


def _by_hand(case: Case, text: str) -> dict[str, Any]:
    link = PORTALS.get(case.account.channel, "")
    return {
        "link": link,
        "steps": [
            {"kind": "copy", "title": _("Antwort kopieren"), "text": text, "link": ""},
            {
                "kind": "open",
                "title": _("Nachricht im Portal öffnen und Antwort einfügen"),
                "text": case.order_number,
                "link": link,
            },
            {"kind": "tick", "title": _("Dort absenden und hier abhaken"), "text": "", "link": ""},
        ],
    }


def _give_back(action: Action, now: datetime, *, overtaken: bool) -> None:
    """The words become the draft again; what somebody wrote meanwhile stays below them.

    `overtaken` makes the draft warn its writer that a newer message stands in the case.
    """
    if action.kind != ActionKind.REPLY or action.subject_id is None or action.decided_by is None:
        return
    case = Case.objects.filter(pk=action.subject_id).first()
    if case is None:
        return
    text = str(action.payload.get("text", ""))
    standing = Draft.objects.select_for_update().filter(case=case).first()
    if standing is None:
        Draft.objects.create(
            case=case, user=action.decided_by, text=text, saved_at=now, case_version=case.version - overtaken
        )
    else:
        parts = [text, standing.text] if standing.text.strip() else [text]
        Draft.objects.filter(pk=standing.pk).update(
            text="\n\n".join(parts), saved_at=now, version=standing.version + 1
        )
    record(who=action.decided_by.username, what="draft.give_back", kind="case", object_id=case.pk, now=now)
