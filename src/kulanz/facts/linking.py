"""How facts find each other: parents by name, orphans once their order is known, ids for new rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from kulanz.base.folding import fold_number
from kulanz.facts.kinds import Parent
from kulanz.facts.models import (
    Account,
    Customer,
    Invoice,
    Message,
    OfOrder,
    Order,
    OrderNumber,
    Parcel,
    Refund,
    Return,
    Scan,
    Stage,
)
from kulanz.facts.plans import Plan
from kulanz.facts.records import Ingested

_OF_ORDER: tuple[type[OfOrder] | type[OrderNumber], ...] = (
    OrderNumber,
    Stage,
    Parcel,
    Invoice,
    Refund,
    Return,
)


def find_parents(parent: Parent, names: Collection[str], account_id: int) -> dict[Any, int]:
    """Name -> id of the parents that exist."""
    match parent.kind:
        case "customer":
            return dict(
                Customer.objects.filter(account_id=account_id, key__in=names).values_list("key", "pk")
            )
        case "message":
            return dict(Message.objects.filter(account_id=account_id, key__in=names).values_list("key", "pk"))
        case _:
            return find_orders(names, account_id if not parent.any_account else None)


def find_orders(numbers: Collection[str], account_id: int | None = None) -> dict[str, int]:
    """Any number an order goes by -> its id, where exactly one order answers to it."""
    orders = Order.objects.filter(number__in=numbers)
    if account_id is not None:
        orders = orders.filter(account_id=account_id)
    found: dict[str, set[int]] = {}
    for number, pk in orders.values_list("number", "pk"):
        found.setdefault(number, set()).add(pk)
    missing = {fold_number(n): n for n in numbers if n not in found}
    if missing:
        others = OrderNumber.objects.filter(folded__in=missing, order__isnull=False)
        if account_id is not None:
            others = others.filter(order__account_id=account_id)
        for folded, order_id in others.values_list("folded", "order_id"):
            found.setdefault(missing[folded], set()).add(order_id)
    return {number: next(iter(pks)) for number, pks in found.items() if len(pks) == 1}


def merged_orders(numbers: Collection[str]) -> dict[str, list[str]]:
    """A number that several orders share, as an ERP's for a merged order -> those orders' own numbers."""
    folded = {fold_number(n): n for n in numbers}
    shared: dict[str, set[str]] = {}
    for one, own in OrderNumber.objects.filter(folded__in=folded, order__isnull=False).values_list(
        "folded", "order__number"
    ):
        shared.setdefault(folded[one], set()).add(own)
    return {number: sorted(owns) for number, owns in shared.items() if len(owns) > 1}


def orders_elsewhere(
    p: Plan, keys: Sequence[tuple[Any, ...]], account_id: int, columns: str
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The same order under the ERP's account, or under the channel's while the ERP speaks: it counts once.

    An order that the ERP brought first moves to the account of the channel as soon as that brings it.
    """
    erps = set(Account.objects.filter(channel="wawi").values_list("pk", flat=True))
    if not keys or not erps:
        return {}
    from_erp = account_id in erps
    numbers = [key[1] for key in keys]
    candidates = Order.objects.filter(number__in=numbers)
    candidates = (
        candidates.exclude(account_id__in=erps) if from_erp else candidates.filter(account_id__in=erps)
    )
    by_number: dict[str, list[int]] = {}
    for number, pk in candidates.values_list("number", "pk"):
        by_number.setdefault(number, []).append(pk)
    wanted = {pks[0]: number for number, pks in by_number.items() if len(pks) == 1}
    if not wanted:
        return {}
    if not from_erp:
        Order.objects.filter(pk__in=wanted).update(account_id=account_id)
    width = len(p.kind.key)
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(wanted))
        cursor.execute(f'SELECT {columns} FROM "{p.table}" AS t WHERE t."id" IN ({places})', list(wanted))  # noqa: S608
        for row in cursor.fetchall():
            found[(account_id, row[1])] = row[width:]
    return found


def allocate(table: str, count: int) -> Iterable[int]:
    """Ids for that many new rows, reserved."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            start = (row[0] if row else 0) + 1
            return range(start, start + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{table}"', count],
        )
        return [row[0] for row in cursor.fetchall()]


def insert(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows; on PostgreSQL more than a few go by COPY."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 20:
            into = sql.split(" VALUES ", 1)[0].removeprefix("INSERT INTO ")
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(sql, rows)


def link_orphans(result: Ingested, new_parcels: Collection[str]) -> None:
    """Give stages, parcels, invoices and the like that came before their order the order that is known now."""
    if result.new.get("order") or result.new.get("order_number"):
        names = list(result.ids["order"])
        said = {key[3] for key in result.ids["order_number"]} | {key[1] for key in result.ids["order_number"]}
        # Numbers first, and twice: an invoice may name the ERP's number, and that the marketplace's.
        for model in (OrderNumber, *_OF_ORDER):
            if not model.objects.filter(order=None).exists():
                continue
            waiting = list(
                model.objects.filter(order=None, order_number__in=[*names, *said]).values_list(
                    "pk", "order_number"
                )
            )
            if not waiting:
                continue
            homes = find_orders({number for _, number in waiting})
            linked = [(pk, homes[number]) for pk, number in waiting if number in homes]
            for pk, order_id in linked:
                model.objects.filter(pk=pk).update(order_id=order_id)
                result.orders.add(order_id)
            merged = merged_orders({number for _, number in waiting if number not in homes})
            for pk, number in waiting:
                if number in merged:
                    _spread(model.objects.get(pk=pk), merged[number], result)
            if model is OrderNumber:
                learnt = OrderNumber.objects.filter(pk__in=[pk for pk, _ in linked])
                said |= set(learnt.values_list("number", flat=True))
    if new_parcels:
        for number, carrier, state, at, place in (
            Scan.objects.filter(number__in=new_parcels)
            .exclude(state="")
            .order_by("at")
            .values_list("number", "carrier", "state", "at", "place")
        ):
            apply_state(result, number, carrier, state, at, place)


def _spread(row: OfOrder | OrderNumber, owns: Sequence[str], result: Ingested) -> None:
    """A fact that names a merged order belongs to each of its orders, under that order's own number."""
    homes = find_orders(owns)
    for place, own in enumerate(own for own in owns if own in homes):
        if place:
            row.pk = None
            row._state.adding = True
        row.order_number, row.order_id = own, homes[own]
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            continue  # this order has it already
        result.orders.add(homes[own])


def apply_state(result: Ingested, number: str, carrier: str, state: str, at: datetime, place: str) -> None:
    """A carrier's news of a parcel, for every order in it; older news changes nothing."""
    parcels = Parcel.objects.filter(number=number).exclude(state_at__gt=at)
    touched = list(parcels.values_list("pk", "order_id", "state", "state_at"))
    news = [pk for pk, _, old, old_at in touched if (old, old_at) != (state, at)]
    if news:
        for parcel in Parcel.objects.filter(pk__in=news):
            parcel.state, parcel.state_at, parcel.place = state, at, place[:100]
            parcel.carrier = parcel.carrier or carrier
            parcel.version += 1
            parcel.save(update_fields=["state", "state_at", "place", "carrier", "version"])
        result.orders.update(order_id for pk, order_id, *_ in touched if order_id and pk in news)
