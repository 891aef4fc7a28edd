"""The shop's orders: those the conversations tell of, and the crowd of orders around them."""

import random
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta

import baskets
from world import ANCHOR, HERE, Article, Line, Order, Parcel, People, at, dice

AMAZON_ORDERS, SHOP_ORDERS = 420, 120
AMAZON_LAST_DAY, SHOP_LAST_DAY = 62, 9
RUSH = datetime(2026, 11, 26, 11, 30)  # noqa: DTZ001 - orders from here on missed yesterday's last pick wave
FBA, CANCELLED, PENDING, LATE = 74, 12, 5, 4
ON_BOTH_CHANNELS = 12


def stories() -> list[dict[str, object]]:
    """Every conversation, in the order of the files and within them."""
    found: list[dict[str, object]] = []
    for path in sorted((HERE / "conversations").glob("*.toml")):
        with path.open("rb") as file:
            found.extend(tomllib.load(file)["fall"])
    return found


def all_orders(articles: dict[str, Article], people: People) -> list[Order]:
    """Every order of the sixty days, oldest first."""
    told = list(_told(stories(), articles, people))
    crowd = _crowd(baskets.read(articles), told, people)
    return sorted(told + crowd, key=lambda order: (order.placed, order.number))


def _told(
    cases: Iterable[dict[str, object]], articles: dict[str, Article], people: People
) -> Iterable[Order]:
    for case in cases:
        for entry in case.get("order", []):  # type: ignore[attr-defined]
            name = entry.get("person", case["person"])
            person = people.named(
                name, case.get("street", ""), case.get("town", ""), case.get("mail_address", "")
            )
            yield _order(entry, person, articles)


def _order(entry: dict[str, object], person: object, articles: dict[str, Article]) -> Order:
    lines = []
    for text in entry["lines"]:
        sku, _, quantity = text.partition("*")
        lines.append(Line(articles[sku], int(quantity or 1)))
    number = str(entry["no"])
    order = Order(
        number=number,
        channel="shop" if number.startswith("B-") else "amazon",
        placed=at(entry["at"]),
        person=person,
        lines=lines,
        status=entry.get("status", ""),
        last_stage=entry.get("stage", ""),
        coupon=entry.get("coupon", ""),
        company=entry.get("company", ""),
        refund=entry.get("refund", {}),
        returned=entry.get("returned", {}),
        merged_into=entry.get("merged_into", ""),
        story=True,
    )
    order.parcels = [_parcel(one, lines) for one in entry.get("parcel", [])]
    order.ship = at(entry["ship"]) if "ship" in entry else None
    return order


def _parcel(entry: dict[str, object], lines: list[Line]) -> Parcel:
    return Parcel(
        kind=entry.get("kind", "delivered"),
        carrier=entry.get("carrier", "DHL"),
        lines=tuple(entry.get("lines", range(len(lines)))),
        last_event=at(entry["last"]) if "last" in entry else None,
        place=entry.get("place", ""),
        who=entry.get("who", ""),
    )


def _crowd(found: list[baskets.Basket], told: list[Order], people: People) -> list[Order]:
    roll = dice("crowd")
    earlier = [b for b in found if b.placed < RUSH]
    rush = [b for b in found if b.placed >= RUSH]
    count = {c: sum(o.channel == c for o in told) for c in ("amazon", "shop")}
    rest_amazon = AMAZON_ORDERS - count["amazon"] - AMAZON_LAST_DAY
    rest_shop = SHOP_ORDERS - count["shop"] - SHOP_LAST_DAY
    early = roll.sample(earlier, rest_amazon + rest_shop)
    late = roll.sample(rush, AMAZON_LAST_DAY + SHOP_LAST_DAY)
    amazon = sorted(early[:rest_amazon] + late[:AMAZON_LAST_DAY], key=lambda b: b.placed)
    shop = sorted(early[rest_amazon:] + late[AMAZON_LAST_DAY:], key=lambda b: b.placed)
    used = {order.number for order in told}
    orders = [_amazon_order(basket, roll, people, used) for basket in amazon]
    orders += _shop_orders(shop, roll, people, told)
    _settle_amazon([o for o in orders if o.channel == "amazon"], roll)
    _same_people([o for o in orders if o.placed >= RUSH and o.channel == "amazon"], orders)
    return orders


