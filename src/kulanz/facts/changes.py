"""Who wants to look again when something changed: one row for each consumer and object."""

from __future__ import annotations

from collections.abc import Collection

from kulanz.base.bulk import insert_rows

_consumers: dict[str, set[str]] = {}


def subscribe(consumer: str, kind: str) -> None:
    """From now on every change of an object of this kind leaves a row for `consumer`."""
    _consumers.setdefault(kind, set()).add(consumer)


def note(kind: str, ids: Collection[int]) -> None:
    """Leave the rows. A row that stands already gets a new version, so that its consumer's delete fails."""
    for consumer in sorted(_consumers.get(kind, ())):
        insert_rows(
            'INSERT INTO "kulanz_change" ("consumer", "object_kind", "object_id", "version")',
            "(%s, %s, %s, 1)",
            [(consumer, kind, object_id) for object_id in sorted(ids)],
            'ON CONFLICT ("consumer", "object_kind", "object_id")'
            ' DO UPDATE SET "version" = "kulanz_change"."version" + 1',
        )
