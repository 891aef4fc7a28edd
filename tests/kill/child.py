# ruff: noqa: E402
"""What the kill test does inside an installation: prepare it, check it, and run a worker without its fence.

python child.py prepare | check | unfenced
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kulanz.settings")
import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from kulanz.audit import seal
from kulanz.base import clock, secrets
from kulanz.base.process import stop_event
from kulanz.channels.models import Mailbox, WatchedFolder
from kulanz.facts.models import Account
from kulanz.flow import worker
from kulanz.outbox import carry
from kulanz.outbox.models import Action, ActionState, Way
from kulanz.people.models import Role, User


def prepare(plan: dict[str, Any]) -> None:
    """Database, one agent who is signed in, and for each account a mailbox or a watched folder and SMTP."""
    call_command("migrate", verbosity=0)
    secrets.keep("mailbox", plan["password"])
    for name in plan["accounts"]:
        account = Account.objects.create(
            name=name,
            title=name,
            channel="shop",
            sender=f"service@{name}.example",
            sender_name=f"Laden {name}",
        )
        Mailbox.objects.create(
            account=account,
            host="127.0.0.1",
            port=plan["imap_port"] or 1,
            tls="none",
            username=name,
            secret_name="mailbox",
            smtp_host="127.0.0.1",
            smtp_port=plan["smtp_port"],
            smtp_tls="none",
        )
        if plan["folder"]:
            path = Path(plan["folder"]) / name
            path.mkdir(parents=True)
            WatchedFolder.objects.create(account=account, path=str(path), pattern="*.eml")
    user = User(username="anna", role=Role.AGENT)
    user.set_unusable_password()
    user.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(json.dumps({"session": session.session_key}))


def check() -> None:
    """Seal what is left and verify the whole chain."""
    while seal.seal(clock.now()):
        pass
    verdict = seal.verify()
    print(json.dumps({"sealed": verdict.sealed, "broken_at": verdict.broken_at, "reason": verdict.reason}))


def unfenced() -> None:
    """The control: a worker that takes a dead lease for a mail that never left, as a plain job queue does."""

    def expire(now: datetime, **_: Any) -> list[int]:
        Action.objects.filter(state=ActionState.SENDING, way=Way.MAIL, lease_until__lt=now).update(
            state=ActionState.APPROVED, not_before=now
        )
        return []

    carry.expire = expire
    worker.main(stop_event(9))


if __name__ == "__main__":
    match sys.argv[1]:
        case "prepare":
            prepare(json.loads(sys.argv[2]))
        case "check":
            check()
        case "unfenced":
            unfenced()
