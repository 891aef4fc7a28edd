"""Amazon's two order reports, tab-separated, as Seller Central hands them out."""

from datetime import datetime, timedelta
from pathlib import Path

from world import ANCHOR, Line, Order, dice, iso_utc

ALL_ORDERS_CUT = datetime(2026, 11, 27, 6, 2)  # noqa: DTZ001
NOW = datetime(2026, 11, 27, 12, 58)  # noqa: DTZ001
ALL_COLUMNS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel "
    "sales-channel order-channel ship-service-level product-name sku asin item-status quantity currency item-price "
    "item-tax shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount "
    "ship-promotion-discount ship-city ship-state ship-postal-code ship-country promotion-ids cpf "
    "is-business-order purchase-order-number price-designation is-iba signature-confirmation-recommended"
).split()
UNSHIPPED_COLUMNS = (
    "order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise buyer-email "
    "buyer-phone-number sku product-name quantity-purchased quantity-shipped quantity-to-ship ship-service-level "
    "recipient-name ship-address-1 ship-address-2 ship-address-3 ship-city ship-state ship-postal-code ship-country "
    "is-business-order purchase-order-number price-designation is-prime verge-of-cancellation "
    "verge-of-lateShipment"
).split()


def write_all(path: Path, orders: list[Order]) -> None:
    rows = []
    for order in orders:
        if order.channel == "amazon" and order.placed <= ALL_ORDERS_CUT:
            rows += [_all_row(order, place, line) for place, line in enumerate(order.lines)]
    _write(path, ALL_COLUMNS, rows)


def write_unshipped(path: Path, orders: list[Order], moment: datetime) -> int:
    """Write the orders that were paid and not shipped at `moment`; return how many."""
    waiting = [o for o in orders if _waits_at(o, moment)]
    _write(path, UNSHIPPED_COLUMNS, [_unshipped_row(o, line, moment) for o in waiting for line in o.lines])
    return len(waiting)


def _waits_at(order: Order, moment: datetime) -> bool:
    if order.channel != "amazon" or order.fba or order.status in ("Cancelled", "Pending"):
        return False
    paid = order.placed + timedelta(minutes=31)
    return paid <= moment and (order.shipped is None or order.shipped > moment)


def moments_for(orders: list[Order]) -> list[datetime]:
    """Earlier mornings and evenings whose report names the buyers of the told orders; as few as will do."""
    told = [o for o in orders if o.story and o.channel == "amazon" and o.shipped and not o.fba]
    moments: list[datetime] = []
    for order in sorted(told, key=lambda o: o.shipped):
        if not any(_waits_at(order, moment) for moment in moments):
            moments.append(order.shipped - timedelta(minutes=40))
    return moments


def _write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ["\t".join(columns)] + ["\t".join(row.get(column, "") for column in columns) for row in rows]
    path.write_text("\n".join(text) + "\n", encoding="utf-8", newline="\r\n")


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _tax(gross: int) -> int:
    return round(gross * 19 / 119)


def _status(order: Order) -> tuple[str, datetime]:
    """Order status as Amazon words it at the report's time, and when it last changed."""
    if order.status in ("Cancelled", "Pending"):
        return order.status, min(order.placed + timedelta(hours=5), ALL_ORDERS_CUT)
    if order.fba:
        return "Shipped", min(order.placed + timedelta(hours=26), ALL_ORDERS_CUT)
    shipped = order.shipped
    if shipped and shipped <= ALL_ORDERS_CUT:
        return "Shipped", shipped + timedelta(minutes=12)
    return "Unshipped", min(order.placed + timedelta(minutes=31), ALL_ORDERS_CUT)


def _all_row(order: Order, place: int, line: Line) -> dict[str, str]:
    status, changed = _status(order)
    row = {
        "amazon-order-id": order.number,
        "merchant-order-id": order.number,
        "purchase-date": iso_utc(order.placed),
        "last-updated-date": iso_utc(changed),
        "order-status": status,
        "fulfillment-channel": "Amazon" if order.fba else "Merchant",
        "sales-channel": "Amazon.de",
        "ship-service-level": "Expedited" if order.fba else "Standard",
        "product-name": line.article.title,
        "sku": line.article.sku,
        "asin": line.article.asin,
        "item-status": {"Cancelled": "Cancelled", "Shipped": "Shipped"}.get(status, "Unshipped"),
        "quantity": "0" if status == "Cancelled" else str(line.quantity),
        "currency": "" if status == "Cancelled" else "EUR",
        "ship-city": order.person.town,
        "ship-state": order.person.state,
        "ship-postal-code": order.person.postcode,
        "ship-country": "DE",
        "is-business-order": "true" if order.company else "false",
        "price-designation": "Business Price" if order.company else "",
        "is-iba": "false",
        "signature-confirmation-recommended": "true" if order.goods >= 12000 else "false",
    }
    if status == "Cancelled":
        return row
    row |= {"item-price": _euros(line.gross), "item-tax": _euros(_tax(line.gross))}
    shipping = order.shipping if place == 0 else 0
    if shipping:
        row |= {"shipping-price": _euros(shipping), "shipping-tax": _euros(_tax(shipping))}
    if line.discount:
        row["item-promotion-discount"] = _euros(line.discount)
        row["promotion-ids"] = f"PAWS-V2-{dice(order.number).randrange(10**9, 10**10)}"
    return row


def promise(order: Order) -> datetime:
    """Last day to ship: two days after the order, at midnight."""
    return order.placed.replace(hour=23, minute=59, second=59) + timedelta(days=2)


def _unshipped_row(order: Order, line: Line, moment: datetime) -> dict[str, str]:
    person, due = order.person, promise(order)
    item = dice(f"item {order.number} {line.article.sku}").randrange(10**13, 10**14)
    return {
        "order-id": order.number,
        "order-item-id": str(item),
        "purchase-date": iso_utc(order.placed),
        "payments-date": iso_utc(order.placed + timedelta(minutes=31)),
        "reporting-date": iso_utc(moment),
        "promise-date": iso_utc(due),
        "days-past-promise": str((moment.date() - due.date()).days),
        "buyer-email": f"{person.alias}@marketplace.amazon.de",
        "sku": line.article.sku,
        "product-name": line.article.title,
        "quantity-purchased": str(line.quantity),
        "quantity-shipped": "0",
        "quantity-to-ship": str(line.quantity),
        "ship-service-level": "Standard",
        "recipient-name": person.name,
        "ship-address-1": order.company or person.street,
        "ship-address-2": person.street if order.company else "",
        "ship-city": person.town,
        "ship-state": person.state,
        "ship-postal-code": person.postcode,
        "ship-country": "DE",
        "is-business-order": "true" if order.company else "false",
        "price-designation": "Business Price" if order.company else "",
        "is-prime": "false",
        "verge-of-cancellation": "true" if (ANCHOR - due).days >= 3 else "false",
        "verge-of-lateShipment": "true" if 0 <= (due - moment).total_seconds() < 86400 else "false",
    }
