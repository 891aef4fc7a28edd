"""Tasks by hand that a person starts: refund, replacement, cancellation, answer in the portal.

So that all of it works before a channel has an interface: the text to copy, the page to open, the tick with proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kulanz.base.money import euro
from kulanz.facts.order_view import OrderView
from kulanz.outbox import verbs
from kulanz.outbox.models import Action, ActionKind, ActionState, Way
from kulanz.outbox.moves import NotPossible
from kulanz.outbox.policy import may_decide
from kulanz.outbox.waiting import seen_by
from kulanz.people.models import User

KINDS = (ActionKind.REFUND, ActionKind.REPLACEMENT, ActionKind.CANCEL, ActionKind.PORTAL_REPLY)
TEXT_CHARS = 10_000
REASON_CHARS = 1_000
_MAY_STILL_PAY = (
    ActionState.PROPOSED,
    ActionState.APPROVED,
    ActionState.SENDING,
    ActionState.UNCLEAR,
    ActionState.DONE,
)


@dataclass(frozen=True, slots=True)
class Portal:
    """The merchant's page of a channel. `order_url` takes the order number."""

    name: str
    home: str
    order_url: str = ""


PORTALS = {
    "amazon": Portal(
        "Seller Central",
        "https://sellercentral.amazon.de/",
        "https://sellercentral.amazon.de/orders-v3/order/{number}",
    ),
    "ebay": Portal(
        "eBay Verkäufer-Cockpit",
        "https://www.ebay.de/sh/ovw",
        "https://www.ebay.de/sh/ord/details?orderid={number}",
    ),
    "kaufland": Portal("Kaufland Seller Portal", "https://sellerportal.kaufland.de/"),
    "otto": Portal("OTTO Partner Connect", "https://portal.otto.market/"),
}
"""Addresses as the sellers' own browsers show them; a wrong one only opens the wrong page."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a person asked for, before it is an action."""

    kind: ActionKind
    account_id: int
    channel: str
    customer: str
    reason: str
    text: str
    amount_cents: int | None
    order: OrderView | None
    case_id: int | None


def pending_refund_cents(order: OrderView) -> int:
    """Refunds of this order that we promised or did and that no feed tells of yet.

    One that is done is taken for the feed's refund of the same amount, each of those for one of ours; so nothing is
    given away twice, and nothing counts twice once the feed has it.
    """
    ours = Q(subject_kind="order", subject_id=order.id) | Q(
        key__startswith=_key_start(ActionKind.REFUND, order.id)
    )
    found = Action.objects.filter(ours, kind=ActionKind.REFUND, state__in=_MAY_STILL_PAY)
    told = Counter(refund.cents for refund in order.refunds)
    pending = 0
    for state, cents in found.values_list("state", "amount_cents"):
        if state == ActionState.DONE and told[cents] > 0:
            told[cents] -= 1
        else:
            pending += cents or 0
    return pending


def refundable_cents(order: OrderView) -> int:
    """What may still be paid back: paid, less what feeds tell of and what is on its way from us."""
    return max(order.paid_cents - order.refunded_cents - pending_refund_cents(order), 0)


def _key_start(kind: ActionKind, order_id: int) -> str:
    return f"{kind}:order-{order_id}:"


def title_of(task: Task) -> str:
    name = task.customer or _("unbekannt")
    match task.kind:
        case ActionKind.REFUND:
            return _("Erstattung an %(name)s") % {"name": name}
        case ActionKind.REPLACEMENT:
            return _("Ersatz an %(name)s") % {"name": name}
        case ActionKind.CANCEL:
            return _("Bestellung stornieren: %(name)s") % {"name": name}
        case _:
            return _("Im Portal antworten: %(name)s") % {"name": name}


def payload_of(task: Task) -> dict[str, Any]:
    """Text, values, link and steps of the task. Pure."""
    portal = PORTALS.get(task.channel)
    number = task.order.number if task.order else ""
    link: dict[str, str] = {}
    if portal and task.kind != ActionKind.REPLACEMENT:
        address = portal.order_url.format(number=number) if portal.order_url and number else portal.home
        link = {"url": address, "title": _("%(portal)s öffnen") % {"portal": portal.name}}
    steps = [{"do": "copy", "title": _first_step(task.kind)}]
    if link:
        steps.append(
            {"do": "open", "title": _("Seite öffnen und einfügen"), "hint": _hint(task.kind, number)}
        )
    else:
        steps.append({"do": "do", "title": _elsewhere(task.kind, portal), "hint": ""})
    steps.append(
        {"do": "do", "title": _last_step(task.kind), "hint": _("Kulanz vermerkt Uhrzeit und Namen.")}
    )
    payload: dict[str, Any] = {
        "text": task.text,
        "values": _values(task, number),
        "steps": steps,
        "link": link,
    }
    if task.order:
        payload["order_id"] = task.order.id
    if task.case_id:
        payload["case_id"] = task.case_id
    return payload


