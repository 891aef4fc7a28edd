"""The menu beside every page of Einstellungen, by role."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kulanz.people.models import Role
from kulanz.web.doors import EVERYBODY, LEADS, OWNER


@dataclass(frozen=True, slots=True)
class Item:
    url_name: str
    title: str
    icon: str
    hint: str
    roles: frozenset[Role]
    all_accounts: bool = False
    """Only for who sees every account."""


ITEMS = (
    Item("accounts", gettext_noop("Konten"), "world", gettext_noop("Marktplätze, Shop, Wawi"), LEADS),
    Item(
        "mailboxes",
        gettext_noop("Postfächer"),
        "mail",
        gettext_noop("woher die Nachrichten kommen, womit geantwortet wird"),
        LEADS,
    ),
    Item(
        "folders",
        gettext_noop("Überwachte Ordner"),
        "folder",
        gettext_noop("Dateien aus Shop und Wawi, von selbst gelesen"),
        LEADS,
    ),
    Item(
        "import",
        gettext_noop("Datei einlesen"),
        "upload",
        gettext_noop("ein Bericht, ein Export, alte Mails"),
        LEADS,
    ),
    Item(
        "policy",
        gettext_noop("Was Kulanz darf"),
        "policy",
        gettext_noop("je Konto und Art: beobachten, vorschlagen, selbst handeln"),
        LEADS,
    ),
    Item(
        "rules",
        gettext_noop("Regeln der Kanäle"),
        "book",
        gettext_noop("Fristen mit Datum und Quelle"),
        LEADS,
        True,
    ),
    Item("users", gettext_noop("Benutzer"), "users", gettext_noop("Rollen, Konten, Passwörter"), OWNER),
    Item("roster", gettext_noop("Dienstplan"), "calendar", gettext_noop("wer wann da ist"), LEADS),
    Item(
        "quarantine",
        gettext_noop("Nicht lesbar"),
        "unreadable",
        gettext_noop("Sätze, die keine Regel lesen konnte"),
        LEADS,
    ),
    Item("audit", gettext_noop("Protokoll"), "clipboard-list", gettext_noop("wer was wann tat"), LEADS, True),
    Item(
        "profile",
        gettext_noop("Mein Profil"),
        "user",
        gettext_noop("Sprache, Farben, Tasten, Signatur"),
        EVERYBODY,
    ),
)


def items_for(request: HttpRequest) -> list[dict[str, object]]:
    user = request.user
    return [
        {
            "title": _(item.title),
            "icon": item.icon,
            "hint": _(item.hint),
            "url": reverse(item.url_name),
            "current": request.path.startswith(reverse(item.url_name)),
        }
        for item in ITEMS
        if user.role in item.roles and (user.all_accounts or not item.all_accounts)
    ]


def settings_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page of Einstellungen with its menu."""
    return render(request, template, {"menu": items_for(request), **(context or {})}, status=status)
