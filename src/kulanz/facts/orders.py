"""Orders as pages read them: by any number, newest first, and one with all that is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from kulanz.base.folding import fold, fold_number
from kulanz.facts.models import Account, Customer, Invoice, Order, OrderLine, OrderNumber, Parcel, Viewer

PAGE_ROWS = 50
FIND_ROWS = 25
STATUS_SAMPLE = 500
"""The filter offers the statuses of this many newest orders; counting all would read the whole table."""
CUSTOMERS_TRIED = 200
"""Customers of one name whose orders a search looks at."""

_AMAZON = re.compile(r"\d{17}")
_LETTER_DIGITS = re.compile(r"([A-Z]+)(\d+)")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a list. Times are UTC, money is cents."""

    id: int
    account_id: int
    account: str
    channel: str
    number: str
    placed_at: datetime | None
    status: str
    customer: str
    city: str
    total_cents: int | None
    currency: str
    ship_by: datetime | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    rows: tuple[OrderRow, ...]
    after: str
    """Key of the next page; empty at the end."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    account_id: int | None = None
    status: str = ""
    text: str = ""
    """A number of any kind, or the beginning of a customer's name."""


_ROW = ("id", "account_id", "number", "placed_at", "status", "city", "total_cents", "currency", "ship_by")


def visible_accounts(user: Viewer) -> list[Account]:
    """Accounts the user may see, by title."""
    found = Account.objects.order_by("title")
    return list(found if user.all_accounts else found.filter(pk__in=user.accounts.values("pk")))


