"""Drafts save themselves: one a case, by compare-and-set, so that nobody's words overwrite another's."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kulanz.audit.record import record
from kulanz.base.limits import REPLY_CHARS
from kulanz.cases.models import Case, Draft
from kulanz.cases.verbs import NotAllowed, NotPossible
from kulanz.people.models import User


class DraftConflict(NotPossible):
    """Somebody else saved meanwhile. `standing` is what stands; None when it was sent or discarded."""

    def __init__(self, standing: Draft | None) -> None:
        self.standing = standing
        if standing is None:
            super().__init__(_("Der Entwurf wurde inzwischen gesendet oder verworfen."))
        else:
            super().__init__(
                _("%(name)s schreibt gerade an diesem Entwurf.") % {"name": standing.user.display_name}
            )


def save(case_id: int, *, text: str, by: User, now: datetime, known_version: int) -> Draft:
    """Save the words over the version the writer knows; 0 begins a draft.

    Raises DraftConflict, NotAllowed, and NotPossible over REPLY_CHARS. Saving the same text twice is no conflict.
    Not in the audit trail: a draft saves itself every few seconds; what is sent or discarded is.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if len(text) > REPLY_CHARS:
        raise NotPossible(
            _("Der Entwurf ist mit %(chars)d Zeichen zu lang; die Grenze liegt bei %(limit)d (REPLY_CHARS).")
            % {"chars": len(text), "limit": REPLY_CHARS}
        )
    version = _version_of(case_id, by)
    if known_version:
        saved = Draft.objects.filter(case_id=case_id, version=known_version).update(
            text=text, user=by, saved_at=now, version=known_version + 1
        )
        if saved:
            return Draft.objects.select_related("user").get(case_id=case_id)
    else:
        try:
            with transaction.atomic():
                return Draft.objects.create(
                    case_id=case_id, user=by, text=text, saved_at=now, case_version=version
                )
        except IntegrityError:
            pass
    standing = Draft.objects.select_related("user").filter(case_id=case_id).first()
    if standing is not None and standing.text == text and standing.user_id == by.pk:
        return standing
    raise DraftConflict(standing)


@transaction.atomic
def discard(case_id: int, *, by: User, now: datetime) -> None:
    """Throw the draft away; its length stays in the audit record, its words do not."""
    _version_of(case_id, by)
    draft = Draft.objects.select_for_update().filter(case_id=case_id).first()
    if draft is None:
        return
    draft.delete()
    record(
        who=by.username,
        what="draft.discard",
        kind="case",
        object_id=case_id,
        now=now,
        before={"chars": len(draft.text)},
    )


def is_overtaken(draft: Draft, case: Case) -> bool:
    """A message came, or an answer was given elsewhere, after the draft was begun: warn its writer."""
    return case.version > draft.case_version


def seen(case_id: int, *, by: User, version: int) -> None:
    """The writer has read the case up to that version: no more warning for it."""
    _version_of(case_id, by)
    Draft.objects.filter(case_id=case_id, case_version__lt=version).update(case_version=version)


def _version_of(case_id: int, by: User) -> int:
    if not by.answers:
        raise NotAllowed(_("Ihre Rolle beantwortet keine Kunden."))
    version = Case.objects.visible_to(by).filter(pk=case_id).values_list("version", flat=True).first()
    if version is None:
        raise NotAllowed(_("Diesen Fall gibt es nicht, oder Sie dürfen ihn nicht sehen."))
    return int(version)
