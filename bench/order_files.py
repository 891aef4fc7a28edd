"""A made-up Amazon all-orders report: orders of two lines, from a seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.words import ARTICLES, TOWNS

NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COLUMNS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel"
    " order-channel ship-service-level product-name sku asin item-status quantity currency item-price item-tax"
    " shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount"
    " ship-city ship-state ship-postal-code ship-country promotion-ids cpf is-business-order purchase-order-number"
    " price-designation"
).split()


def write_report(path: Path, orders: int, seed: int) -> None:
    """`orders` orders of two different articles each, newest first, as the report lists them."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(COLUMNS) + "\r\n")
        for number in range(orders):
            order_id = f"30{rng.randrange(2, 7)}-{rng.randrange(10**7):07d}-{number:07d}"
            placed = NEWEST - timedelta(seconds=60 * number)
            updated = placed + timedelta(hours=rng.randrange(1, 20))
            shipped = rng.random() < 0.7
            postcode, town = rng.choice(TOWNS)
            for article in rng.sample(range(len(ARTICLES)), 2):
                price = rng.randrange(399, 9999)
                values = {
                    "amazon-order-id": order_id,
                    "merchant-order-id": order_id,
                    "purchase-date": placed.isoformat(),
                    "last-updated-date": min(updated, NEWEST).isoformat(),
                    "order-status": "Shipped" if shipped else "Unshipped",
                    "fulfillment-channel": "Merchant",
                    "sales-channel": "Amazon.de",
                    "ship-service-level": "Standard",
                    "product-name": ARTICLES[article],
                    "sku": f"SKU-{article:04d}",
                    "asin": f"B0{article:08d}",
                    "item-status": "Shipped" if shipped else "Unshipped",
                    "quantity": str(rng.randrange(1, 4)),
                    "currency": "EUR",
                    "item-price": f"{price / 100:.2f}",
                    "item-tax": f"{price * 19 // 119 / 100:.2f}",
                    "shipping-price": "3.99",
                    "shipping-tax": "0.64",
                    "ship-city": town,
                    "ship-postal-code": postcode,
                    "ship-country": "DE",
                    "is-business-order": "false",
                }
                file.write("\t".join(values.get(c, "") for c in COLUMNS) + "\r\n")
