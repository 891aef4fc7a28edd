"""Einstellungen, Datei einlesen and Überwachte Ordner: shown before it is read; an import never writes to a customer."""

from pathlib import Path

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from kulanz.base import clock
from kulanz.channels import connections
from kulanz.channels.files.mapping import TARGET
from kulanz.channels.files.targets import TARGETS
from kulanz.channels.models import ColumnMapping, WatchedFolder
from kulanz.facts.orders import visible_accounts
from kulanz.facts.records import Unreadable
from kulanz.flow import preview
from kulanz.intake import uploads
from kulanz.intake.models import Upload, UploadState
from kulanz.people.models import User
from kulanz.web.doors import LEADS, door
from kulanz.web.export import csv_response
from kulanz.web.forms import read_number, visible_account
from kulanz.web.settings_menu import settings_page
from kulanz.web.sources import column_name, source_name, target_name

STATE_NAMES = {
    UploadState.ASKED: noop("wartet auf Ihr Wort"),
    UploadState.WAITING: noop("wartet, bis es an der Reihe ist"),
    UploadState.RUNNING: noop("wird gelesen"),
    UploadState.DONE: noop("fertig"),
    UploadState.FAILED: noop("fehlgeschlagen"),
}
REFUSED = (connections.NotPossible, uploads.NotPossible)


def _stated(upload: Upload) -> tuple[Upload, str, str]:
    return upload, _(STATE_NAMES[UploadState(upload.state)]), source_name(upload.source)


@door(LEADS)
def page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _hand_in(request)
    rows = [_stated(upload) for upload in uploads.newest(request.user)]
    context = {
        "accounts": visible_accounts(request.user),
        "rows": rows,
        "limit": uploads.UPLOAD_BYTES,
    }
    return settings_page(request, "settings/import.html", context)


def _hand_in(request: HttpRequest) -> HttpResponse:
    account = visible_account(request.user, read_number(request.POST.get("konto")))
    if account is None:
        messages.error(request, _("Bitte wählen Sie ein Konto."))
        return redirect("import")
    try:
        name, body, server_path = _given(request)
        upload = uploads.hand_in(
            account_id=account.pk,
            name=name,
            body=body,
            path=server_path,
            by=request.user,
            now=clock.now(),
        )
    except REFUSED as refused:
        messages.error(request, str(refused))
        return redirect("import")
    return redirect("import_file", upload.pk)


def _given(request: HttpRequest) -> tuple[str, bytes | None, str]:
    """Name, bytes and path of what was handed in. Raises NotPossible."""
    file = request.FILES.get("datei")
    if file is not None:
        if file.size > uploads.UPLOAD_BYTES:
            raise uploads.NotPossible(
                _("Die Datei ist größer als %(n)s MB (Grenze UPLOAD_BYTES). Nehmen Sie „kulanz import“.")
                % {"n": uploads.UPLOAD_BYTES >> 20}
            )
        return Path(file.name).name, file.read(), ""
    typed = request.POST.get("pfad", "").strip()
    if not typed:
        raise uploads.NotPossible(_("Bitte wählen Sie eine Datei."))
    if not request.user.owns:
        raise uploads.NotPossible(_("Dateien vom Server liest nur die Inhaberin oder der Inhaber ein."))
    found = connections.allowed_path(typed)
    if not found.is_file():
        raise uploads.NotPossible(_("Die Datei %(path)s gibt es auf dem Server nicht.") % {"path": found})
    return found.name, None, str(found)


def _upload(request: HttpRequest, upload_id: int) -> Upload:
    found = Upload.objects.visible_to(request.user).select_related("account").filter(pk=upload_id).first()
    if found is None:
        raise Http404
    return found