def amazon_number(roll: random.Random, used: set[str]) -> str:
    while True:
        first = roll.choice(["302", "303", "304", "305", "306", "028"])
        number = f"{first}-{roll.randrange(10**6, 10**7)}-{roll.randrange(10**6, 10**7)}"
        if number not in used:
            used.add(number)
            return number


def _amazon_order(basket: baskets.Basket, roll: random.Random, people: People, used: set[str]) -> Order:
    order = Order(amazon_number(roll, used), "amazon", basket.placed, people.anyone(roll), list(basket.lines))
    order.parcels = [Parcel(carrier=_carrier(roll), lines=tuple(range(len(basket.lines))))]
    if roll.random() < 0.04:
        order.company = roll.choice(["Praxis", "Kanzlei", "Café", "Ferienhof"]) + " " + order.person.last_name
    return order


def _shop_orders(
    found: list[baskets.Basket], roll: random.Random, people: People, told: list[Order]
) -> list[Order]:
    taken = {order.number for order in told}
    orders = []
    first_number, span = 104311, 104959 - 104311
    for place, basket in enumerate(found):
        number = first_number + span * place // len(found)
        while f"B-{number}" in taken:
            number += 1
        taken.add(f"B-{number}")
        order = Order(f"B-{number}", "shop", basket.placed, people.anyone(roll), list(basket.lines))
        order.parcels = [Parcel(carrier=_carrier(roll), lines=tuple(range(len(basket.lines))))]
        order.coupon = roll.choice(["DEICH10", "DEICH10", "HERBST5"]) if roll.random() < 0.16 else ""
        chance = roll.random()
        age = ANCHOR - basket.placed
        if chance < 0.04:
            order.status = "cancelled"
        elif chance < 0.06:
            order.status = "failed"
        elif chance < 0.10 and age < timedelta(days=9):
            order.status = "on-hold"
        elif chance < 0.15 and age > timedelta(days=12):
            order.status = "refunded"
        if order.status in ("cancelled", "failed", "on-hold"):
            order.parcels = []
        orders.append(order)
    return orders


def _carrier(roll: random.Random) -> str:
    return roll.choices(["DHL", "GLS", "DPD", "Hermes", "UPS"], [76, 10, 6, 6, 2])[0]


def _settle_amazon(orders: list[Order], roll: random.Random) -> None:
    """Who fulfils, what was cancelled, what is still pending."""
    earlier = [o for o in orders if o.placed < RUSH]
    odd = roll.sample(earlier, FBA + CANCELLED)
    for order in odd[:FBA]:
        order.fba, order.parcels = True, []
    for order in odd[FBA:]:
        order.status, order.parcels = "Cancelled", []
    for order in [o for o in orders if o.placed > ANCHOR - timedelta(minutes=41)]:
        order.status, order.parcels = "Pending", []
    days = [o for o in earlier if RUSH - timedelta(days=4) < o.placed < RUSH - timedelta(days=1)]
    for order in [o for o in days if not o.fba and not o.status][:LATE]:
        order.last_stage = "eingegangen"
    evening = RUSH + timedelta(hours=5)
    for order in [o for o in orders if o.placed >= evening][:PENDING]:
        order.status, order.parcels = "Pending", []


def _same_people(recent: list[Order], orders: list[Order]) -> None:
    """Some who just bought at Amazon bought in the shop before: same name, same address."""
    shop = [o for o in orders if o.channel == "shop" and o.status == ""]
    for mine, theirs in zip(recent[2::4][:ON_BOTH_CHANNELS], shop[3::6], strict=False):
        theirs.person = mine.person
