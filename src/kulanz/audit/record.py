"""Write what was done, in the same transaction as the deed."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from kulanz.audit.models import AuditEntry


def content_digest(salt: str, why: str, before: object, after: object) -> str:
    body = json.dumps([why, before, after], sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder)
    return hashlib.sha256(f"{salt}\n{body}".encode()).hexdigest()


def record(
    *,
    who: str,
    what: str,
    kind: str,
    object_id: int | None,
    now: datetime,
    why: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """One unsealed row. `before` and `after` hold only what changed, as JSON can write it."""
    salt = secrets.token_hex(16)
    return AuditEntry.objects.create(
        at=now,
        actor=who[:150],
        verb=what,
        object_kind=kind,
        object_id=object_id,
        why=why,
        before=before,
        after=after,
        salt=salt,
        content_digest=content_digest(salt, why, before, after),
    )
