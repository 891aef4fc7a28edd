"""Every mail of the collections through the whole intake: no exception, no attachment lost, twice changes nothing.

What a mail holds is told by the standard library's own reader, which shares no line with ours.
"""

import email
import email.policy
import hashlib
from collections import Counter
from email.message import Message as StandardMessage
from pathlib import Path

import pytest

import factories
from channels.mail.samples import DATA, SHARED
from flow.desk import counts, take
from kulanz.cases.models import CaseEntry
from kulanz.facts.models import Attachment, Message
from kulanz.intake.models import RawRecord

pytestmark = pytest.mark.django_db


def _leaves(part: StandardMessage) -> list[StandardMessage]:
    """Parts that stand for themselves; what lies inside an attached mail belongs to that mail."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        return [leaf for inner in part.get_payload() for leaf in _leaves(inner)]  # type: ignore[union-attr]
    return [part]


def files_of(raw: bytes) -> Counter[str]:
    """Digests of what any reader calls an attachment: a part with a file name, or announced as one."""
    found: Counter[str] = Counter()
    for part in _leaves(email.message_from_bytes(raw, policy=email.policy.compat32)):
        if part.is_multipart():
            continue
        try:
            named = bool(part.get_filename())
        except Exception:
            named = False
        announced = str(part.get("content-disposition", "")).strip().lower().startswith("attachment")
        if named or announced:
            content = part.get_payload(decode=True)
            found[hashlib.sha256(content if isinstance(content, bytes) else b"").hexdigest()] += 1
    return found


def attached_mails(raw: bytes) -> int:
    """Mails forwarded as an attachment; a bounce's returned mail is none of them."""
    top = email.message_from_bytes(raw, policy=email.policy.compat32)
    if top.get_content_type() in ("multipart/report", "message/rfc822"):
        return 0
    return sum(1 for leaf in _leaves(top) if leaf.get_content_type() == "message/rfc822")


def collection(root: Path) -> list[Path]:
    found = [p for p in root.rglob("*") if p.suffix in (".eml", ".txt") and "LICENSE" not in p.name]
    return sorted(p for p in found if not {"trimmed", "elided", "embedded", "before"} & set(p.parts))


def lost(paths: list[Path]) -> list[str]:
    """Attachments that the independent reader sees and Kulanz does not keep, by file."""
    missing = []
    for path in paths:
        raw = path.read_bytes()
        if raw.startswith(b"From "):  # a box of one mail; its first line belongs to the box
            messages = Message.objects.filter(
                raw_id__in=RawRecord.objects.filter(batch__name=path.name).values("pk")
            )
        else:
            record = RawRecord.objects.get(digest=hashlib.sha256(raw).digest())
            messages = Message.objects.filter(raw_id=record.pk)
        if not messages.exists():  # the same words under the same Message-ID stand once
            named = str(email.message_from_bytes(raw)["message-id"] or "nobody").strip()
            messages = Message.objects.filter(key__startswith=named)
        if not messages.exists():
            missing.append(f"{path.name}: no message")
            continue
        mails = Attachment.objects.filter(message__in=messages, media_type="message/rfc822").count()
        if mails < attached_mails(raw):
            missing.append(f"{path.name}: {attached_mails(raw) - mails} attached mails")
        ours = Counter(Attachment.objects.filter(message__in=messages).values_list("sha256", flat=True))
        for digest, count in (files_of(raw) - ours).items():
            missing.append(f"{path.name}: {count} of {digest[:12]}")
    return missing


@pytest.mark.parametrize("root", [DATA, SHARED], ids=["shipped", "shared"])
def test_every_mail_of_the_collections(root: Path) -> None:
    if not root.is_dir():
        pytest.skip("the shared collections do not lie beside the project (KULANZ_SHARED)")
    paths = collection(root)
    assert len(paths) > 150
    account = factories.account()
    done = take(account, *paths)
    distinct = {hashlib.sha256(path.read_bytes()).digest() for path in paths}
    assert counts(done) == (len(paths), len(distinct), len(paths) - len(distinct), 0)
    assert RawRecord.objects.filter(state="read").count() == len(distinct)
    assert lost(paths) == []

    rows = (Message.objects.count(), Attachment.objects.count(), CaseEntry.objects.count())
    assert counts(take(account, *paths)) == (len(paths), 0, len(paths), 0)
    assert (Message.objects.count(), Attachment.objects.count(), CaseEntry.objects.count()) == rows


def test_the_collections_hold_attachments() -> None:
    """Else the test above would say nothing."""
    assert sum(files_of(path.read_bytes()).total() for path in collection(DATA)) > 30
