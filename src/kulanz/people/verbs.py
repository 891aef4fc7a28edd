"""What the owner does with users, and each user with the own profile. Every verb is audited."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kulanz.audit.record import record
from kulanz.facts.models import Account
from kulanz.people.models import Role, Shift, User

SIGNATURE_CHARS = 2000
SHIFT_LONGEST = timedelta(hours=24)
SHIFTS_AHEAD = timedelta(days=366)
LANGUAGES = ("de", "en")
THEMES = ("auto", "light", "dark")
_KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without l, I, O, 0, 1: a first password is read out on the phone."""


class NotPossible(Exception):
    """The text is German and says what to do instead."""


def first_password() -> str:
    """Four groups of five characters, 115 bits."""
    return "-".join("".join(secrets.choice(_KEY_ALPHABET) for _ in range(5)) for _ in range(4))


def _owner(by: User) -> None:
    if not by.owns:
        raise NotPossible("Benutzer verwaltet nur die Inhaberin oder der Inhaber.")


def _shown(user: User) -> dict[str, Any]:
    """What the audit keeps of a user; never a password."""
    return {
        "username": user.username,
        "name": user.get_full_name(),
        "email": user.email,
        "role": user.role,
        "all_accounts": user.all_accounts,
        "accounts": sorted(user.accounts.values_list("name", flat=True)) if user.pk else [],
        "active": user.is_active,
    }


def _changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


@transaction.atomic
def create_user(
    *,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    role: Role,
    all_accounts: bool,
    account_ids: Iterable[int],
    by: User,
    now: datetime,
) -> tuple[User, str]:
    """A user and the first password, which is shown once. Raises NotPossible."""
    _owner(by)
    username = username.strip()
    if not username:
        raise NotPossible("Bitte geben Sie einen Anmeldenamen an.")
    if User.objects.filter(username__iexact=username).exists():
        raise NotPossible(f"Den Anmeldenamen „{username}“ gibt es schon.")
    user = User(
        username=username,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        email=email.strip(),
        role=role,
        all_accounts=all_accounts,
    )
    password = first_password()
    user.set_password(password)
    user.save()
    _limit(user, all_accounts, account_ids)
    record(who=by.username, what="create_user", kind="user", object_id=user.pk, now=now, after=_shown(user))
    return user, password


def _limit(user: User, all_accounts: bool, account_ids: Iterable[int]) -> None:
    accounts = [] if all_accounts else list(Account.objects.filter(pk__in=list(account_ids)))
    if not all_accounts and not accounts:
        raise NotPossible("Wählen Sie mindestens ein Konto oder „alle Konten“.")
    user.accounts.set(accounts)


def _locked(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotPossible("Diesen Benutzer gibt es nicht mehr.")
    return user


def _keep_an_owner(user: User) -> None:
    """There is always somebody who may manage users."""
    others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=user.pk)
    if user.role == Role.OWNER and user.is_active and not others.exists():
        raise NotPossible("Niemand sonst hat die Rolle Inhaber. Geben Sie sie zuerst jemand anderem.")


@transaction.atomic
def change_user(
    user_id: int,
    *,
    first_name: str,
    last_name: str,
    email: str,
    role: Role,
    all_accounts: bool,
    account_ids: Iterable[int],
    by: User,
    now: datetime,
) -> User:
    """Raises NotPossible, also when the last owner would lose the role."""
    _owner(by)
    user = _locked(user_id)
    before = _shown(user)
    if role != user.role:
        _keep_an_owner(user)
    user.first_name, user.last_name, user.email = first_name.strip(), last_name.strip(), email.strip()
    user.role, user.all_accounts = role, all_accounts
    user.save(update_fields=["first_name", "last_name", "email", "role", "all_accounts"])
    _limit(user, all_accounts, account_ids)
    was, becomes = _changed(before, _shown(user))
    if becomes:
        record(
            who=by.username,
            what="change_user",
            kind="user",
            object_id=user.pk,
            now=now,
            before=was,
            after=becomes,
        )
    return user


@transaction.atomic
def reset_password(user_id: int, *, by: User, now: datetime) -> str:
    """A new first password, shown once; ends all sessions of the user."""
    _owner(by)
    user = _locked(user_id)
    password = first_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    record(who=by.username, what="reset_password", kind="user", object_id=user.pk, now=now)
    return password


@transaction.atomic
def set_active(user_id: int, *, active: bool, by: User, now: datetime) -> User:
    """Sign-in on or off; a user is never deleted, so that the audit keeps its names."""
    _owner(by)
    user = _locked(user_id)
    if user.pk == by.pk and not active:
        raise NotPossible("Sich selbst können Sie nicht abschalten.")
    if user.is_active == active:
        return user
    if not active:
        _keep_an_owner(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    record(
        who=by.username,
        what="activate_user" if active else "deactivate_user",
        kind="user",
        object_id=user.pk,
        now=now,
        before={"active": not active},
        after={"active": active},
    )
    return user


@transaction.atomic
def change_profile(
    *,
    by: User,
    first_name: str,
    last_name: str,
    language: str,
    theme: str,
    single_keys: bool,
    signature: str,
    now: datetime,
) -> User:
    """Each user the own profile; neither role nor accounts."""
    if language not in LANGUAGES or theme not in THEMES:
        raise NotPossible("Diese Sprache oder Darstellung gibt es nicht.")
    if len(signature) > SIGNATURE_CHARS:
        raise NotPossible(f"Die Signatur ist länger als {SIGNATURE_CHARS} Zeichen.")
    user = _locked(by.pk)
    fields = ("first_name", "last_name", "language", "theme", "single_keys", "signature")
    before = {field: getattr(user, field) for field in fields}
    values = (first_name.strip(), last_name.strip(), language, theme, single_keys, signature.strip())
    for field, value in zip(fields, values, strict=True):
        setattr(user, field, value)
    user.save(update_fields=list(fields))
    was, becomes = _changed(before, {field: getattr(user, field) for field in fields})
    if becomes:
        record(
            who=by.username,
            what="change_profile",
            kind="user",
            object_id=user.pk,
            now=now,
            before=was,
            after=becomes,
        )
    return user


@transaction.atomic
def add_shift(user_id: int, *, starts_at: datetime, ends_at: datetime, by: User, now: datetime) -> Shift:
    """Leads and owner write the duty roster. Times are UTC."""
    if not by.leads:
        raise NotPossible("Den Dienstplan schreibt die Leitung.")
    if not starts_at < ends_at <= starts_at + SHIFT_LONGEST:
        raise NotPossible("Ein Dienst endet nach seinem Beginn und dauert höchstens 24 Stunden.")
    if ends_at > now + SHIFTS_AHEAD:
        raise NotPossible("Der Dienstplan reicht höchstens ein Jahr voraus.")
    user = _locked(user_id)
    shift = Shift.objects.create(user=user, starts_at=starts_at, ends_at=ends_at)
    record(
        who=by.username,
        what="add_shift",
        kind="user",
        object_id=user.pk,
        now=now,
        after={"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    return shift


@transaction.atomic
def remove_shift(shift_id: int, *, by: User, now: datetime) -> None:
    if not by.leads:
        raise NotPossible("Den Dienstplan schreibt die Leitung.")
    shift = Shift.objects.filter(pk=shift_id).first()
    if shift is None:
        return
    record(
        who=by.username,
        what="remove_shift",
        kind="user",
        object_id=shift.user_id,
        now=now,
        before={"starts_at": shift.starts_at.isoformat(), "ends_at": shift.ends_at.isoformat()},
    )
    shift.delete()
