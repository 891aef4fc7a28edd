"""Carrying approved actions out: claim with a lease, finish behind its fence, and what becomes of dead leases.

Times here are real time. Nothing in this file reaches the network; `channels.dispatch` does, between claim and finish.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from kulanz.outbox import basis
from kulanz.outbox.models import Action, ActionState, Halt, Way
from kulanz.outbox.moves import audit, move

MAX_ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 3600
CARRIED = (Way.MAIL, Way.API, Way.FILE)
"""Ways the machine goes; what is done by hand waits for a person's tick."""
WHO = "kulanz:outbox"
CHANGED = "Die Lage hat sich geändert: Was diesem Vorgang zugrunde lag, sieht inzwischen anders aus. Bitte prüfen Sie ihn neu."
MAIL_UNCLEAR = (
    "Die Verbindung zum Mailserver brach nach der Übergabe ab, oder Kulanz wurde beim Senden beendet. Bitte sehen Sie"
    " im Ordner „Gesendet“ nach, ob die Nachricht hinausging."
)
OTHER_UNCLEAR = "Kulanz wurde während der Übergabe beendet. Bitte sehen Sie auf der Gegenseite nach, ob der Vorgang ankam."


@dataclass(frozen=True, slots=True)
class Claimed:
    """An action in our hands until `lease_until`; `token` is the fence."""

    id: int
    key: str
    kind: str
    way: str
    account_id: int
    title: str
    payload: dict[str, Any]
    external_id: str
    token: str
    attempts: int
    """This one included, counted from 1."""


@dataclass(frozen=True, slots=True)
class Done:
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing left the house. `text` is German; `permanent`: trying again would not help."""

    permanent: bool
    text: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have arrived. Only a person says what becomes of it."""

    text: str


Outcome = Done | Failed | Unclear


def claim(
    now: datetime, lease_seconds: float, limit: int, *, ways: Collection[str] = CARRIED
) -> list[Claimed]:
    """Take up to `limit` due actions into *sending*; none while *Alles anhalten* stands.

    Rows whose basis has changed go back to *proposed* and say so.
    """
    due = Action.objects.filter(state=ActionState.APPROVED, not_before__lte=now, way__in=ways)
    if not due.exists():  # looked at often: no write transaction for nothing
        return []
    with transaction.atomic():
        _send_back_changed(now)
        return _take(now, lease_seconds, limit, ways)


def _take(now: datetime, lease_seconds: float, limit: int, ways: Collection[str]) -> list[Claimed]:
    token = secrets.token_hex(16)
    picked = f"""
        SELECT a.id FROM kulanz_action AS a
        WHERE a.state = 'approved' AND a.not_before <= %s AND a.way IN ({_places(ways)})
          AND NOT EXISTS (SELECT 1 FROM kulanz_halt AS h WHERE h.ended_at IS NULL)
          AND NOT {basis.changed_sql("a")}
        ORDER BY a.not_before, a.id LIMIT %s {_locking("a")}"""  # noqa: S608
    # Materialised: PostgreSQL may run a bare sub-select again for each row, and each time SKIP LOCKED finds others.
    rows = _returning(
        f"""WITH picked AS MATERIALIZED ({picked})
            UPDATE kulanz_action SET state = 'sending', lease_token = %s, lease_until = %s, attempts = attempts + 1
            WHERE state = 'approved' AND id IN (SELECT id FROM picked) RETURNING id""",  # noqa: S608
        [_db(now), *ways, limit, token, _db(now + timedelta(seconds=lease_seconds))],
    )
    claimed = []
    for action in Action.objects.filter(pk__in=rows).order_by("not_before", "id"):
        audit(
            "action.sending",
            action,
            WHO,
            now,
            before={"state": ActionState.APPROVED},
            after={"state": ActionState.SENDING, "attempt": action.attempts},
        )
        claimed.append(
            Claimed(
                action.pk,
                action.key,
                action.kind,
                action.way,
                action.account_id,
                action.title,
                action.payload,
                action.external_id,
                token,
                action.attempts,
            )
        )
    return claimed


def renew(claimed: Claimed, now: datetime, lease_seconds: float) -> bool:
    """Prolong the lease while the far side is slow; False once it is no longer ours."""
    return bool(
        Action.objects.filter(pk=claimed.id, state=ActionState.SENDING, lease_token=claimed.token).update(
            lease_until=now + timedelta(seconds=lease_seconds)
        )
    )


