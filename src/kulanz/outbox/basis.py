"""The versions of the rows an action was decided on: [[table, id, version], …].

They are compared in the same statement that claims the action. Only our own tables with a `version` column count.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models

MAX_ROWS = 50
"""Rows one decision may rest on."""


@cache
def tables() -> dict[str, type[models.Model]]:
    """Our own tables that carry a version, by name."""
    found: dict[str, type[models.Model]] = {}
    for model in apps.get_app_config("kulanz").get_models():
        try:
            model._meta.get_field("version")
        except FieldDoesNotExist:
            continue
        found[model._meta.db_table] = model
    return found


def of(*rows: models.Model) -> list[list[Any]]:
    """The basis made of these rows as they were read."""
    return [[row._meta.db_table, row.pk, row.version] for row in rows]  # type: ignore[attr-defined]


def checked(basis: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The basis as it may be kept. Raises ValueError: a broken one would hold up every other action."""
    if len(basis) > MAX_ROWS:
        raise ValueError(f"basis of {len(basis)} rows; the limit is {MAX_ROWS} (MAX_ROWS)")
    kept = []
    for row in basis:
        table, pk, version = row
        if table not in tables() or type(pk) is not int or type(version) is not int:
            raise ValueError(f"basis names no versioned row: {list(row)!r}")
        kept.append([table, pk, version])
    return kept


def present(basis: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The same rows with the versions they have now; rows that are gone fall out."""
    now = []
    for table, pk, _version in basis:
        version = tables()[table]._base_manager.filter(pk=pk).values_list("version", flat=True).first()
        if version is not None:
            now.append([table, pk, version])
    return now


def changed_sql(alias: str) -> str:
    """SQL that is true when any row of `alias`.basis is gone or has another version."""
    if connection.vendor == "postgresql":
        each, name, pk, version = (
            f"jsonb_array_elements({alias}.basis) AS b(value)",
            "b.value->>0",
            "(b.value->>1)::bigint",
            "(b.value->>2)::bigint",
        )
    else:
        each, name, pk, version = (
            f"json_each({alias}.basis) AS b",
            "json_extract(b.value, '$[0]')",
            "json_extract(b.value, '$[1]')",
            "json_extract(b.value, '$[2]')",
        )
    quote = connection.ops.quote_name
    arms = " ".join(
        f"WHEN '{table}' THEN EXISTS (SELECT 1 FROM {quote(table)} AS t"  # noqa: S608
        f" WHERE t.id = {pk} AND t.version = {version})"
        for table in sorted(tables())
    )
    return f"EXISTS (SELECT 1 FROM {each} WHERE NOT CASE {name} {arms} ELSE FALSE END)"  # noqa: S608