@require_GET
@door(LEADS)
def file(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Before: what was recognised. After: how far it is; a page of HTMX asks for that part alone."""
    upload = _upload(request, upload_id)
    context = {"upload": upload, "state": _stated(upload)[1], "source": source_name(upload.source)}
    if request.headers.get("HX-Request"):
        return render(request, "settings/import_state.html", context)
    if upload.state in (UploadState.ASKED, UploadState.FAILED):
        context |= _recognised(request, upload)
    return settings_page(request, "settings/import_file.html", context)


def _recognised(request: HttpRequest, upload: Upload) -> dict[str, object]:
    try:
        found = preview.recognise(upload, now=clock.now())
    except (OSError, *REFUSED) as error:
        return {"found": None, "problem": str(error)}
    shown: dict[str, object] = {"found": found, "found_name": source_name(found.source)}
    if found.proposal is not None:
        target = request.GET.get("ziel", "")
        shown |= _mapping(found, target if target in TARGETS else "")
    return shown


def _mapping(found: preview.Recognised, target: str) -> dict[str, object]:
    """The proposed columns, for the proposed target or for the one the person chose."""
    chosen = target or (found.columns or {}).get(TARGET, "") or found.proposal.target
    proposed = found.columns or (found.proposal.columns() if chosen == found.proposal.target else {})
    guesses = found.proposal.guesses if chosen == found.proposal.target else {}
    return {
        "target": chosen,
        "targets": [(key, target_name(key)) for key in TARGETS],
        "columns": [
            {
                "key": ours,
                "name": column_name(ours),
                "needed": needed,
                "chosen": proposed.get(ours, ""),
                "unsure": ours in guesses and guesses[ours].confidence < 1,
            }
            for ours, needed in (preview.columns_of(chosen) if chosen else [])
        ],
    }


@require_POST
@door(LEADS)
def start(request: HttpRequest, upload_id: int) -> HttpResponse:
    """The person has seen it and says: read it. A table keeps the columns that were approved."""
    upload = _upload(request, upload_id)
    try:
        found = preview.recognise(upload, now=clock.now())
        source, mapping_id = found.source, None
        if found.proposal is not None:
            mapping = _approve(request, upload, found)
            source, mapping_id = f"files.{mapping.target}", mapping.pk
        uploads.start(
            upload_id, source=source or "unknown", mapping_id=mapping_id, by=request.user, now=clock.now()
        )
    except (OSError, Unreadable, *REFUSED) as refused:
        messages.error(request, str(refused))
    return redirect("import_file", upload_id)


def _approve(request: HttpRequest, upload: Upload, found: preview.Recognised) -> ColumnMapping:
    """The columns as the form has them. Raises NotPossible where one is missing or not of this file."""
    target = request.POST.get("ziel", "")
    if target not in TARGETS:
        raise uploads.NotPossible(_("Bitte wählen Sie, was die Tabelle enthält."))
    columns = {
        ours: theirs
        for ours, _needed in preview.columns_of(target)
        if (theirs := request.POST.get(f"spalte-{ours}", ""))
    }
    if set(columns.values()) - set(found.header):
        raise uploads.NotPossible(_("Diese Spalten hat die Datei nicht."))
    if missing := preview.missing_columns(target, columns):
        names = ", ".join(column_name(name) for name in missing)
        raise uploads.NotPossible(_("Es fehlt noch eine Spalte für: %(names)s.") % {"names": names})
    return connections.approve_mapping(
        account_id=upload.account_id,
        name=upload.name,
        target=target,
        header_key=found.header_key,
        columns={TARGET: target, **columns},
        by=request.user.username,
        now=clock.now(),
    )


@require_GET
@door(LEADS)
def export(request: HttpRequest) -> HttpResponse:
    header = [
        _("Datei"),
        _("Konto"),
        _("Art"),
        _("Stand"),
        _("Sätze"),
        _("neu"),
        _("nicht lesbar"),
        _("Fehler"),
        _("von"),
        _("am"),
    ]
    lines = (
        (
            u.name, u.account.title, source, state, u.counts.get("raw"), u.counts.get("new"),
            u.counts.get("quarantined"), u.error, u.made_by, u.made_at,
        )
        for u, state, source in map(_stated, uploads.newest(request.user, limit=1000))
    )  # fmt: skip
    return csv_response("eingelesen", header, lines)


def _folders(user: User) -> list[WatchedFolder]:
    ids = [account.pk for account in visible_accounts(user)]
    found = WatchedFolder.objects.filter(account_id__in=ids).select_related("account")
    return list(found.order_by("account__title", "path"))


@door(LEADS)
def folders(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _watch(request)
    states = connections.feed_states()
    rows = [(folder, states.get(("look_at_folder", folder.pk))) for folder in _folders(request.user)]
    accounts = visible_accounts(request.user)
    mappings = ColumnMapping.objects.filter(account_id__in=[a.pk for a in accounts]).order_by("name")
    context = {
        "rows": rows,
        "accounts": accounts,
        "mappings": [(m, target_name(m.target)) for m in mappings.select_related("account")],
    }
    return settings_page(request, "settings/folders.html", context)


def _watch(request: HttpRequest) -> HttpResponse:
    if not request.user.owns:
        raise PermissionDenied(_("Ordner des Servers gibt nur die Inhaberin oder der Inhaber frei."))
    account = visible_account(request.user, read_number(request.POST.get("konto")))
    mapping = read_number(request.POST.get("zuordnung"))
    try:
        if account is None:
            raise connections.NotPossible(_("Bitte wählen Sie ein Konto."))
        connections.watch_folder(
            account_id=account.pk,
            path=request.POST.get("pfad", ""),
            pattern=request.POST.get("muster", "*"),
            mapping_id=mapping,
            by=request.user.username,
            now=clock.now(),
        )
    except connections.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Kulanz überwacht diesen Ordner ab jetzt."))
    return redirect("folders")


@require_POST
@door(LEADS)
def unwatch(request: HttpRequest, folder_id: int) -> HttpResponse:
    if folder_id not in {folder.pk for folder in _folders(request.user)}:
        raise Http404
    connections.unwatch_folder(folder_id, by=request.user.username, now=clock.now())
    messages.success(request, _("Der Ordner wird nicht mehr gelesen. Was da ist, bleibt."))
    return redirect("folders")


@require_GET
@door(LEADS)
def folders_export(request: HttpRequest) -> HttpResponse:
    states = connections.feed_states()
    header = [_("Konto"), _("Ordner"), _("Dateien"), _("zuletzt gelesen"), _("Fehler")]
    lines = (
        (f.account.title, f.path, f.pattern, state and state.last_ok_at, state and state.error)
        for f in _folders(request.user)
        for state in (states.get(("look_at_folder", f.pk)),)
    )
    return csv_response("ordner", header, lines)


urlpatterns = [
    path("einstellungen/einlesen/", page, name="import"),
    path("einstellungen/einlesen/csv/", export, name="import_export"),
    path("einstellungen/einlesen/<int:upload_id>/", file, name="import_file"),
    path("einstellungen/einlesen/<int:upload_id>/los/", start, name="import_start"),
    path("einstellungen/ordner/", folders, name="folders"),
    path("einstellungen/ordner/csv/", folders_export, name="folders_export"),
    path("einstellungen/ordner/<int:folder_id>/entfernen/", unwatch, name="folder_remove"),
]