def _values(task: Task, number: str) -> list[list[str]]:
    values = [[_("Bestellung"), number]] if number else []
    if task.amount_cents is not None and task.kind == ActionKind.REFUND:
        values.append([_("Betrag"), euro(task.amount_cents, task.order.currency if task.order else "EUR")])
    if task.order and task.kind == ActionKind.REPLACEMENT:
        values += [[line.sku, f"{line.quantity} × {line.title}"] for line in task.order.lines]
        values.append([_("Anschrift"), ", ".join(task.order.address)])
    if task.kind != ActionKind.PORTAL_REPLY:
        values.append([_("Grund"), task.reason])
    return values


def _first_step(kind: ActionKind) -> str:
    return _("Text kopieren") if kind == ActionKind.PORTAL_REPLY else _("Angaben bereitlegen")


def _hint(kind: ActionKind, number: str) -> str:
    where = f"{_('Bestellungen')} → {number}" if number else _("Bestellung suchen")
    match kind:
        case ActionKind.REFUND:
            return f"{where} → „{_('Erstatten')}“"
        case ActionKind.CANCEL:
            return f"{where} → „{_('Bestellung stornieren')}“"
        case _:
            return f"{where} → „{_('Käufer kontaktieren')}“"


def _elsewhere(kind: ActionKind, portal: Portal | None) -> str:
    match kind:
        case ActionKind.REFUND:
            return _("Betrag im Shop oder beim Zahlungsdienst erstatten")
        case ActionKind.REPLACEMENT:
            return _("Ersatzauftrag in der Wawi anlegen, Betrag 0,00 €")
        case ActionKind.CANCEL:
            return _("Im Shop und in der Wawi stornieren")
        case _:
            return _("Im Portal einfügen und absenden")


def _last_step(kind: ActionKind) -> str:
    match kind:
        case ActionKind.REFUND:
            return _("Erledigt: Erstattung ist angewiesen")
        case ActionKind.REPLACEMENT:
            return _("Erledigt: Ersatz ist angelegt")
        case ActionKind.CANCEL:
            return _("Erledigt: Bestellung ist storniert")
        case _:
            return _("Erledigt: Antwort ist abgeschickt")


def checked(task: Task) -> Task:
    """The task, if it may be done at all. Raises NotPossible."""
    if task.kind not in KINDS:
        raise NotPossible(_("Diese Aufgabe gibt es nicht."))
    if task.kind != ActionKind.PORTAL_REPLY and task.order is None:
        raise NotPossible(_("Dazu gehört eine Bestellung. Bitte öffnen Sie zuerst die Bestellung."))
    if task.kind == ActionKind.PORTAL_REPLY and not task.text.strip():
        raise NotPossible(_("Die Antwort ist leer."))
    if len(task.text) > TEXT_CHARS or len(task.reason) > REASON_CHARS:
        raise NotPossible(
            _("Der Text ist zu lang: höchstens %(n)s Zeichen, der Grund höchstens %(m)s.")
            % {"n": TEXT_CHARS, "m": REASON_CHARS}
        )
    if task.kind == ActionKind.REFUND and task.order is not None:
        _check_amount(task.amount_cents, refundable_cents(task.order), task.order)
    return task


def _check_amount(cents: int | None, most: int, order: OrderView) -> None:
    if cents is None or cents <= 0:
        raise NotPossible(_("Bitte geben Sie den Betrag an, zum Beispiel 12,50."))
    if cents > most:
        raise NotPossible(
            _(
                "Zu Bestellung %(number)s sind höchstens %(most)s zu erstatten: bezahlt %(paid)s, schon erstattet oder auf dem Weg %(gone)s."
            )
            % {
                "number": order.number,
                "most": euro(most, order.currency),
                "paid": euro(order.paid_cents, order.currency),
                "gone": euro(order.paid_cents - most, order.currency),
            }
        )


@transaction.atomic
def start(task: Task, *, token: str, by: User, now: datetime) -> Action:
    """Propose it, and where the person's role may decide, approve it with the same click.

    `token` comes from the form: the same form sent twice is one action. Raises NotPossible.
    """
    checked(task)
    about = f"order-{task.order.id}" if task.order else f"case-{task.case_id}"
    action = verbs.propose(
        key=f"{task.kind}:{about}:{token}"[:160],
        kind=task.kind,
        way=Way.HAND,
        account_id=task.account_id,
        title=title_of(task),
        reason=task.reason,
        payload=payload_of(task),
        subject_kind="case" if task.case_id else "order",
        subject_id=task.case_id or (task.order.id if task.order else None),
        amount_cents=task.amount_cents,
        proposed_by=by.username,
        now=now,
    )
    if action.state == ActionState.PROPOSED and may_decide(by, task.kind, task.amount_cents):
        return verbs.approve(action.pk, by=by, now=now)
    return action


def actions_of_order(order_id: int, user: User, *, limit: int = 20) -> list[Mapping[str, Any]]:
    """Actions about this order, of kinds the user's role sees, newest first: id, title, kind, state, amount, times."""
    found = seen_by(user).filter(subject_kind="order", subject_id=order_id)
    columns = ("id", "title", "kind", "state", "amount_cents", "created_at", "ended_at")
    return list(found.order_by("-id").values(*columns)[:limit])
