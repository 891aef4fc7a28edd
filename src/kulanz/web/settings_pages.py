"""Einstellungen: the overview, the own profile, and the dated rules of the channels."""

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET

from kulanz.base import clock
from kulanz.channels import rules
from kulanz.channels.registry import CHANNELS
from kulanz.people import verbs
from kulanz.web.doors import EVERYBODY, LEADS, door
from kulanz.web.export import csv_response
from kulanz.web.forms import PlainForm
from kulanz.web.settings_menu import settings_page

RULE_NAMES = {
    "answer": noop("Antwort"),
    "claim_answer": noop("Stellungnahme"),
    "hours": noop("Geschäftszeiten"),
}


@require_GET
@door(EVERYBODY)
def index(request: HttpRequest) -> HttpResponse:
    if not request.user.leads:
        return redirect("profile")
    return settings_page(request, "settings/index.html")


class ProfileForm(PlainForm):
    first_name = forms.CharField(max_length=150, required=False, label=gettext_lazy("Vorname"))
    last_name = forms.CharField(max_length=150, required=False, label=gettext_lazy("Nachname"))
    language = forms.ChoiceField(
        choices=[("de", "Deutsch"), ("en", "English")], label=gettext_lazy("Sprache")
    )
    theme = forms.ChoiceField(
        choices=[
            ("auto", gettext_lazy("wie das Gerät")),
            ("light", gettext_lazy("hell")),
            ("dark", gettext_lazy("dunkel")),
        ],
        label=gettext_lazy("Farben"),
    )
    single_keys = forms.BooleanField(
        required=False,
        label=gettext_lazy("Tasten aus einem Buchstaben"),
        help_text=gettext_lazy(
            "j, k, n, z … abschalten, wenn Sie diktieren oder eine Sprachsteuerung nutzen."
        ),
    )
    signature = forms.CharField(
        max_length=verbs.SIGNATURE_CHARS,
        required=False,
        label=gettext_lazy("Signatur"),
        help_text=gettext_lazy("Steht unter Ihren Antworten."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@door(EVERYBODY)
def profile(request: HttpRequest) -> HttpResponse:
    fields = ("first_name", "last_name", "language", "theme", "single_keys", "signature")
    form = ProfileForm(
        request.POST or None, initial={field: getattr(request.user, field) for field in fields}
    )
    if request.method == "POST" and form.is_valid():
        verbs.change_profile(by=request.user, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Gespeichert."))
        return redirect("profile")
    return settings_page(request, "settings/profile.html", {"form": form})


class RuleForm(PlainForm):
    value = forms.CharField(max_length=rules.VALUE_CHARS, label=gettext_lazy("Wert"))
    valid_from = forms.DateField(
        label=gettext_lazy("Gilt ab"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.CharField(
        max_length=300,
        label=gettext_lazy("Quelle"),
        help_text=gettext_lazy("Woher wissen Sie es? Zum Beispiel Hilfeseite und Datum."),
    )


def _all_accounts(request: HttpRequest) -> None:
    if not request.user.all_accounts:
        raise PermissionDenied(_("Das sieht nur, wer alle Konten sieht."))


def _channel(key: str) -> str:
    return CHANNELS[key].title if key in CHANNELS else _("Unser Haus")


def _rule_name(name: str) -> str:
    if name.startswith("sentence."):
        return _("Merksatz %(n)s") % {"n": name.removeprefix("sentence.")}
    return _(RULE_NAMES[name]) if name in RULE_NAMES else name


@require_GET
@door(LEADS)
def rule_list(request: HttpRequest) -> HttpResponse:
    _all_accounts(request)
    rows = [(_channel(rule.channel), _rule_name(rule.name), rule) for rule in rules.all_rules(_today())]
    return settings_page(request, "settings/rules.html", {"rows": rows})


def _today() -> date:
    return timezone.localdate(clock.now())


@require_GET
@door(LEADS)
def rule_export(request: HttpRequest) -> HttpResponse:
    _all_accounts(request)
    header = [_("Kanal"), _("Regel"), _("Wert"), _("Gilt ab"), _("Quelle"), _("von uns geändert")]
    lines = (
        (_channel(r.channel), _rule_name(r.name), r.value, r.valid_from, r.source, r.edited)
        for r in rules.all_rules(_today())
    )
    return csv_response("regeln", header, lines)


@door(LEADS)
def rule_edit(request: HttpRequest, channel: str, name: str) -> HttpResponse:
    _all_accounts(request)
    held = rules.rule(channel, name, _today())
    if held is None:
        raise Http404
    form = RuleForm(request.POST or None, initial={"value": held.value, "valid_from": _today()})
    if request.method == "POST" and form.is_valid():
        try:
            rules.edit(channel, name, **form.cleaned_data, by=request.user.username, now=clock.now())
        except rules.RuleUnreadable as wrong:
            form.add_error("value", str(wrong))
        else:
            messages.success(request, _("Die Regel gilt ab dem genannten Tag."))
            return redirect("rules")
    context = {"form": form, "held": held, "channel": _channel(channel), "name": _rule_name(name)}
    return settings_page(request, "settings/rule.html", context)


urlpatterns = [
    path("einstellungen/", index, name="settings"),
    path("einstellungen/profil/", profile, name="profile"),
    path("einstellungen/regeln/", rule_list, name="rules"),
    path("einstellungen/regeln/csv/", rule_export, name="rules_export"),
    path("einstellungen/regeln/<slug:channel>/<str:name>/", rule_edit, name="rule_edit"),
]
