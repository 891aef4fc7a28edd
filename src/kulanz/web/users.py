"""Einstellungen, Benutzer and Dienstplan."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.facts.models import Account
from kulanz.people import verbs
from kulanz.people.models import Role, Shift, User
from kulanz.web.doors import LEADS, OWNER, door
from kulanz.web.export import csv_response
from kulanz.web.forms import PlainForm, local_time, read_number
from kulanz.web.settings_menu import settings_page

ROLE_NAMES = {
    Role.AGENT: noop("Kundenservice"),
    Role.LEAD: noop("Leitung"),
    Role.OWNER: noop("Inhaber"),
    Role.WAREHOUSE: noop("Lager"),
    Role.ACCOUNTING: noop("Buchhaltung"),
}
ROSTER_ROWS = 100


class UserForm(PlainForm):
    username = forms.CharField(
        max_length=150,
        label=gettext_lazy("Anmeldename"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    first_name = forms.CharField(max_length=150, required=False, label=gettext_lazy("Vorname"))
    last_name = forms.CharField(max_length=150, required=False, label=gettext_lazy("Nachname"))
    email = forms.EmailField(required=False, label=gettext_lazy("E-Mail"))
    role = forms.ChoiceField(
        choices=[(role.value, gettext_lazy(name)) for role, name in ROLE_NAMES.items()],
        label=gettext_lazy("Rolle"),
        help_text=gettext_lazy(
            "Lager sieht Bestellungen, Ersatz und Sperren; Buchhaltung Bestellungen und Erstattungen; beide keine Mails."
        ),
    )
    all_accounts = forms.BooleanField(required=False, initial=True, label=gettext_lazy("sieht alle Konten"))
    account_ids = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("sonst nur diese Konten"),
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )

    def __init__(self, *args: object, **values: object) -> None:
        super().__init__(*args, **values)
        accounts = Account.objects.order_by("title").values_list("pk", "title")
        self.fields["account_ids"].choices = [(str(pk), title) for pk, title in accounts]

    def clean_account_ids(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["account_ids"]]


@require_GET
@door(OWNER)
def page(request: HttpRequest) -> HttpResponse:
    return settings_page(request, "settings/users.html", {"rows": _rows()})


def _rows() -> list[tuple[User, str, str]]:
    users = User.objects.order_by("-is_active", "last_name", "username").prefetch_related("accounts")
    return [
        (user, _(ROLE_NAMES[Role(user.role)]), ", ".join(sorted(a.title for a in user.accounts.all())))
        for user in users
    ]


@require_GET
@door(OWNER)
def export(request: HttpRequest) -> HttpResponse:
    header = [
        _("Anmeldename"),
        _("Name"),
        _("E-Mail"),
        _("Rolle"),
        _("Konten"),
        _("darf sich anmelden"),
        _("zuletzt da"),
    ]
    lines = (
        (
            u.username,
            u.get_full_name(),
            u.email,
            role,
            _("alle") if u.all_accounts else names,
            u.is_active,
            u.last_login,
        )
        for u, role, names in _rows()
    )
    return csv_response("benutzer", header, lines)


def _first_password(request: HttpRequest, user: User, password: str) -> HttpResponse:
    """Shown once, on this one answer; stored nowhere readable."""
    context = {"person": user, "password": password}
    response = settings_page(request, "settings/first_password.html", context)
    response["Cache-Control"] = "no-store"
    return response


@door(OWNER)
def new(request: HttpRequest) -> HttpResponse:
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = verbs.create_user(**form.cleaned_data, by=request.user, now=clock.now())
        except verbs.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            return _first_password(request, user, password)
    return settings_page(request, "settings/user.html", {"form": form})


def _person(user_id: int) -> User:
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise Http404
    return found


@door(OWNER)
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    person = _person(user_id)
    fields = ("first_name", "last_name", "email", "role", "all_accounts")
    given = {field: getattr(person, field) for field in fields}
    given["account_ids"] = [str(pk) for pk in person.accounts.values_list("pk", flat=True)]
    form = UserForm(request.POST or None, initial=given)
    del form.fields["username"]
    if request.method == "POST" and form.is_valid():
        try:
            verbs.change_user(user_id, **form.cleaned_data, by=request.user, now=clock.now())
        except verbs.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Gespeichert."))
            return redirect("users")
    return settings_page(request, "settings/user.html", {"form": form, "person": person})


@require_POST
@door(OWNER)
def deed(request: HttpRequest, user_id: int, name: str) -> HttpResponse:
    """Reset the password, or switch the sign-in off and on."""
    person, now = _person(user_id), clock.now()
    try:
        match name:
            case "passwort":
                password = verbs.reset_password(user_id, by=request.user, now=now)
                return _first_password(request, person, password)
            case "abschalten" | "anschalten":
                verbs.set_active(user_id, active=name == "anschalten", by=request.user, now=now)
            case _:
                raise Http404
    except verbs.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Gespeichert."))
    return redirect("user_edit", user_id)


@door(LEADS)
def roster(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _add_shift(request)
    shifts = Shift.objects.filter(ends_at__gt=clock.now()).select_related("user").order_by("starts_at")
    people = User.objects.filter(is_active=True).order_by("first_name", "username")
    return settings_page(request, "settings/roster.html", {"shifts": shifts[:ROSTER_ROWS], "people": people})


def _add_shift(request: HttpRequest) -> HttpResponse:
    starts_at = local_time(request.POST.get("von", ""))
    ends_at = local_time(request.POST.get("bis", ""))
    person = read_number(request.POST.get("wer"))
    if starts_at is None or ends_at is None or person is None:
        messages.error(request, _("Bitte geben Sie Person, Beginn und Ende an."))
        return redirect("roster")
    try:
        verbs.add_shift(person, starts_at=starts_at, ends_at=ends_at, by=request.user, now=clock.now())
    except verbs.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Eingetragen."))
    return redirect("roster")


@require_POST
@door(LEADS)
def remove_shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    verbs.remove_shift(shift_id, by=request.user, now=clock.now())
    messages.success(request, _("Ausgetragen."))
    return redirect("roster")


@require_GET
@door(LEADS)
def roster_export(request: HttpRequest) -> HttpResponse:
    shifts = Shift.objects.filter(ends_at__gt=clock.now()).select_related("user").order_by("starts_at")
    header = [_("Wer"), _("von"), _("bis")]
    lines = ((s.user.display_name, s.starts_at, s.ends_at) for s in shifts[:ROSTER_ROWS])
    return csv_response("dienstplan", header, lines)


urlpatterns = [
    path("einstellungen/benutzer/", page, name="users"),
    path("einstellungen/benutzer/csv/", export, name="users_export"),
    path("einstellungen/benutzer/neu/", new, name="user_new"),
    path("einstellungen/benutzer/<int:user_id>/", edit, name="user_edit"),
    path("einstellungen/benutzer/<int:user_id>/<slug:name>/", deed, name="user_deed"),
    path("einstellungen/dienstplan/", roster, name="roster"),
    path("einstellungen/dienstplan/csv/", roster_export, name="roster_export"),
    path("einstellungen/dienstplan/<int:shift_id>/austragen/", remove_shift, name="shift_remove"),
]
