"""Einstellungen, Postfächer: connected in three fields, tried by the worker, never by the page."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.base.secrets import NoKey
from kulanz.channels import connections
from kulanz.channels.mail.providers import guess
from kulanz.channels.models import Mailbox
from kulanz.facts.orders import visible_accounts
from kulanz.people.models import User
from kulanz.web.doors import LEADS, door
from kulanz.web.export import csv_response
from kulanz.web.forms import PlainForm, account_choices
from kulanz.web.settings_menu import settings_page

TLS_CHOICES = [
    ("tls", "TLS"),
    ("starttls", "STARTTLS"),
    ("none", gettext_lazy("keine (nur dieser Rechner)")),
]
SENT_NAMES = ("sent", "gesendet", "gesendete", "sent items", "sent messages", "inbox.sent", "inbox.gesendet")
FIRST_DAYS = 30
"""So far back a new mailbox is read, unless the person says otherwise."""
WAITS_LONG_SECONDS = 20
"""After this a waiting check says that the worker may not be running."""


class MailboxForm(PlainForm):
    account = forms.ChoiceField(label=gettext_lazy("Konto"))
    username = forms.CharField(
        max_length=254, label=gettext_lazy("Adresse"), widget=forms.TextInput(attrs={"inputmode": "email"})
    )
    password = forms.CharField(
        max_length=connections.PASSWORD_CHARS,
        strip=False,
        label=gettext_lazy("Passwort"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Wird verschlüsselt aufgehoben und nie wieder angezeigt."),
    )
    host = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Server"),
        help_text=gettext_lazy("leer: Kulanz nimmt den Ihres Anbieters"),
    )
    port = forms.IntegerField(min_value=1, max_value=65535, required=False, label=gettext_lazy("Port"))
    tls = forms.ChoiceField(choices=TLS_CHOICES, required=False, label=gettext_lazy("Verschlüsselung"))
    folder = forms.CharField(max_length=200, required=False, label=gettext_lazy("Ordner"), initial="INBOX")
    is_sent_folder = forms.BooleanField(
        required=False,
        label=gettext_lazy("Das ist der Ordner „Gesendet“"),
        help_text=gettext_lazy("Antworten, die Sie anderswo geben, halten dann die Frist an."),
    )
    since = forms.DateField(
        required=False,
        label=gettext_lazy("Nachrichten ab"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Ältere bleiben ungelesen, damit nicht alte Post als versäumt erscheint. Leer: alle."
        ),
    )
    smtp_host = forms.CharField(max_length=200, required=False, label=gettext_lazy("Server zum Senden"))
    smtp_port = forms.IntegerField(
        min_value=1, max_value=65535, required=False, label=gettext_lazy("Port zum Senden")
    )
    smtp_tls = forms.ChoiceField(
        choices=TLS_CHOICES,
        required=False,
        initial="starttls",
        label=gettext_lazy("Verschlüsselung zum Senden"),
    )
    reads_only = forms.BooleanField(required=False, label=gettext_lazy("nur lesen, nichts senden"))

    def __init__(self, *args: object, user: User, **values: object) -> None:
        super().__init__(*args, **values)
        self.fields["account"].choices = account_choices(user)

    def values(self) -> connections.MailboxValues:
        """With the provider's servers where the person named none."""
        given = self.cleaned_data
        known = guess(given["username"])
        own = bool(given["host"])
        return connections.MailboxValues(
            account_id=int(given["account"]),
            username=given["username"].strip(),
            host=given["host"].strip() or known.imap_host,
            port=given["port"] or (993 if own else known.imap_port),
            tls=(given["tls"] or "tls") if own else known.imap_tls,
            folder=given["folder"].strip() or "INBOX",
            is_sent_folder=given["is_sent_folder"],
            since=given["since"],
            **self._sending(),
        )

    def _sending(self) -> dict[str, object]:
        given, known = self.cleaned_data, guess(self.cleaned_data["username"])
        if given["reads_only"] or given["is_sent_folder"]:
            return {"smtp_host": ""}
        own = bool(given["smtp_host"])
        return {
            "smtp_host": given["smtp_host"].strip() or known.smtp_host,
            "smtp_port": given["smtp_port"] or (587 if own else known.smtp_port),
            "smtp_tls": (given["smtp_tls"] or "starttls") if own else known.smtp_tls,
        }


ADVANCED = (
    "host", "port", "tls", "folder", "since", "is_sent_folder", "smtp_host", "smtp_port", "smtp_tls", "reads_only",
)  # fmt: skip


def _visible(user: User) -> list[Mailbox]:
    ids = [account.pk for account in visible_accounts(user)]
    found = Mailbox.objects.filter(account_id__in=ids).select_related("account")
    return list(found.order_by("account__title", "username", "folder"))


def _mailbox(request: HttpRequest, mailbox_id: int) -> Mailbox:
    found = next((m for m in _visible(request.user) if m.pk == mailbox_id), None)
    if found is None:
        raise Http404
    return found


