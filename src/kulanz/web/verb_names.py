"""The audit's verbs, objects and fields in words; what is missing here stands as it is written."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from kulanz.outbox.models import ActionState
from kulanz.web.asks import STATE_NAMES
from kulanz.web.sources import case_state

_VERBS = {
    "account.create": noop("Konto angelegt"),
    "account.change": noop("Konto geändert"),
    "mailbox.connect": noop("Postfach verbunden"),
    "mailbox.change": noop("Postfach geändert"),
    "mailbox.disconnect": noop("Postfach getrennt"),
    "folder.watch": noop("Ordner überwacht"),
    "folder.unwatch": noop("Ordner nicht mehr überwacht"),
    "mapping.approve": noop("Spalten zugeordnet"),
    "upload.start": noop("Datei eingelesen"),
    "rule.edit": noop("Regel geändert"),
    "policy.set": noop("festgelegt, was Kulanz darf"),
    "outbox.halt": noop("alles angehalten"),
    "outbox.resume": noop("weiterlaufen lassen"),
    "create_user": noop("Benutzer angelegt"),
    "change_user": noop("Benutzer geändert"),
    "reset_password": noop("Passwort zurückgesetzt"),
    "activate_user": noop("Anmeldung angeschaltet"),
    "deactivate_user": noop("Anmeldung abgeschaltet"),
    "change_profile": noop("Profil geändert"),
    "add_shift": noop("Dienst eingetragen"),
    "remove_shift": noop("Dienst ausgetragen"),
    "replay_raw": noop("Satz noch einmal gelesen"),
    "replay_raw_source": noop("Sätze noch einmal gelesen"),
    "dismiss_raw": noop("Satz verworfen"),
    "action.propose": noop("vorgeschlagen"),
    "action.approve": noop("freigegeben"),
    "action.approve_again": noop("noch einmal freigegeben"),
    "action.reject": noop("abgelehnt"),
    "action.withdraw": noop("zurückgeholt"),
    "action.confirm_sent": noop("als angekommen vermerkt"),
    "action.tick": noop("Schritt abgehakt"),
    "action.untick": noop("Haken weggenommen"),
    "action.done_by_hand": noop("von Hand erledigt"),
    "action.cannot": noop("geht nicht"),
    "action.hand_over": noop("übergeben"),
    "action.give_up": noop("aufgegeben"),
    "action.sending": noop("Senden begonnen"),
    "action.done": noop("hinausgegangen"),
    "action.failed": noop("fehlgeschlagen"),
    "action.unclear": noop("unklar, ob angekommen"),
    "action.later": noop("später noch einmal"),
    "action.situation_changed": noop("Lage hat sich geändert"),
    "case.undo": noop("Änderung zurückgenommen"),
    "case.wait_for_customer": noop("wartet auf Kunden"),
    "case.assign": noop("zugewiesen"),
    "case.note": noop("Notiz geschrieben"),
    "case.snooze": noop("auf später gelegt"),
    "case.close": noop("Fall erledigt"),
    "case.reopen": noop("Fall wieder geöffnet"),
    "case.wake": noop("Fall wieder vorgelegt"),
    "case.wait_for_carrier": noop("wartet auf Paketdienst"),
    "case.claim_answered": noop("zum Antrag Stellung genommen"),
    "case.join": noop("Fälle zusammengelegt"),
    "case.link_order": noop("Bestellung zugeordnet"),
    "draft.discard": noop("Entwurf verworfen"),
    "draft.give_back": noop("Entwurf zurückgegeben"),
    "restored": noop("Sicherung zurückgespielt"),
    "incident.report": noop("Störfall gemeldet"),
}
_OBJECTS = {
    "account": noop("Konto"),
    "mailbox": noop("Postfach"),
    "folder": noop("Ordner"),
    "mapping": noop("Zuordnung"),
    "rule": noop("Regel"),
    "policy": noop("Freigaberegel"),
    "halt": noop("Halt"),
    "user": noop("Benutzer"),
    "raw": noop("Satz"),
    "action": noop("Vorgang"),
    "case": noop("Fall"),
    "order": noop("Bestellung"),
}
_FIELDS = {
    "state": noop("Stand"),
    "title": noop("Titel"),
    "name": noop("Name"),
    "username": noop("Anmeldename"),
    "email": noop("E-Mail"),
    "role": noop("Rolle"),
    "accounts": noop("Konten"),
    "all_accounts": noop("alle Konten"),
    "active": noop("in Gebrauch"),
    "key": noop("Schlüssel"),
    "mode": noop("Kulanz darf"),
    "limit_cents": noop("bis Cent"),
    "value": noop("Wert"),
    "sender": noop("Absender"),
    "sender_name": noop("Name des Absenders"),
    "folder": noop("Ordner"),
    "host": noop("Server"),
    "assignee": noop("Bearbeiter"),
    "assignee_id": noop("Bearbeiter"),
    "wake_at": noop("Vorlage am"),
    "claim_due_at": noop("Frist des Antrags"),
    "order_id": noop("Bestellung"),
    "joined": noop("aus Fall"),
    "chars": noop("Zeichen"),
    "closed_at": noop("geschlossen am"),
    "to": noop("an"),
    "file": noop("Datei"),
    "source": noop("Quelle"),
    "language": noop("Sprache"),
    "theme": noop("Farben"),
    "signature": noop("Signatur"),
}


def verb_name(verb: str) -> str:
    return _(_VERBS[verb]) if verb in _VERBS else verb


def object_name(kind: str, object_id: int | None) -> str:
    name = _(_OBJECTS[kind]) if kind in _OBJECTS else kind
    return f"{name} {object_id}" if object_id is not None else name


def state_name(state: str) -> str:
    """Of an action or a case."""
    if state in ActionState.values:
        return _(STATE_NAMES[ActionState(state)])
    return case_state(state)


def field_name(name: str) -> str:
    return _(_FIELDS[name]) if name in _FIELDS else name