def rows_of(orders: QuerySet[Order]) -> list[OrderRow]:
    """The list's columns of these orders, in their order, in one query."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    columns = orders.values_list(
        *_ROW,
        F("account__title"),
        F("account__channel"),
        F("customer__name"),
        F("recipient"),
        Subquery(lines.annotate(cents=Sum("price_cents")).values("cents")),
        "shipping_cents",
        "discount_cents",
    )
    return [
        OrderRow(
            id=row[0],
            account_id=row[1],
            number=row[2],
            placed_at=row[3],
            status=row[4],
            city=row[5],
            total_cents=row[6] if row[6] is not None else _sum(*row[13:16]),
            currency=row[7] or "EUR",
            ship_by=row[8],
            account=row[9],
            channel=row[10],
            customer=row[11] or row[12],
        )
        for row in columns
    ]


def _sum(lines: int | None, shipping: int | None, discount: int | None) -> int | None:
    """What the lines come to, where no source names a total; unknown stays unknown."""
    return None if lines is None else lines + (shipping or 0) - (discount or 0)


def list_orders(user: Viewer, wanted: OrderFilter, *, after: str = "", limit: int = PAGE_ROWS) -> OrderPage:
    """Newest first, undated ones last; `after` is the key an earlier page gave.

    Each account is read along its own index and the pages are merged, so that the first page costs the same
    with a million orders. Raises ValueError for a key that is none of ours.
    """
    if wanted.text:
        return OrderPage(tuple(_matching(wanted, user, limit)), "")
    accounts = [a.pk for a in visible_accounts(user) if wanted.account_id in (None, a.pk)]
    rows: list[OrderRow] = []
    if not after.startswith("-"):
        rows = _newest(accounts, wanted.status, after, limit + 1)
    if len(rows) <= limit:
        last = after[1:] if after.startswith("-") else ""
        rows += _undated(accounts, wanted.status, last, limit + 1 - len(rows))
    page = rows[:limit]
    return OrderPage(tuple(page), _key(page[-1]) if len(rows) > limit else "")


def _key(row: OrderRow) -> str:
    return f"{row.placed_at.isoformat()},{row.id}" if row.placed_at else f"-{row.id}"


def _of(account_id: int, status: str) -> QuerySet[Order]:
    found = Order.objects.filter(account_id=account_id)
    return found.filter(status=status) if status else found


def _newest(accounts: Iterable[int], status: str, after: str, limit: int) -> list[OrderRow]:
    rows: list[OrderRow] = []
    for account_id in accounts:
        found = _of(account_id, status).filter(placed_at__isnull=False)
        if after:
            at, _, last = after.partition(",")
            moment = datetime.fromisoformat(at)
            found = found.filter(
                Q(placed_at__lt=moment) | Q(placed_at=moment, id__lt=int(last)), placed_at__lte=moment
            )
        rows += rows_of(found.order_by("-placed_at", "-id")[:limit])
    rows.sort(key=lambda row: (row.placed_at, row.id), reverse=True)
    return rows[:limit]


def _undated(accounts: Iterable[int], status: str, last: str, limit: int) -> list[OrderRow]:
    found = Order.objects.filter(account_id__in=list(accounts), placed_at__isnull=True)
    if status:
        found = found.filter(status=status)
    if last:
        found = found.filter(id__lt=int(last))
    return rows_of(found.order_by("-id")[:limit])


def statuses(user: Viewer) -> list[str]:
    """Statuses of the newest orders, for the filter."""
    newest = Order.objects.visible_to(user).order_by("-id").values_list("status", flat=True)[:STATUS_SAMPLE]
    return sorted({status for status in newest if status})


def _matching(wanted: OrderFilter, user: Viewer, limit: int) -> list[OrderRow]:
    rows = find_orders(wanted.text, user, limit=limit) or _of_customer(wanted.text, user, limit)
    return [
        row
        for row in rows
        if wanted.account_id in (None, row.account_id) and wanted.status in ("", row.status)
    ]


def _of_customer(text: str, user: Viewer, limit: int) -> list[OrderRow]:
    name = fold(text)
    if len(name) < 2:
        return []
    customers = (
        Customer.objects.visible_to(user)
        .filter(folded_name__gte=name, folded_name__lt=name + _LAST)
        .values_list("id", flat=True)[:CUSTOMERS_TRIED]
    )
    return rows_of(
        Order.objects.visible_to(user).filter(customer_id__in=list(customers)).order_by("-id")[:limit]
    )


def spellings(text: str) -> list[str]:
    """How a typed order number may stand in a report: as typed, without spaces, with the dashes it is known by."""
    typed = text.strip().upper()
    plain = fold_number(typed)
    ways = [text.strip(), typed, "".join(typed.split()), plain]
    if _AMAZON.fullmatch(plain):
        ways.append(f"{plain[:3]}-{plain[3:10]}-{plain[10:]}")
    if match := _LETTER_DIGITS.fullmatch(plain):
        ways.append(f"{match[1]}-{match[2]}")
    return [way for way in dict.fromkeys(ways) if way]


def find_orders(text: str, user: Viewer, *, limit: int = FIND_ROWS) -> list[OrderRow]:
    """Orders that a number leads to, newest first: marketplace, shop, Wawi, delivery note, invoice or parcel.

    Whole numbers only, in any spelling; the beginning of an order number from six characters on.
    """
    plain = fold_number(text)
    if len(plain) < 3 or not any(c.isdigit() for c in plain):
        return []
    ids = _ids_of(plain, spellings(text), user)
    typed = text.strip().upper()
    if not ids and len(plain) >= 6:
        beginning = Order.objects.visible_to(user).filter(number__gte=typed, number__lt=typed + _LAST)
        ids = set(beginning.values_list("id", flat=True)[:limit])
    if not ids:
        return []
    return rows_of(Order.objects.visible_to(user).filter(id__in=ids).order_by("-placed_at", "-id")[:limit])


def _ids_of(plain: str, ways: list[str], user: Viewer) -> set[int]:
    accounts = list(Account.objects.values_list("pk", flat=True))
    found = set(
        Order.objects.visible_to(user).filter(number__in=ways).values_list("id", flat=True)[:FIND_ROWS]
    )
    for rows in (
        OrderNumber.objects.filter(folded=plain),
        Parcel.objects.filter(number=plain),
        Invoice.objects.filter(account_id__in=accounts, number__in=ways),
    ):
        found |= set(rows.filter(order__isnull=False).values_list("order_id", flat=True)[:FIND_ROWS])
    return found


def exact_order(text: str, user: Viewer) -> int | None:
    """The one order whose number, of any kind, is exactly this; None when none or several have it."""
    plain = fold_number(text)
    if len(plain) < 3 or not any(c.isdigit() for c in plain):
        return None
    ids = _ids_of(plain, spellings(text), user)
    seen = list(Order.objects.visible_to(user).filter(id__in=ids).values_list("id", flat=True)[:2])
    return seen[0] if len(seen) == 1 else None


def export_rows(user: Viewer, wanted: OrderFilter, *, limit: int) -> list[OrderRow]:
    """What the list shows, without pages, at most `limit` rows."""
    return list(list_orders(user, wanted, limit=limit).rows)
