"""What happened to each order in the warehouse and on the road."""

from collections.abc import Callable
from datetime import datetime, timedelta

from world import ANCHOR, Order, Parcel, dice, gs1_check_digit, is_working_day, next_working_day

STAGES = ("eingegangen", "auf Pickliste", "gepickt", "verpackt", "Label gedruckt", "versendet")
WAVES = ((8, 30), (11, 30))
PICK_UP = {"DHL": (15, 30), "GLS": (14, 45), "DPD": (15, 5), "Hermes": (15, 50), "UPS": (16, 20)}
# What befalls parcels nobody wrote about yet: kind, how many, shipped between these ages in days.
ODD_PARCELS = (
    ("stuck", 9, 8, 11),
    ("packstation", 3, 3, 6),
    ("returned", 3, 16, 30),
    ("damaged", 2, 4, 20),
    ("lost", 2, 26, 40),
    ("address", 3, 2, 4),
    ("neighbour", 16, 4, 45),
    ("data_only", 2, 5, 9),
)


def work_out(orders: list[Order]) -> None:
    """Number the orders, walk them through the warehouse, give each parcel its number."""
    numbers = iter(range(51208, 60000))
    notes = iter(range(47012, 60000))
    for order in orders:
        if order.fba or order.status in ("Cancelled", "Pending", "cancelled", "failed"):
            continue
        order.wawi = f"AU-{next(numbers)}"
        if not order.parcels and order.status != "on-hold":
            order.parcels = [Parcel(lines=tuple(range(len(order.lines))))]
        for parcel in order.parcels:
            _walk(order, parcel)
            parcel.note = parcel.note or f"LS-{next(notes)}"
    _merge(orders)
    _invoice(orders)
    _number(orders)
    _mishaps([o for o in orders if not o.story and o.shipped])


def _walk(order: Order, parcel: Parcel) -> None:
    roll = dice(f"walk {order.number} {parcel.lines}")
    received = order.placed + timedelta(minutes=roll.randint(4, 15))
    hour, minute = PICK_UP[parcel.carrier]
    if order.ship and len(order.parcels) > 1 and parcel is not order.parcels[0]:
        day = next_working_day(order.ship.date())
        shipped = datetime.combine(day, order.ship.time()).replace(hour=hour, minute=minute)
    else:
        shipped = order.ship or _after_next_wave(received, hour, minute)
    wave = _wave_before(shipped, received)
    picked = wave + timedelta(minutes=roll.randint(25, 80))
    packed = picked + timedelta(minutes=roll.randint(15, 50))
    moments = [received, wave, picked, packed, packed + timedelta(minutes=roll.randint(1, 4)), shipped]
    for stage, moment in zip(STAGES, moments, strict=True):
        if moment > ANCHOR:
            break
        parcel.stages.append((stage, moment))
        if stage == order.last_stage:
            break
    if parcel.stages and parcel.stages[-1][0] == "versendet":
        parcel.shipped = shipped


def _after_next_wave(received: datetime, hour: int, minute: int) -> datetime:
    day = received.date() if is_working_day(received.date()) else next_working_day(received.date())
    last_wave = datetime(day.year, day.month, day.day, *WAVES[-1])  # noqa: DTZ001
    if received > last_wave:
        day = next_working_day(day)
    return datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001


def _wave_before(shipped: datetime, received: datetime) -> datetime:
    """The pick wave an order went out with: the first of its shipping day after it came in."""
    for hour, minute in WAVES:
        wave = shipped.replace(hour=hour, minute=minute)
        if wave > received:
            return wave
    return received + timedelta(minutes=20)


def _merge(orders: list[Order]) -> None:
    """Two marketplace orders of one buyer become one order, one delivery note, one parcel in the Wawi."""
    by_number = {order.number: order for order in orders}
    for order in orders:
        if order.merged_into:
            other = by_number[order.merged_into]
            order.wawi, order.parcels = other.wawi, other.parcels


def _invoice(orders: list[Order]) -> None:
    numbers = iter(range(48113 - 470, 60000))
    packed: dict[str, datetime] = {}
    for order in orders:
        moments = [m for p in order.parcels for stage, m in p.stages if stage == "Label gedruckt"]
        if order.wawi and moments:
            packed.setdefault(order.wawi, min(moments))
    named = {wawi: f"RE-{next(numbers)}" for wawi, _ in sorted(packed.items(), key=lambda item: item[1])}
    for order in orders:
        if order.wawi in named:
            order.invoice = named[order.wawi]
            order.invoiced = packed[order.wawi] + timedelta(minutes=2)


def _number(orders: list[Order]) -> None:
    """Give every labelled parcel its number, in the carriers' own forms, invented and with right check digits."""
    roll = dice("numbers")
    makers: dict[str, Callable[[int], str]] = {
        "DHL": _dhl,
        "GLS": _gls,
        "DPD": _dpd,
        "Hermes": _hermes,
        "UPS": _ups,
    }
    serial = 26000
    for order in orders:
        for parcel in order.parcels:
            if parcel.number or not any(stage == "Label gedruckt" for stage, _ in parcel.stages):
                continue
            serial += roll.randint(3, 21)
            parcel.number = makers[parcel.carrier](serial)


def _dhl(serial: int) -> str:
    body = f"34043416109{serial + 400000:06d}"
    return "00" + body + gs1_check_digit(body)


def _gls(serial: int) -> str:
    return f"50118{serial + 270000:06d}"


def _dpd(serial: int) -> str:
    return f"0150507{serial + 2880000:07d}"


def _hermes(serial: int) -> str:
    return f"H1008277{serial:012d}"


def _ups(serial: int) -> str:
    body = f"4F783V68{serial:07d}"
    worth = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body]
    total = sum(w * (2 if place % 2 else 1) for place, w in enumerate(worth))
    return f"1Z{body}{-total % 10}"


def _mishaps(orders: list[Order]) -> None:
    roll = dice("mishaps")
    free = [o for o in orders if o.parcels[0].carrier == "DHL" and len(o.parcels) == 1]
    for kind, count, youngest, oldest in ODD_PARCELS:
        fit = [o for o in free if youngest <= (ANCHOR - o.shipped).total_seconds() / 86400 <= oldest]
        for order in roll.sample(fit, min(count, len(fit))):
            order.parcels[0].kind = kind
            free.remove(order)
