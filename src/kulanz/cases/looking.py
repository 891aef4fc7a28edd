"""Orders and parcels that came or changed after their case: link them, once for each change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery

from kulanz.audit.record import record
from kulanz.base.folding import fold_number
from kulanz.cases import search
from kulanz.cases.models import Case, Draft
from kulanz.cases.orders import NamedOrder, link
from kulanz.facts.models import Change, Order, OrderNumber

CONSUMER = "cases"
AT_ONCE = 500
_FOLDED_OWN = "UPPER(o.number)"
for _mark in "- #/._":
    _FOLDED_OWN = f"REPLACE({_FOLDED_OWN}, '{_mark}', '')"
_CLEAR = f"""
DELETE FROM kulanz_change WHERE consumer = %s AND object_kind = 'order'
AND NOT EXISTS (SELECT 1 FROM kulanz_case c WHERE c.order_id = kulanz_change.object_id)
AND NOT EXISTS (SELECT 1 FROM kulanz_order o JOIN kulanz_case c ON c.order_key = {_FOLDED_OWN} AND c.order_id IS NULL
                WHERE o.id = kulanz_change.object_id)
AND NOT EXISTS (SELECT 1 FROM kulanz_ordernumber n JOIN kulanz_case c ON c.order_key = n.folded AND c.order_id IS NULL
                WHERE n.order_id = kulanz_change.object_id)
"""  # noqa: S608


def look_again(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Take the changes of orders to their cases; how many were taken, 0 when none is left.

    Orders without any case are cleared in one statement. A change that comes while we look keeps its row.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLEAR, [CONSUMER])
        cleared = max(int(cursor.rowcount), 0)
    with transaction.atomic():
        rows = list(
            Change.objects.filter(consumer=CONSUMER, object_kind="order")
            .order_by("pk")
            .values_list("pk", "object_id", "version")[:limit]
        )
        if not rows:
            return cleared
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM kulanz_change WHERE id = %s AND version = %s",
                [(pk, seen) for pk, _, seen in rows],
            )
        _look_at([object_id for _, object_id, _ in rows], now)
    return cleared + len(rows)


def _look_at(order_ids: Sequence[int], now: datetime) -> None:
    orders = {
        order.pk: order
        for order in Order.objects.select_related("customer", "account").filter(pk__in=order_ids)
    }
    by_number: dict[str, list[Order]] = defaultdict(list)
    for order in orders.values():
        by_number[fold_number(order.number)].append(order)
    for order_id, folded in OrderNumber.objects.filter(order_id__in=order_ids).values_list(
        "order_id", "folded"
    ):
        if orders[order_id] not in by_number[folded]:
            by_number[folded].append(orders[order_id])
    words = search.order_words(orders)
    orphans = Case.objects.select_for_update(of=("self",)).filter(order=None, order_key__in=list(by_number))
    for case in orphans:
        found = [order for order in by_number[case.order_key] if _may_link(case, order)]
        if len(found) == 1:
            _give(case, found[0], words[found[0].pk][2], now)
    linked = list(Case.objects.filter(order_id__in=order_ids).values_list("pk", "account_id", "order_id"))
    for case_id, account_id, order_id in linked:
        titles, numbers, _ = words[order_id]
        search.add(case_id, account_id, names=titles, numbers=numbers, news=False)
    _news([case_id for case_id, *_ in linked])


def _may_link(case: Case, order: Order) -> bool:
    """The order of the case's own account, or one that only the ERP told of."""
    return order.account_id == case.account_id or order.account.channel == "wawi"


def _give(case: Case, order: Order, picture: str, now: datetime) -> None:
    own = order.account_id == case.account_id
    name = order.customer.name if order.customer is not None and order.customer.name else order.recipient
    customer_id = order.customer_id if own else None
    link(case, NamedOrder(order.pk, order.number, customer_id, name, order.total_cents), picture)
    if case.claim_name and case.claim_cents is None:
        case.claim_cents = order.total_cents
    case.save()
    record(
        who="kulanz:look_again",
        what="case.link_order",
        kind="case",
        object_id=case.pk,
        now=now,
        after={"order_id": order.pk},
    )


def _news(case_ids: Sequence[int]) -> None:
    """Open pages show it; a draft begun before does not take it for a message."""
    current = Case.objects.filter(pk=OuterRef("case_id")).values("version")
    Draft.objects.filter(case_id__in=case_ids, case_version=Subquery(current)).update(
        case_version=F("case_version") + 1
    )
    Case.objects.filter(pk__in=case_ids).update(version=F("version") + 1)
