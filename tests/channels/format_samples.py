"""Small real files of every format, by source, and what they are read with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from kulanz.channels import registry
from kulanz.channels.contract import FileFormat, Opened, Part, Record
from kulanz.facts.records import Fact, Unreadable

DATA = Path(__file__).parents[1] / "data"
SAMPLES = {
    "amazon.orders_all": [DATA / "amazon" / "bestellungen.txt"],
    "amazon.orders_unshipped": [DATA / "amazon" / "unversandt.txt"],
    "dhl.tracking": sorted((DATA / "dhl").glob("*.xml")),
    "woocommerce.orders": sorted((DATA / "woocommerce").glob("*.json")),
    "wawi.stages": [DATA / "wawi" / "stufen.csv"],
    "wawi.stock": [DATA / "wawi" / "bestand.csv"],
    "wawi.products": [DATA / "wawi" / "artikel.csv"],
    "wawi.invoices": [DATA / "wawi" / "rechnungen.csv"],
    "wawi.refunds": [DATA / "wawi" / "erstattungen.csv"],
    "wawi.returns": [DATA / "wawi" / "retouren.csv"],
    "files.table": [DATA / "files" / "kundenliste.csv"],
}
SENT, RECEIVED = datetime(2026, 11, 27, 11, 0, tzinfo=UTC), datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def all_samples() -> Iterable[tuple[str, Path]]:
    return [(source, path) for source, paths in SAMPLES.items() for path in paths]


def record(part: Part, opened: Opened, zone: str = "Europe/Berlin", **more: object) -> Record:
    return Record(
        body=part.body,
        head=opened.head,
        charset=opened.charset,
        zone=zone,
        source_at=SENT,
        received_at=RECEIVED,
        line=part.line,
        note=part.note,
        **more,  # type: ignore[arg-type]
    )


def found(path: Path) -> FileFormat:
    with path.open("rb") as file:
        recognised = registry.recognise(path.name, file.read(64 * 1024))
    assert recognised is not None
    return recognised


def facts_of(path: Path, zone: str = "Europe/Berlin") -> list[Fact]:
    """All facts of a file whose every record is readable."""
    fmt = found(path)
    opened = fmt.open(path)
    facts: list[Fact] = []
    for part in opened.parts:
        assert part.error == ""
        facts += fmt.parse(record(part, opened, zone))
    return facts


def errors_of(path: Path) -> list[tuple[int | None, str]]:
    """Line and reason of every record that cannot be read."""
    fmt = found(path)
    opened = fmt.open(path)
    errors: list[tuple[int | None, str]] = []
    for part in opened.parts:
        if part.error:
            errors.append((part.line, part.error))
            continue
        try:
            fmt.parse(record(part, opened))
        except Unreadable as error:
            errors.append((part.line, str(error)))
    return errors


def values_of(facts: Iterable[Fact], kind: str) -> list[dict[str, object]]:
    return [dict(fact.values) for fact in facts if fact.kind == kind]
