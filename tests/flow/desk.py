"""What the intake's tests share: import as a merchant does, and look at what lies in the database afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kulanz.facts.models import Account
from kulanz.flow.importing import Imported, import_paths
from kulanz.intake.models import RawRecord

NOW = datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("KULANZ_SHARED", ROOT.parent / "shared")) / "data"

UNSHIPPED = (
    "order-id",
    "order-item-id",
    "purchase-date",
    "reporting-date",
    "promise-date",
    "buyer-email",
    "buyer-name",
    "sku",
    "product-name",
    "quantity-purchased",
    "recipient-name",
    "ship-city",
    "ship-postal-code",
    "ship-country",
)
ALL_ORDERS = (
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "ship-city",
    "ship-postal-code",
    "ship-country",
)
ROW = {
    "amazon-order-id": "303-1234567-7654321",
    "merchant-order-id": "303-1234567-7654321",
    "order-id": "303-1234567-7654321",
    "order-item-id": "53357616680860",
    "purchase-date": "2026-11-20T14:05:48+00:00",
    "last-updated-date": "2026-11-20T15:00:00+00:00",
    "reporting-date": "2026-11-27T11:58:00+00:00",
    "promise-date": "2026-11-24T22:59:59+00:00",
    "order-status": "Shipped",
    "item-status": "Shipped",
    "fulfillment-channel": "Merchant",
    "buyer-email": "in29awk4uhm6nq@marketplace.amazon.de",
    "buyer-name": "Sabine Hoffmann",
    "sku": "KM-210-ST",
    "asin": "B0KJDMRK83",
    "product-name": "Kaffeemühle Größe 2",
    "quantity": "1",
    "quantity-purchased": "1",
    "currency": "EUR",
    "item-price": "24.90",
    "item-tax": "3.98",
    "recipient-name": "Sabine Hoffmann",
    "ship-city": "Köln",
    "ship-postal-code": "50667",
    "ship-country": "DE",
}


def order_row(columns: Iterable[str], **values: str) -> str:
    given = ROW | {name.replace("_", "-"): value for name, value in values.items()}
    return "\t".join(given[name] for name in columns) + "\r\n"


def report(columns: Iterable[str], *rows: Mapping[str, str]) -> str:
    """An Amazon order report; each row is the usual one with these values."""
    columns = tuple(columns)
    return "\t".join(columns) + "\r\n" + "".join(order_row(columns, **row) for row in rows)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def take(account: Account, *paths: Path, **more: Any) -> Imported:
    return import_paths(paths, account=account, now=NOW, **more)


def counts(done: Imported) -> tuple[int, int, int, int]:
    """raw, new, duplicate, quarantined."""
    told = done.as_json()
    assert told["raw"] == told["new"] + told["duplicate"]  # type: ignore[operator]
    return tuple(told[name] for name in ("raw", "new", "duplicate", "quarantined"))  # type: ignore[return-value]


def unreadable(account: Account) -> list[RawRecord]:
    return list(RawRecord.objects.filter(account=account, state="quarantined").order_by("id"))


def letter(
    number: int = 1,
    text: str = "Wo bleibt mein Paket?",
    *,
    headers: str = "",
    sender: str = "",
    subject: str = "",
) -> bytes:
    """A plain mail of customer `number`."""
    return (
        f"From: {sender or f'Kunde {number} <kunde{number}@example.de>'}\n"
        f"To: Laden <info@laden.example>\nSubject: {subject or f'Frage {number}'}\n"
        f"Date: Thu, 26 Nov 2026 10:00:{number % 60:02} +0100\nMessage-ID: <brief.{number}@example.de>\n"
        f"{headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str
    peak_mb: float

    @property
    def told(self) -> dict[str, Any]:
        """The one JSON document the command printed."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KULANZ_", "DJANGO_"))}
    path = os.pathsep.join(filter(None, [more.pop("PYTHONPATH", ""), str(ROOT / "src")]))
    return kept | {"PYTHONPATH": path} | more


def start(*arguments: str | Path, **more: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "kulanz.cli", *map(str, arguments)],
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


MEASURE = (
    "import resource, subprocess, sys; "
    "code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
)


def run(*arguments: str | Path, timeout: float = 240, **more: str) -> Ran:
    """The real command in a process of its own, with the most memory it held at once."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, "-m", "kulanz.cli", *map(str, arguments)],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    err, _, kilobytes = ended.stderr.rstrip().rpartition("\n")
    return Ran(ended.returncode, ended.stdout, err, int(kilobytes) / 1024)
