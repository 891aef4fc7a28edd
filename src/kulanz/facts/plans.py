"""SQL and adapters for one kind and one set of columns, made from the model's fields and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from kulanz.facts.kinds import KINDS, Kind

Adapter = Callable[[Any], Any] | None
OWN = ("account_id", "source", "source_at", "received_at", "raw_id")
"""Columns ingest adds to what a fact says."""


@dataclass(frozen=True, slots=True)
class Plan:
    kind: Kind
    table: str
    said: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns written from what the fact says; the parent's id, if any, is the last."""
    adapters: tuple[Adapter, ...]
    """One for each said value; None passes it on."""
    dropped: frozenset[int]
    """Places of said values that name only the parent and are no column."""
    key_at: tuple[int, ...]
    """Places of the key in a row; -1 is the account."""
    json_at: frozenset[int]
    parent_at: int | None
    """Place in `said` of the parent's name."""
    insert: str
    constants: tuple[Any, ...]
    """Defaults of the columns nobody delivered, in the order of `insert`."""


def text_of_time(value: datetime) -> str:
    """UTC, as SQLite stores it and as it sorts."""
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _sqlite_time(value: datetime | None) -> str | None:
    return None if value is None else text_of_time(value)


def _sqlite_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def _text(limit: int | None) -> Adapter:
    def clean(value: str | None) -> str | None:
        if value is None:
            return None
        if "\x00" in value:
            value = value.replace("\x00", "")
        return value if limit is None or len(value) <= limit else value[:limit]

    return clean


def adapter(field: models.Field[Any, Any], vendor: str) -> Adapter:
    """How a value of this field is handed to the database driver."""
    match field:
        case models.DateTimeField() if vendor == "sqlite":
            return _sqlite_time
        case models.DateField() if vendor == "sqlite" and not isinstance(field, models.DateTimeField):
            return _sqlite_date
        case models.JSONField():
            return _json
        case models.CharField() | models.TextField():
            return _text(field.max_length)
    return None


def _default(field: models.Field[Any, Any]) -> Any:
    if field.null:
        return None
    default = field.get_default()
    if isinstance(field, models.JSONField):
        return _json(default)
    return "" if default is None else default


@lru_cache(maxsize=512)
def plan(kind_name: str, said: tuple[str, ...], vendor: str) -> Plan:
    """Raises KeyError for an unknown kind and ValueError for a column the model does not have."""
    kind = KINDS[kind_name]
    meta = kind.model._meta
    fields = {field.column: field for field in meta.concrete_fields if not field.primary_key}
    adapters: list[Adapter] = []
    columns: list[str] = []
    dropped: set[int] = set()
    parent_at: int | None = None
    for place, name in enumerate(said):
        if kind.parent and name == kind.parent.said:
            parent_at = place
        if name in fields:
            columns.append(name)
            adapters.append(adapter(fields[name], vendor))
        elif kind.parent and name == kind.parent.said:
            dropped.add(place)
            adapters.append(None)
        else:
            raise ValueError(f"{kind_name} has no column {name!r}; it has {sorted(map(str, fields))}")
    if kind.parent and parent_at is not None:
        columns.append(kind.parent.column)
    key_at = tuple(-1 if column == "account_id" else columns.index(column) for column in kind.key)
    rest = [c for c in fields if c not in columns and c not in OWN]
    written = [*columns, *OWN, *rest]
    names = ", ".join(f'"{c}"' for c in written)
    # The table and column names come from the models, never from input.
    insert = (
        f'INSERT INTO "{meta.db_table}" ("id", {names}) VALUES ({", ".join(["%s"] * (len(written) + 1))})'  # noqa: S608
    )
    return Plan(
        kind=kind,
        table=meta.db_table,
        said=said,
        columns=tuple(columns),
        adapters=tuple(adapters),
        dropped=frozenset(dropped),
        key_at=key_at,
        json_at=frozenset(i for i, c in enumerate(columns) if isinstance(fields[c], models.JSONField)),
        parent_at=parent_at,
        insert=insert,
        constants=tuple(_default(fields[c]) for c in rest),
    )