@transaction.atomic
def finish(claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write down how it ended, if the lease is still ours; False when the fence held us back.

    A slow worker that knows its mail arrived may still clear up the *unclear* its dead lease left, unless a person
    has decided meanwhile (then the token is gone).
    """
    action = Action.objects.filter(pk=claimed.id, lease_token=claimed.token).first()
    if action is None:
        return False
    frm = (ActionState.SENDING,)
    match outcome:
        case Done(external_id):
            return _end(
                action,
                (*frm, ActionState.UNCLEAR),
                ActionState.DONE,
                "action.done",
                now,
                external_id=external_id or action.external_id,
                error="",
            )
        case Unclear(text):
            return _end(action, frm, ActionState.UNCLEAR, "action.unclear", now, keep_token=True, error=text)
        case Failed(permanent, text) if permanent or action.attempts >= MAX_ATTEMPTS:
            if not permanent:
                text = f"{text} Nach {MAX_ATTEMPTS} Versuchen aufgegeben (MAX_ATTEMPTS)."
            return _end(action, frm, ActionState.FAILED, "action.failed", now, error=text)
        case Failed(_, text):
            return move(
                action,
                frm,
                ActionState.APPROVED,
                verb="action.later",
                who=WHO,
                now=now,
                why=text,
                only=_ours(action),
                not_before=now + timedelta(seconds=pause_seconds(action.attempts)),
                lease_token="",
                lease_until=None,
                error=text,
            )


@transaction.atomic
def expire(now: datetime, *, idempotent_channels: Collection[str] = ()) -> list[int]:
    """What becomes of actions whose sender died: ids of those that are *unclear* now.

    Over an interface whose far side knows our key they are simply approved again.
    """
    unclear = []
    dead = Action.objects.filter(state=ActionState.SENDING, lease_until__lt=now).select_related("account")
    for action in dead.order_by("id"):
        only = _ours(action) & _expired(now)
        if action.way == Way.API and action.account.channel in idempotent_channels:
            move(
                action,
                (ActionState.SENDING,),
                ActionState.APPROVED,
                verb="action.later",
                who=WHO,
                now=now,
                only=only,
                lease_token="",
                lease_until=None,
                not_before=now,
            )
            continue
        text = MAIL_UNCLEAR if action.way == Way.MAIL else OTHER_UNCLEAR
        if _end(
            action,
            (ActionState.SENDING,),
            ActionState.UNCLEAR,
            "action.unclear",
            now,
            keep_token=True,
            also=_expired(now),
            error=text,
        ):
            unclear.append(action.pk)
    return unclear


def next_due(now: datetime) -> datetime | None:
    """When the next approved action may leave; None when none waits or everything stands still."""
    if Halt.objects.filter(ended_at=None).exists():
        return None
    return (
        Action.objects.filter(state=ActionState.APPROVED, way__in=CARRIED)
        .order_by("not_before")
        .values_list("not_before", flat=True)
        .first()
    )


def pause_seconds(attempts: int) -> float:
    """Seconds until the next attempt after this many: 30, 60, 120 … at most an hour."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS))


def _send_back_changed(now: datetime) -> None:
    rows = _returning(
        f"""UPDATE kulanz_action SET state = 'proposed', error = %s
            WHERE state = 'approved' AND id IN (
                SELECT a.id FROM kulanz_action AS a
                WHERE a.state = 'approved' AND a.not_before <= %s AND a.way IN ({_places(CARRIED)})
                  AND {basis.changed_sql("a")} {_locking("a")}
            ) RETURNING id""",  # noqa: S608
        [CHANGED, _db(now), *CARRIED],
    )
    for action in Action.objects.filter(pk__in=rows):
        audit(
            "action.situation_changed",
            action,
            WHO,
            now,
            why=CHANGED,
            before={"state": ActionState.APPROVED},
            after={"state": ActionState.PROPOSED},
        )


def _end(
    action: Action,
    allowed_from: Collection[str],
    to: ActionState,
    verb: str,
    now: datetime,
    *,
    keep_token: bool = False,
    also: Q | None = None,
    **values: Any,
) -> bool:
    token = {} if keep_token else {"lease_token": ""}
    only = _ours(action) if also is None else _ours(action) & also
    return move(
        action,
        allowed_from,
        to,
        verb=verb,
        who=WHO,
        now=now,
        why=str(values.get("error", "")),
        only=only,
        lease_until=None,
        ended_at=now,
        settled=False,
        **token,
        **values,
    )


def _ours(action: Action) -> Q:
    return Q(lease_token=action.lease_token)


def _expired(now: datetime) -> Q:
    return Q(lease_until__lt=now)


def _returning(sql: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _db(moment: datetime) -> Any:
    """The moment as this database compares it."""
    return connection.ops.adapt_datetimefield_value(moment)


def _places(values: Collection[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _locking(alias: str) -> str:
    """On PostgreSQL several workers claim at once and pass over each other's rows; SQLite has one writer."""
    return f"FOR UPDATE OF {alias} SKIP LOCKED" if connection.vendor == "postgresql" else ""