@require_GET
@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    states = connections.feed_states()
    rows = [(mailbox, states.get(("fetch_mail", mailbox.pk))) for mailbox in _visible(request.user)]
    accounts = visible_accounts(request.user)
    return settings_page(request, "settings/mailboxes.html", {"rows": rows, "accounts": accounts})


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    states = connections.feed_states()
    header = [
        _("Konto"),
        _("Adresse"),
        _("Ordner"),
        _("Server"),
        _("Senden über"),
        _("zuletzt gelesen"),
        _("Fehler"),
    ]
    lines = (
        (
            m.account.title,
            m.username,
            m.folder,
            m.host,
            m.smtp_host,
            state and state.last_ok_at,
            state and state.error,
        )
        for m in _visible(request.user)
        for state in (states.get(("fetch_mail", m.pk)),)
    )
    return csv_response("postfaecher", header, lines)


def _form_page(request: HttpRequest, form: MailboxForm, mailbox: Mailbox | None) -> HttpResponse:
    context = {
        "form": form,
        "mailbox": mailbox,
        "simple": [form[name] for name in ("account", "username", "password")],
        "advanced": [form[name] for name in ADVANCED],
        "open": mailbox is not None or any(form.errors.get(name) for name in ADVANCED),
    }
    return settings_page(request, "settings/mailbox.html", context)


@door(LEADS)
def new(request: HttpRequest) -> HttpResponse:
    since = (clock.now() - timedelta(days=FIRST_DAYS)).date()
    form = MailboxForm(request.POST or None, user=request.user, initial={"since": since})
    if request.method == "POST" and form.is_valid():
        try:
            mailbox = connections.connect_mailbox(
                form.values(),
                password=form.cleaned_data["password"],
                by=request.user.username,
                now=clock.now(),
            )
        except (connections.NotPossible, NoKey) as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("mailbox_check", mailbox.pk)
    return _form_page(request, form, None)


@door(LEADS)
def edit(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    mailbox = _mailbox(request, mailbox_id)
    given = {name: getattr(mailbox, name) for name in ("username", *ADVANCED) if hasattr(mailbox, name)}
    given |= {"account": str(mailbox.account_id), "reads_only": not mailbox.smtp_host}
    form = MailboxForm(request.POST or None, user=request.user, initial=given)
    form.fields["password"].required = False
    form.fields["password"].help_text = _("leer: das bisherige bleibt")
    if request.method == "POST" and form.is_valid():
        try:
            connections.change_mailbox(
                mailbox_id,
                form.values(),
                password=form.cleaned_data["password"],
                by=request.user.username,
                now=clock.now(),
            )
        except (connections.NotPossible, NoKey) as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("mailbox_check", mailbox_id)
    return _form_page(request, form, mailbox)


@door(LEADS)
def check(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """GET shows how the check stands and asks again every two seconds; POST asks for a new one."""
    mailbox = _mailbox(request, mailbox_id)
    if request.method == "POST":
        connections.ask_check(mailbox_id, now=clock.now())
        return redirect("mailbox_check", mailbox_id)
    state = connections.check_state(mailbox_id, now=clock.now())
    has_sent = Mailbox.objects.filter(
        username=mailbox.username, host=mailbox.host, is_sent_folder=True
    ).exists()
    context = {
        "mailbox": mailbox,
        "check": state,
        "long": state.seconds > WAITS_LONG_SECONDS,
        "hint": guess(mailbox.username).hint,
        "sent": None if has_sent else _sent_folder(mailbox.folders),
    }
    if request.headers.get("HX-Request"):
        return render(request, "settings/mailbox_state.html", context)
    return settings_page(request, "settings/mailbox_check.html", context)


def _sent_folder(names: list[str]) -> str | None:
    """The folder that by its name holds what was sent."""
    last = {name: name.replace("/", ".").rpartition(".")[2].lower() for name in names}
    return next((name for name, short in last.items() if short in SENT_NAMES), None)


@require_POST
@door(LEADS)
def add_sent(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """The Sent folder of the same mailbox, with the password it already has."""
    mailbox = _mailbox(request, mailbox_id)
    name = _sent_folder(mailbox.folders)
    if name is None:
        raise Http404
    try:
        sent = connections.connect_folder(
            mailbox_id, folder=name, is_sent_folder=True, by=request.user.username, now=clock.now()
        )
    except connections.NotPossible as refused:
        messages.error(request, str(refused))
        return redirect("mailboxes")
    return redirect("mailbox_check", sent.pk)


@require_POST
@door(LEADS)
def remove(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    mailbox = _mailbox(request, mailbox_id)
    connections.disconnect_mailbox(mailbox_id, by=request.user.username, now=clock.now())
    messages.success(
        request, _("%(name)s ist getrennt. Die Nachrichten bleiben.") % {"name": mailbox.username}
    )
    return redirect("mailboxes")


urlpatterns = [
    path("einstellungen/postfaecher/", page, name="mailboxes"),
    path("einstellungen/postfaecher/csv/", export, name="mailboxes_export"),
    path("einstellungen/postfaecher/neu/", new, name="mailbox_new"),
    path("einstellungen/postfaecher/<int:mailbox_id>/", edit, name="mailbox_edit"),
    path("einstellungen/postfaecher/<int:mailbox_id>/pruefen/", check, name="mailbox_check"),
    path("einstellungen/postfaecher/<int:mailbox_id>/gesendet/", add_sent, name="mailbox_sent"),
    path("einstellungen/postfaecher/<int:mailbox_id>/trennen/", remove, name="mailbox_remove"),
]
