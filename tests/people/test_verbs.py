"""Users, roles, passwords, the duty roster."""

from datetime import timedelta
from typing import Any

import pytest

from factories import NOW, account, user
from kulanz.audit.models import AuditEntry
from kulanz.people import verbs
from kulanz.people.models import Role, Shift, User

NEW: dict[str, Any] = {
    "first_name": "Deniz", "last_name": "Aydın", "email": "", "role": Role.AGENT, "all_accounts": True,
    "account_ids": [],
}  # fmt: skip


@pytest.fixture
def owner(db: None) -> User:
    return user("miriam", Role.OWNER)


def create(owner: User, **values: Any) -> tuple[User, str]:
    return verbs.create_user(**({"username": "deniz"} | NEW | values), by=owner, now=NOW)


def test_a_new_user_signs_in_with_the_first_password(owner: User) -> None:
    deniz, password = create(owner)
    assert deniz.check_password(password)
    assert len(password) == 23
    (entry,) = AuditEntry.objects.all()
    assert (entry.actor, entry.verb, entry.after["role"]) == ("miriam", "create_user", "agent")  # type: ignore[index]
    assert password not in str(entry.after)


@pytest.mark.parametrize("taken", ["miriam", "MIRIAM", " miriam ", ""])
def test_a_name_is_given_once(owner: User, taken: str) -> None:
    with pytest.raises(verbs.NotPossible):
        create(owner, username=taken)


def test_a_limit_names_accounts(owner: User) -> None:
    shop = account()
    with pytest.raises(verbs.NotPossible, match="mindestens ein Konto"):
        create(owner, all_accounts=False)
    deniz, _password = create(owner, all_accounts=False, account_ids=[shop.pk])
    assert list(deniz.accounts.all()) == [shop]
    verbs.change_user(deniz.pk, **NEW, by=owner, now=NOW)
    assert list(deniz.accounts.all()) == []


@pytest.mark.parametrize("role", [r for r in Role if r != Role.OWNER])
def test_only_the_owner_manages_users(owner: User, role: Role) -> None:
    somebody = user("somebody", role)
    for deed in (
        lambda: create(somebody),
        lambda: verbs.change_user(owner.pk, **NEW, by=somebody, now=NOW),
        lambda: verbs.reset_password(owner.pk, by=somebody, now=NOW),
        lambda: verbs.set_active(owner.pk, active=False, by=somebody, now=NOW),
    ):
        with pytest.raises(verbs.NotPossible, match="Inhaber"):
            deed()
    assert AuditEntry.objects.count() == 0


def test_there_is_always_an_owner(owner: User) -> None:
    with pytest.raises(verbs.NotPossible, match="Niemand sonst hat die Rolle Inhaber"):
        verbs.change_user(owner.pk, **(NEW | {"role": Role.LEAD}), by=owner, now=NOW)
    with pytest.raises(verbs.NotPossible, match="Sich selbst"):
        verbs.set_active(owner.pk, active=False, by=owner, now=NOW)
    second = user("second", Role.OWNER)
    verbs.change_user(owner.pk, **(NEW | {"role": Role.LEAD}), by=owner, now=NOW)
    owner.refresh_from_db()
    assert (owner.role, second.role) == (Role.LEAD, Role.OWNER)


def test_a_reset_ends_the_old_password(owner: User) -> None:
    deniz, first = create(owner)
    second = verbs.reset_password(deniz.pk, by=owner, now=NOW)
    deniz.refresh_from_db()
    assert (deniz.check_password(first), deniz.check_password(second)) == (False, True)


def test_switching_off_keeps_the_user(owner: User) -> None:
    deniz, _password = create(owner)
    for active in (False, False, True):
        assert verbs.set_active(deniz.pk, active=active, by=owner, now=NOW).is_active is active
    verbs_done = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs_done == ["create_user", "deactivate_user", "activate_user"]


def test_each_changes_the_own_profile_and_the_audit_holds_what_changed(owner: User) -> None:
    given = {"first_name": "Miriam", "last_name": "", "language": "en", "theme": "dark", "single_keys": False}
    verbs.change_profile(by=owner, **given, signature="Viele Grüße", now=NOW)
    verbs.change_profile(by=owner, **given, signature="Viele Grüße", now=NOW)
    (entry,) = AuditEntry.objects.all()
    assert entry.after == {
        "first_name": "Miriam", "language": "en", "theme": "dark", "single_keys": False, "signature": "Viele Grüße",
    }  # fmt: skip
    assert entry.before == {
        "first_name": "", "language": "de", "theme": "auto", "single_keys": True, "signature": "",
    }  # fmt: skip
    with pytest.raises(verbs.NotPossible, match="2000"):
        verbs.change_profile(by=owner, **given, signature="x" * 2001, now=NOW)
    with pytest.raises(verbs.NotPossible, match="Sprache"):
        verbs.change_profile(by=owner, **(given | {"language": "fr"}), signature="", now=NOW)


@pytest.mark.parametrize(
    ("starts", "hours", "right"),
    [(1, 8, True), (1, 24, True), (1, 25, False), (1, 0, False), (1, -3, False), (24 * 366, 8, False)],
)
def test_shifts(owner: User, starts: int, hours: int, right: bool) -> None:
    begin = NOW + timedelta(hours=starts)

    def add() -> Shift:
        return verbs.add_shift(
            owner.pk, starts_at=begin, ends_at=begin + timedelta(hours=hours), by=owner, now=NOW
        )

    if right:
        verbs.remove_shift(add().pk, by=owner, now=NOW)
        assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
            "add_shift",
            "remove_shift",
        ]
    else:
        with pytest.raises(verbs.NotPossible):
            add()
    assert Shift.objects.count() == 0


def test_agents_do_not_write_the_roster(owner: User) -> None:
    with pytest.raises(verbs.NotPossible, match="Leitung"):
        verbs.add_shift(owner.pk, starts_at=NOW, ends_at=NOW + timedelta(hours=1), by=user("agent"), now=NOW)
