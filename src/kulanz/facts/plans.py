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

Adapter = Callable[[Any], Any]
OWN = ("account_id", "source", "source_at", "received_at", "raw_id")
"""Columns ingest adds to what a fact says."""


@dataclass(frozen=True, slots=True)
class Plan:
    kind: Kind
    table: str
    said: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns written from what the fact says; the parent's id, if any, is the last."""
    adapters: tuple[tuple[int, Adapter], ...]
    """Places of said values that the database driver does not take as they are, and what makes them fit."""
    texts: tuple[tuple[int, int], ...]
    """Places of texts with the length they are cut to."""
    parent_only: bool
    """The parent's name is no column of its own."""
    key_at: tuple[int, ...]
    """Places of the key in a row; -1 is the account."""
    json_at: frozenset[int]
    parent_at: int | None
    """Place in `said` of the parent's name."""
    insert: str
    constants: tuple[Any, ...]
    """Defaults of the columns nobody delivered, in the order of `insert`."""


NO_LIMIT = 2**31


def text_of_time(value: datetime) -> str:
    """UTC, as SQLite stores it and as it sorts."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ")[:-6]


def _sqlite_time(value: datetime | None) -> str | None:
    return None if value is None else text_of_time(value)


def _sqlite_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def clean_text(value: str, limit: int) -> str:
    """Without NUL, which PostgreSQL refuses, and cut to its column."""
    return value.replace("\x00", "")[:limit]


def adapter(field: models.Field[Any, Any], vendor: str) -> Adapter | None:
    """How a value of this field is handed to the database driver; None passes it on."""
    match field:
        case models.DateTimeField():
            return _sqlite_time if vendor == "sqlite" else None
        case models.DateField():
            return _sqlite_date if vendor == "sqlite" else None
        case models.JSONField():
            return _json
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
    unknown = [n for n in said if n not in fields and not (kind.parent and n == kind.parent.said)]
    if unknown:
        raise ValueError(f"{kind_name} has no column {unknown[0]!r}; it has {sorted(map(str, fields))}")
    columns = [name for name in said if name in fields]
    parent_at = said.index(kind.parent.said) if kind.parent and kind.parent.said in said else None
    told = [(place, fields[name]) for place, name in enumerate(said) if name in fields]
    adapters = [(place, how) for place, field in told if (how := adapter(field, vendor))]
    texts = [
        (place, field.max_length or NO_LIMIT)
        for place, field in told
        if isinstance(field, models.CharField | models.TextField)
    ]
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
        texts=tuple(texts),
        parent_only=parent_at is not None and said[parent_at] not in fields,
        key_at=key_at,
        json_at=frozenset(i for i, c in enumerate(columns) if isinstance(fields[c], models.JSONField)),
        parent_at=parent_at,
        insert=insert,
        constants=tuple(_default(fields[c]) for c in rest),
    )
