"""What the sample shop's people did this morning, by the same verbs as on screen: duty, cases taken, notes, tasks.

So that a first look meets a desk in the middle of its day. A customer who is not found is passed over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from kulanz.cases import verbs
from kulanz.cases.models import Case, CaseState
from kulanz.facts.order_view import OrderView, view_order
from kulanz.outbox import hand_tasks
from kulanz.outbox.hand_tasks import Task
from kulanz.outbox.models import ActionKind
from kulanz.people.models import User
from kulanz.people.verbs import add_shift

_CLAIM_ANSWER = """Sehr geehrtes Amazon-Team,

die Sendung wurde laut Zustellnachweis an die Lieferanschrift übergeben und dort unterschrieben. Der Nachweis liegt dieser \
Stellungnahme bei. Dem Kunden haben wir geantwortet und ihn gefragt, ob jemand im Haushalt das Paket angenommen hat.

Mit freundlichen Grüßen
Deichküche Kundenservice"""
TAKEN = (
    ("Katharina Wöhrle", "miriam"),
    ("Holger Thieß", "miriam"),
    ("Jürgen Pfleiderer", "jonas"),
    ("Dörte Häuser", "deniz"),
    ("Şenay Gökçe", "deniz"),
)
NOTES = (
    ("Katharina Wöhrle", "deniz", "Die Mühle ist am Lager, Packtisch 2 schafft sie heute noch per Express. @Miriam, gibst du frei?"),
    ("Dörte Häuser", "jonas", "Dritte Meldung zu dieser Lieferung Steinzeug. Ich frage beim Lager nach dem Füllmaterial."),
)  # fmt: skip
WITH_THE_CARRIER = (("Lieselotte Ähringhausen", "deniz", 3), ("Anke Düsterhöft", "jonas", 2))
"""Customer, who inquired, days until the carrier should have answered."""


def live_through(now: datetime) -> None:
    """Do all of it, once, on a freshly built sample."""
    people = {user.username: user for user in User.objects.filter(username__in=("miriam", "jonas", "deniz"))}
    for name, hours in (("miriam", 5), ("jonas", 4), ("deniz", 4)):
        add_shift(
            people[name].pk,
            starts_at=now - timedelta(hours=4),
            ends_at=now + timedelta(hours=hours),
            by=people["miriam"],
            now=now,
        )
    for customer, name in TAKEN:
        if case := _case(customer):
            verbs.assign(case.pk, to=people[name], by=people[name], now=now)
    for customer, name, text in NOTES:
        if case := _case(customer):
            verbs.note(case.pk, text=text, by=people[name], now=now)
    for customer, name, days in WITH_THE_CARRIER:
        if case := _case(customer):
            verbs.wait_for_carrier(case.pk, until=now + timedelta(days=days), by=people[name], now=now)
    _tasks(people, now)


def _case(customer: str) -> Case | None:
    cases = Case.objects.filter(customer_name=customer).exclude(state=CaseState.CLOSED)
    return cases.select_related("account").order_by("-touched_at").first()


def _tasks(people: Mapping[str, User], now: datetime) -> None:
    """Tasks by hand: one decided by the owner, two proposed by agents that wait for her word."""
    for customer, kind, by, reason, text in (
        ("Holger Thieß", ActionKind.PORTAL_REPLY, "miriam", "A-bis-z-Antrag: Zustellung ist belegt, Amazon nimmt Stellungnahmen nur im Seller Central an.", _CLAIM_ANSWER),
        ("Katharina Wöhrle", ActionKind.REPLACEMENT, "deniz", "Paket steht seit über einer Woche, Ware ist am Lager, Termin ist wichtig.", ""),
        ("Dörte Häuser", ActionKind.REFUND, "jonas", "Geschirr kam zerbrochen an, Fotos liegen vor.", ""),
    ):  # fmt: skip
        case = _case(customer)
        order = view_order(case.order_id, people[by]) if case and case.order_id else None
        if case is None or order is None:
            continue
        amount = _amount(kind, order)
        task = Task(
            kind=kind,
            account_id=case.account_id,
            channel=case.account.channel,
            customer=customer,
            reason=reason,
            text=text,
            amount_cents=amount,
            order=order,
            case_id=case.pk,
        )
        if kind != ActionKind.REFUND or amount:
            hand_tasks.start(task, token="beispiel", by=people[by], now=now)  # noqa: S106 (a form's token, no secret)


def _amount(kind: ActionKind, order: OrderView) -> int | None:
    """The first article's price: what came broken, or what is sent again."""
    if kind == ActionKind.PORTAL_REPLY:
        return None
    first = next((line.price_cents for line in order.lines if line.price_cents), None)
    return min(first, hand_tasks.refundable_cents(order)) if first and kind == ActionKind.REFUND else first
