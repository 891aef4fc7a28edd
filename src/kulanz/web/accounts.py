"""Einstellungen, Konten: marketplaces, shop and Wawi of the merchant."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kulanz.base import clock
from kulanz.channels.registry import CHANNELS
from kulanz.facts import accounts
from kulanz.facts.models import Account
from kulanz.facts.orders import visible_accounts
from kulanz.web.doors import LEADS, door
from kulanz.web.export import csv_response
from kulanz.web.forms import PlainForm, visible_account
from kulanz.web.settings_menu import settings_page


class AccountForm(PlainForm):
    title = forms.CharField(
        max_length=60, label=gettext_lazy("Name"), help_text=gettext_lazy("zum Beispiel „Amazon.de“")
    )
    channel = forms.ChoiceField(
        choices=[(key, channel.title) for key, channel in CHANNELS.items()], label=gettext_lazy("Kanal")
    )
    sender = forms.EmailField(
        required=False,
        max_length=254,
        label=gettext_lazy("Absender der Antworten"),
        help_text=gettext_lazy("Bei Amazon die Adresse, die dort freigegeben ist."),
    )
    sender_name = forms.CharField(max_length=120, required=False, label=gettext_lazy("Name des Absenders"))
    land = forms.ChoiceField(
        choices=sorted(accounts.LANDS.items(), key=lambda land: land[1]),
        initial="NW",
        label=gettext_lazy("Bundesland"),
        help_text=gettext_lazy("für die Feiertage unserer eigenen Frist"),
    )
    zone = forms.CharField(max_length=40, initial="Europe/Berlin", label=gettext_lazy("Zeitzone"))
    name = forms.CharField(
        max_length=60,
        required=False,
        label=gettext_lazy("Kurzname"),
        help_text=gettext_lazy("für „kulanz import --account“; leer: aus dem Namen"),
    )
    active = forms.BooleanField(required=False, initial=True, label=gettext_lazy("in Gebrauch"))

    def values(self) -> accounts.AccountValues:
        given = dict(self.cleaned_data)
        given["name"] = given["name"].strip().lower() or accounts.short_name(given["title"])
        return accounts.AccountValues(**given)


def _channel(account: Account) -> str:
    return CHANNELS[account.channel].title if account.channel in CHANNELS else account.channel


@require_GET
@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    rows = [(account, _channel(account)) for account in visible_accounts(request.user)]
    return settings_page(request, "settings/accounts.html", {"rows": rows})


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    header = [
        _("Konto"),
        _("Kurzname"),
        _("Kanal"),
        _("Absender"),
        _("Bundesland"),
        _("Zeitzone"),
        _("in Gebrauch"),
    ]
    lines = (
        (a.title, a.name, _channel(a), a.sender, a.land, a.zone, a.active)
        for a in visible_accounts(request.user)
    )
    return csv_response("konten", header, lines)


@door(LEADS)
def new(request: HttpRequest) -> HttpResponse:
    if not request.user.all_accounts:
        raise PermissionDenied(_("Ein neues Konto legt an, wer alle Konten sieht."))
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = accounts.open_account(form.values(), by=request.user.username, now=clock.now())
        except accounts.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Konto „%(title)s“ angelegt.") % {"title": account.title})
            return redirect("accounts")
    return settings_page(request, "settings/account.html", {"form": form})


@door(LEADS)
def edit(request: HttpRequest, account_id: int) -> HttpResponse:
    account = visible_account(request.user, account_id)
    if account is None:
        raise Http404
    given = {field: getattr(account, field) for field in AccountForm.base_fields}
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["channel"] = account.channel
    form = AccountForm(data, initial=given)
    form.fields["channel"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change_account(account_id, form.values(), by=request.user.username, now=clock.now())
        except accounts.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Gespeichert."))
            return redirect("accounts")
    return settings_page(request, "settings/account.html", {"form": form, "account": account})


urlpatterns = [
    path("einstellungen/konten/", page, name="accounts"),
    path("einstellungen/konten/csv/", export, name="accounts_export"),
    path("einstellungen/konten/neu/", new, name="account_new"),
    path("einstellungen/konten/<int:account_id>/", edit, name="account_edit"),
]
