"""Forms that look like ours and read money, times and account choices the same everywhere."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from kulanz.base.money import AmountUnreadable, parse_cents
from kulanz.facts.models import Account
from kulanz.facts.orders import visible_accounts
from kulanz.people.models import User


class PlainForm(forms.Form):
    """Widgets wear Tabler's classes; a required field is marked by the browser, not by a star."""

    use_required_attribute = True

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, label_suffix="", **values)
        for field in self.fields.values():
            match field.widget:
                case forms.CheckboxInput():
                    field.widget.attrs["class"] = "form-check-input"
                case forms.Select():
                    field.widget.attrs["class"] = "form-select"
                case _:
                    field.widget.attrs["class"] = "form-control"


class CentsField(forms.CharField):
    """Money as people type it, to cents; empty is None."""

    def clean(self, value: object) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return parse_cents(text)
        except AmountUnreadable as wrong:
            raise forms.ValidationError(str(wrong)) from None


def account_choices(user: User, *, empty: str = "") -> list[tuple[str, str]]:
    """Accounts the user sees, as choices of a select."""
    found = [(str(account.pk), account.title) for account in visible_accounts(user)]
    return [("", empty), *found] if empty else found


def local_time(text: str) -> datetime | None:
    """`2026-11-27T09:00` of a browser's field as UTC; None for anything else."""
    try:
        naive = datetime.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(naive) if timezone.is_naive(naive) else naive


def visible_account(user: User, account_id: int | None) -> Account | None:
    return next((account for account in visible_accounts(user) if account.pk == account_id), None)


def read_number(text: str | None) -> int | None:
    """A row number of an address; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
