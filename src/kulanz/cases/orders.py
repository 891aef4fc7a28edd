"""Which order a message is about, and what a case takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from kulanz.base.folding import fold_number
from kulanz.cases import search
from kulanz.cases.decide import Incoming
from kulanz.cases.models import Case
from kulanz.cases.rows import bound

RECENT = timedelta(days=90)
"""A customer's only order not older than this is the one he writes about."""


@dataclass(frozen=True, slots=True)
class NamedOrder:
    pk: int | None = None
    number: str = ""
    customer_id: int | None = None
    name: str = ""
    total_cents: int | None = None


NO_ORDER = NamedOrder()


def link(case: Case, order: NamedOrder, picture: str) -> None:
    if order.number and not case.order_number:
        case.order_number, case.order_key = order.number[:60], fold_number(order.number)[:60]
    if order.pk is None:
        return
    case.order_id = order.pk
    case.picture = case.picture or picture
    case.customer_id = case.customer_id or order.customer_id
    case.customer_name = case.customer_name or order.name[:200]


def order_of(incoming: Incoming) -> NamedOrder:
    """The order a message names; else its customer's only recent one; else just the number."""
    columns = (
        "SELECT o.id, o.number, o.customer_id, COALESCE(NULLIF(cu.name, ''), o.recipient), o.total_cents, o.account_id"
        " FROM kulanz_order o LEFT JOIN kulanz_customer cu ON cu.id = o.customer_id"
        " JOIN kulanz_account a ON a.id = o.account_id"
    )
    with connection.cursor() as cursor:
        if incoming.order_numbers:
            places = ", ".join(["%s"] * len(incoming.order_numbers))
            folded = [fold_number(number) for number in incoming.order_numbers]
            cursor.execute(
                f"{columns} WHERE (o.account_id = %s OR a.channel = 'wawi') AND (o.number IN ({places}) OR o.id IN"  # noqa: S608
                f" (SELECT order_id FROM kulanz_ordernumber WHERE folded IN ({places}))) ORDER BY o.id LIMIT 20",
                [incoming.account_id, *incoming.order_numbers, *folded],
            )
        elif incoming.customer_id is not None and incoming.direction == "in":
            cursor.execute(
                f"{columns} WHERE o.customer_id = %s AND o.placed_at >= %s LIMIT 2",
                [incoming.customer_id, bound(incoming.sent_at - RECENT)],
            )
        else:
            return NO_ORDER
        rows = cursor.fetchall()
    said = NamedOrder(number=incoming.order_numbers[0]) if incoming.order_numbers else NO_ORDER
    own = [row for row in rows if row[5] == incoming.account_id] or rows
    if len(own) > 1 and incoming.order_numbers:
        wanted = {
            fold_number(number): place for place, number in reversed(list(enumerate(incoming.order_numbers)))
        }
        named = sorted((wanted[key], row[0], row) for row in own if (key := fold_number(row[1])) in wanted)
        own = [named[0][2]] if named else own
    if len({row[0] for row in own}) != 1:
        return said
    pk, number, customer_id, name, total, account_id = own[0]
    return NamedOrder(
        pk, number, customer_id if account_id == incoming.account_id else None, name or "", total
    )


def words_of(order: NamedOrder) -> tuple[list[str], list[str], str]:
    return search.order_words([order.pk])[order.pk] if order.pk is not None else ([], [], "")
