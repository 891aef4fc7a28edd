"""The own shop's orders as WooCommerce REST bodies: pages of twenty, and single orders as a web hook sends them."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

from world import SHOP_DOMAIN, Order, dice, utc

PAGE_SIZE = 20
SINGLES, AGAIN = 23, 3
BASE = f"https://{SHOP_DOMAIN}/wp-json/wc/v3"
PAYMENT = (("paypal", "PayPal"), ("stripe", "Kreditkarte"), ("bacs", "Vorkasse"), ("klarna", "Rechnung"))
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36",
)

NOTES = ("", "", "", "", "", "Bitte beim Nachbarn abgeben.", "Klingel defekt, bitte klopfen")


def write(folder: Path, orders: list[Order]) -> None:
    """Newest twenty as single files, the rest in pages; three of the singles stand on a page too, in an older state."""
    folder.mkdir(parents=True, exist_ok=True)
    mine = [o for o in orders if o.channel == "shop"]
    bodies = [_body(order, 18213 + place * 3) for place, order in enumerate(mine)]
    singles = bodies[-SINGLES:]
    for body in singles:
        _save(folder / f"bestellung-{body['number']}.json", body)
    listed = bodies[:-SINGLES] + [_as_just_placed(body) for body in singles[:AGAIN]]
    listed.sort(key=lambda body: body["date_created"], reverse=True)
    for page, start in enumerate(range(0, len(listed), PAGE_SIZE), 1):
        _save(folder / f"seite-{page}.json", listed[start : start + PAGE_SIZE])


def _save(path: Path, body: object) -> None:
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _as_just_placed(body: dict[str, object]) -> dict[str, object]:
    meta = [entry for entry in body["meta_data"] if "tracking" not in entry["key"]]
    created = {"date_modified": body["date_created"], "date_modified_gmt": body["date_created_gmt"]}
    closed = {"date_completed": None, "date_completed_gmt": None, "refunds": []}
    return body | created | closed | {"status": "processing", "meta_data": meta}


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _net(gross: int) -> int:
    return round(gross / 1.19)


def _local(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def _gmt(moment: datetime | None) -> str | None:
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def coupon_rate(order: Order) -> int:
    return {"DEICH10": 10, "HERBST5": 5, "SOMMER15": 15}.get(order.coupon, 0)


def _status(order: Order) -> str:
    if order.status:
        return order.status
    return "completed" if order.shipped else "processing"


def _body(order: Order, number: int) -> dict[str, object]:
    roll = dice(f"shop {order.number}")
    method = ("bacs", "Vorkasse") if order.status == "on-hold" else roll.choice(PAYMENT)
    unpaid = order.status in ("on-hold", "failed", "cancelled", "pending")
    paid = None if unpaid else order.placed + timedelta(seconds=roll.randint(8, 95))
    done = order.shipped
    modified = max(m for m in (order.placed, paid, done, _refunded(order)) if m)
    lines = [_line(order, place, number) for place in range(len(order.lines))]
    shipping_tax = order.shipping - _net(order.shipping)
    cart_tax = sum(_cents(line["total_tax"]) for line in lines)
    net = sum(_cents(line["total"]) for line in lines)
    off = sum(_cents(line["subtotal"]) - _cents(line["total"]) for line in lines)
    off_tax = sum(_cents(line["subtotal_tax"]) - _cents(line["total_tax"]) for line in lines)
    return {
        "id": number,
        "parent_id": 0,
        "number": order.number,
        "order_key": "wc_order_" + hashlib.sha256(order.number.encode()).hexdigest()[:13],
        "created_via": "checkout",
        "version": "9.4.2",
        "status": _status(order),
        "currency": "EUR",
        "date_created": _local(order.placed),
        "date_created_gmt": _gmt(order.placed),
        "date_modified": _local(modified),
        "date_modified_gmt": _gmt(modified),
        "discount_total": _money(off),
        "discount_tax": _money(off_tax),
        "shipping_total": _money(_net(order.shipping)),
        "shipping_tax": _money(shipping_tax),
        "cart_tax": _money(cart_tax),
        "total": _money(net + cart_tax + order.shipping),
        "total_tax": _money(cart_tax + shipping_tax),
        "prices_include_tax": True,
        "customer_id": 0 if roll.random() < 0.45 else _customer(order.person.name),
        "customer_ip_address": f"203.0.113.{roll.randint(2, 250)}",
        "customer_user_agent": roll.choice(AGENTS),
        "customer_note": roll.choice(NOTES),
        "billing": _address(order) | {"email": order.person.mail, "phone": ""},
        "shipping": _address(order),
        "payment_method": method[0],
        "payment_method_title": method[1],
        "transaction_id": ""
        if method[0] in ("bacs", "klarna") or unpaid
        else f"{roll.randrange(16**16):016X}",
        "date_paid": _local(paid),
        "date_paid_gmt": _gmt(paid),
        "date_completed": _local(done),
        "date_completed_gmt": _gmt(done),
        "cart_hash": f"{roll.randrange(16**32):032x}",
        "meta_data": _meta(order, number),
        "line_items": lines,
        "tax_lines": [_tax_line(number, cart_tax, shipping_tax)],
        "shipping_lines": [_shipping_line(order, number, shipping_tax)],
        "fee_lines": [],
        "coupon_lines": _coupons(order, number, off, off_tax),
        "refunds": _refunds(order, number),
        "_links": {"self": [{"href": f"{BASE}/orders/{number}"}], "collection": [{"href": f"{BASE}/orders"}]},
    }


def _customer(name: str) -> int:
    return 400 + int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) % 900


def _cents(text: object) -> int:
    return round(float(str(text)) * 100)


def _address(order: Order) -> dict[str, str]:
    person = order.person
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": order.company,
        "address_1": person.street,
        "address_2": "",
        "city": person.town,
        "state": "",
        "postcode": person.postcode,
        "country": "DE",
    }


def _line(order: Order, place: int, number: int) -> dict[str, object]:
    line = order.lines[place]
    gross, reduced = line.gross, round(line.gross * (100 - coupon_rate(order)) / 100)
    net, reduced_net = _net(gross), _net(reduced)
    tax = {"id": 1, "total": _money(reduced - reduced_net), "subtotal": _money(gross - net)}
    return {
        "id": number * 4 + place,
        "name": line.article.title.replace("&", "&amp;"),
        "product_id": 900 + int(line.article.ean[-6:-1]) % 800,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": _money(net),
        "subtotal_tax": _money(gross - net),
        "total": _money(reduced_net),
        "total_tax": _money(reduced - reduced_net),
        "taxes": [tax],
        "meta_data": [],
        "sku": line.article.sku,
        "price": round(reduced_net / line.quantity / 100, 4),
    }


def _tax_line(number: int, cart_tax: int, shipping_tax: int) -> dict[str, object]:
    return {
        "id": number * 4 + 30001,
        "rate_code": "DE-MWST-1",
        "rate_id": 1,
        "label": "MwSt.",
        "compound": False,
        "tax_total": _money(cart_tax),
        "shipping_tax_total": _money(shipping_tax),
        "meta_data": [],
    }


def _shipping_line(order: Order, number: int, tax: int) -> dict[str, object]:
    free = order.shipping == 0
    return {
        "id": number * 4 + 30002,
        "method_title": "Versand kostenfrei ab 29 €" if free else "Versand mit DHL",
        "method_id": "free_shipping" if free else "flat_rate",
        "total": _money(_net(order.shipping)),
        "total_tax": _money(tax),
        "taxes": [] if free else [{"id": 1, "total": _money(tax), "subtotal": ""}],
        "meta_data": [],
    }


def _coupons(order: Order, number: int, off: int, off_tax: int) -> list[dict[str, object]]:
    if not order.coupon or not off:
        return []
    coupon = {"id": number * 4 + 30003, "code": order.coupon.lower()}
    return [coupon | {"discount": _money(off), "discount_tax": _money(off_tax), "meta_data": []}]


def _refunded(order: Order) -> datetime | None:
    moment = order.refund.get("at")
    return datetime.fromisoformat(str(moment)) if moment else None


def _refunds(order: Order, number: int) -> list[dict[str, object]]:
    if not order.refund:
        return []
    entry = {"id": number * 3 + 40007, "refund": order.refund["reason"], "reason": order.refund["reason"]}
    return [entry | {"total": _money(-int(str(order.refund["cents"])))}]


def _meta(order: Order, number: int) -> list[dict[str, object]]:
    base = number * 9
    meta: list[dict[str, object]] = [
        {"id": base, "key": "is_vat_exempt", "value": "no"},
        {"id": base + 1, "key": "_order_stock_reduced", "value": "yes"},
    ]
    tracked = [p for p in order.parcels if p.shipped]
    if tracked:
        items = [_tracking(p.carrier, p.number, p.shipped) for p in tracked]
        meta.append({"id": base + 2, "key": "_wc_shipment_tracking_items", "value": items})
    return meta


def _tracking(carrier: str, number: str, shipped: datetime) -> dict[str, str]:
    return {
        "tracking_provider": carrier.lower(),
        "custom_tracking_provider": "",
        "custom_tracking_link": "",
        "tracking_number": number,
        "date_shipped": shipped.strftime("%Y-%m-%d"),
        "tracking_id": hashlib.md5(number.encode(), usedforsecurity=False).hexdigest(),
    }
