"""The sample shop's world: its clock, articles, people and the orders that stand between them.

All times are naive Berlin wall-clock times until a writer turns them into its format. Money is integer cents.
"""

import csv
import hashlib
import random
import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
DEMO = HERE.parent
BERLIN = ZoneInfo("Europe/Berlin")
ANCHOR = datetime(2026, 11, 27, 13, 7)  # noqa: DTZ001 - Berlin wall clock, as every time in this maker
FIRST_DAY = datetime(2026, 9, 28)  # noqa: DTZ001
SHOP_DOMAIN = "deichkueche.example"
SHOP_NAME = "Deichküche"


def dice(name: str) -> random.Random:
    """A source of chance that gives the same numbers for the same name on every run."""
    return random.Random(f"kulanz-demo-{name}")  # noqa: S311 - a sample shop, no secret


def at(text: str) -> datetime:
    """Read "2026-11-26 16:07" as a wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=BERLIN).astimezone(UTC)


def iso_utc(moment: datetime) -> str:
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def german(moment: datetime) -> str:
    return moment.strftime("%d.%m.%Y %H:%M")


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) != (10, 3)


def next_working_day(day: date, count: int = 1) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


@dataclass(frozen=True, slots=True)
class Article:
    sku: str
    asin: str
    ean: str
    title: str
    price: int
    cost: int
    picture: str
    stock: int
    uci: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    street: str
    postcode: str
    town: str
    state: str
    mail: str

    @property
    def alias(self) -> str:
        """The buyer's relay address before the "@": 14 letters and digits, the same for every order."""
        number = int.from_bytes(hashlib.sha256(f"alias {self.name}".encode()).digest()[:12], "big")
        letters = "0123456789abcdefghijklmnopqrstuvwxyz"
        return "".join(letters[(number // 36**i) % 36] for i in range(14))

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def last_name(self) -> str:
        return self.name.split(maxsplit=1)[1]


@dataclass(frozen=True, slots=True)
class Line:
    article: Article
    quantity: int
    discount: int = 0

    @property
    def gross(self) -> int:
        return self.article.price * self.quantity


@dataclass(slots=True)
class Parcel:
    """One delivery note and its parcel; `lines` are indexes into the order's lines."""

    kind: str = "delivered"
    carrier: str = "DHL"
    lines: tuple[int, ...] = ()
    last_event: datetime | None = None
    place: str = ""
    who: str = ""
    note: str = ""
    number: str = ""
    shipped: datetime | None = None
    stages: list[tuple[str, datetime]] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    number: str
    channel: str
    placed: datetime
    person: Person
    lines: list[Line]
    fba: bool = False
    status: str = ""
    ship: datetime | None = None
    last_stage: str = ""
    coupon: str = ""
    company: str = ""
    refund: dict[str, object] = field(default_factory=dict)
    returned: dict[str, object] = field(default_factory=dict)
    merged_into: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    wawi: str = ""
    invoice: str = ""
    invoiced: datetime | None = None
    story: bool = False

    @property
    def shipping(self) -> int:
        return 0 if self.goods >= 2900 else 390

    @property
    def goods(self) -> int:
        return sum(line.gross - line.discount for line in self.lines)

    @property
    def total(self) -> int:
        return self.goods + self.shipping

    @property
    def shipped(self) -> datetime | None:
        moments = [p.shipped for p in self.parcels if p.shipped]
        return max(moments) if moments and len(moments) == len(self.parcels) else None


def gs1_check_digit(digits: str) -> str:
    """Check digit of EAN and SSCC numbers: weights 3 and 1 from the right, modulo 10."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def articles() -> dict[str, Article]:
    found: dict[str, Article] = {}
    with (HERE / "articles.csv").open(encoding="utf-8", newline="") as file:
        for place, row in enumerate(csv.DictReader(file, delimiter=";")):
            seed = hashlib.sha256(f"asin {row['sku']}".encode()).hexdigest().upper()
            body = f"20{418300 + place * 37:010d}"
            found[row["sku"]] = Article(
                sku=row["sku"],
                asin="B0"
                + "".join(
                    "BCDFGHJKLMNPQRSTVWXYZ0123456789"[int(seed[i : i + 2], 16) % 31] for i in range(0, 16, 2)
                ),
                ean=body + gs1_check_digit(body),
                title=row["title"],
                price=int(row["price_cents"]),
                cost=int(row["cost_cents"]),
                picture=row["picture"],
                stock=int(row["stock"]),
                uci=tuple(row["uci_codes"].split()),
            )
    return found


ASCII = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ş": "s", "ı": "i", "ç": "c", "ğ": "g", "é": "e", "è": "e",
        "ë": "e", "ê": "e", "á": "a", "ó": "o", "ń": "n", "ł": "l", "ć": "c", "č": "c", "ű": "u", "ő": "o",
    }
)  # fmt: skip


class People:
    """Invented people with a fixed address each; the same name is always the same person."""

    def __init__(self) -> None:
        with (HERE / "people.toml").open("rb") as file:
            names = {
                key: [w.replace("_", " ") for w in text.split()] for key, text in tomllib.load(file).items()
            }
        self._first, self._last, self._streets = names["first"], names["last"], names["streets"]
        with (HERE / "towns.csv").open(encoding="utf-8", newline="") as file:
            self._towns = list(csv.DictReader(file, delimiter=";"))
        self._known: dict[str, Person] = {}

    def named(self, name: str, street: str = "", place: str = "", mail: str = "") -> Person:
        """The person of that name; `place` is "73728 Esslingen am Neckar, Baden-Württemberg"."""
        if name in self._known and not (street or place or mail):
            return self._known[name]
        roll = dice(f"person {name}")
        town = roll.choice(self._towns)
        person = self._known.get(name) or Person(
            name=name,
            street=f"{roll.choice(self._streets)} {roll.randint(1, 148)}{roll.choice(['', '', '', 'a', ' b'])}",
            postcode=town["postcode"],
            town=town["town"],
            state=town["state"],
            mail=self._address(name, roll),
        )
        if place:
            code, rest = place.split(" ", 1)
            where, _, land = rest.partition(", ")
            person = replace(person, postcode=code, town=where, state=land)
        person = replace(person, street=street or person.street, mail=mail or person.mail)
        self._known[name] = person
        return person

    def anyone(self, roll: random.Random) -> Person:
        return self.named(f"{roll.choice(self._first)} {roll.choice(self._last)}")

    @staticmethod
    def _address(name: str, roll: random.Random) -> str:
        plain = "".join(
            c for c in name.lower().translate(ASCII) if c.isascii() and (c.isalnum() or c in " -")
        )
        words = [w.replace("-", "") for w in plain.split()]
        local = roll.choice(
            [".".join(words), words[0][0] + "." + words[-1], words[-1] + str(roll.randint(52, 99))]
        )
        return f"{local}@{roll.choice(['gmx', 'web', 't-online', 'gmail', 'posteo', 'freenet', 'icloud'])}.example"
