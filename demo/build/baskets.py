"""Baskets of a real shop: which articles were bought together, how many, at what hour, at what price relation.

Source: UCI Online Retail, Chen, D. (2015), DOI 10.24432/C5BW33, CC BY 4.0. Read from the folder that
KULANZ_SHARED names (`orders/uci_online_retail/online_retail.csv.xz` below it or below its `data`).
"""

import csv
import io
import lzma
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from world import ANCHOR, FIRST_DAY, Article, Line, dice

# 2011-11-25 is the Friday that becomes the anchor's Friday, so weekdays stay what they were.
SHIFT = ANCHOR.replace(hour=0, minute=0) - datetime(2011, 11, 25)  # noqa: DTZ001
LINES_WANTED = [1] * 30 + [2] * 30 + [3] * 19 + [4] * 11 + [5] * 6 + [6] * 4
SMALL_THINGS = 1500


@dataclass(frozen=True, slots=True)
class Basket:
    placed: datetime
    lines: tuple[Line, ...]


def source() -> Path:
    root = Path(os.environ["KULANZ_SHARED"])
    for folder in (root, root / "data"):
        path = folder / "orders" / "uci_online_retail" / "online_retail.csv.xz"
        if path.exists():
            return path
    raise FileNotFoundError(f"No UCI Online Retail extract under {root}")


def read(articles: dict[str, Article]) -> list[Basket]:
    """All baskets of the sixty days before the anchor, in order of time."""
    by_code = {code: article for article in articles.values() for code in article.uci}
    invoices: dict[str, list[dict[str, str]]] = defaultdict(list)
    prices: dict[str, list[float]] = defaultdict(list)
    first, last = str(FIRST_DAY - SHIFT), str(ANCHOR - SHIFT)
    with lzma.open(source()) as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", errors="replace")):
            if row["InvoiceNo"].startswith("C") or int(row["Quantity"]) <= 0:
                continue
            if first <= row["InvoiceDate"] < last and row["StockCode"] in by_code:
                invoices[row["InvoiceNo"]].append(row)
                prices[row["StockCode"]].append(float(row["UnitPrice"]))
    usual = {code: median(values) for code, values in prices.items()}
    found = [_basket(number, rows, by_code, usual) for number, rows in invoices.items()]
    return sorted(found, key=lambda basket: basket.placed)


def _basket(
    number: str, rows: list[dict[str, str]], by_code: dict[str, Article], usual: dict[str, float]
) -> Basket:
    roll = dice(f"basket {number}")
    wanted = roll.choice(LINES_WANTED)
    start = roll.randrange(max(1, len(rows) - wanted + 1))
    lines: dict[str, Line] = {}
    for row in rows[start:]:
        article = by_code[row["StockCode"]]
        if article.sku not in lines and len(lines) < wanted:
            lines[article.sku] = _line(row, article, usual)
    moment = datetime.fromisoformat(rows[0]["InvoiceDate"]) + SHIFT
    return Basket(moment + timedelta(seconds=roll.randrange(60)), tuple(lines.values()))


def _line(row: dict[str, str], article: Article, usual: dict[str, float]) -> Line:
    """A consumer's quantity, and the discount the real line had against the usual price (at most 15 %)."""
    bought = int(row["Quantity"])
    most = 4 if article.price < SMALL_THINGS else 2 if article.price < 3000 else 1
    quantity = min(most, 1 if bought <= 6 else 2 if bought <= 24 else 3)
    relation = float(row["UnitPrice"]) / usual[row["StockCode"]] if usual[row["StockCode"]] else 1
    discount = round(article.price * quantity * min(0.15, 1 - relation)) if relation < 0.97 else 0
    return Line(article, quantity, discount)
