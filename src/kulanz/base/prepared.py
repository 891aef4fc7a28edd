"""Statements of the ORM, compiled once a process and run again with other values.

Building and compiling a queryset costs the ORM several times what the database needs to answer it by index; a page
asks a dozen of them. Here each is built once, with placeholders for its values, and its SQL is kept.

What changes the shape of a statement (a filter that is there or not, the length of a list) belongs into its key.
Values may be int, str, aware datetime, or a list of int.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

Build = Callable[..., QuerySet[Any, Any]]
Row = tuple[Any, ...]

_LENGTHS = (1, 5, 20, 60, 200, 1000)
"""A list of ids is filled up to the next of these lengths by repeating its last, so that few statements are kept."""
MAX_IDS = _LENGTHS[-1]
_FIRST_INT = -9_000_000_000_000_000
_FIRST_MOMENT = datetime(1801, 1, 1, tzinfo=UTC)
_kept: dict[tuple[object, ...], _Statement] = {}


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    fixed: tuple[Any, ...]
    """Parameters as compiled; those of the placeholders are replaced at each run."""
    places: tuple[tuple[int, str, int], ...]
    """Index in the parameters, name of the value, index in a list or -1."""
    converters: Any
    compiler: Any


def rows(key: object, build: Build, **values: Any) -> list[Row]:
    """`list(build(**values))` for a queryset of `values_list`. `key` names the statement and its shape."""
    given = {name: _padded(value) for name, value in values.items()}
    statement = _statement((key, *_shape(given)), build, given)
    return _converted(statement, _fetched(statement, given))


def _fetched(statement: _Statement, given: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement.sql, _parameters(statement, given))
        except OverflowError:  # SQLite: a number beyond 64 bits, which no row has
            return []
        found: list[Row] = cursor.fetchall()
        return found


def objects(key: object, build: Build, **values: Any) -> list[Any]:
    """`list(build(**values))` for a queryset of model instances, with what its select_related brings."""
    given = {name: _padded(value) for name, value in values.items()}
    statement = _statement((key, *_shape(given)), build, given)
    found = _converted(statement, _fetched(statement, given))
    # As django.db.models.query.ModelIterable reads its rows.
    select, info = statement.compiler.select, statement.compiler.klass_info
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    related = get_related_populators(info, select, connection.alias)  # type: ignore[call-arg]  # stubs are of Django 6
    made = []
    for row in found:
        item = info["model"].from_db(connection.alias, names, row[start:end])
        for populator in related:
            populator.populate(row, item)
        made.append(item)
    return made


def counts(key: object, builds: Sequence[tuple[object, Build]], **values: Any) -> list[int]:
    """The number of rows of each queryset, all in one statement. Limit them where counting should stop."""
    parts = [_statement((key, name, *_shape(values)), build, values) for name, build in builds]
    if not parts:
        return []
    selects = ", ".join(f"(SELECT COUNT(*) FROM ({part.sql}) c{n})" for n, part in enumerate(parts))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {selects}", [v for part in parts for v in _parameters(part, values)])
        return [int(count) for count in cursor.fetchone()]


def scalars(
    key: object,
    builds: Sequence[tuple[object, Build]],
    counted: Sequence[tuple[object, Build]] = (),
    **values: Any,
) -> list[Any]:
    """The one value of each queryset (one column, at most one row), None without a row; then the number of rows of
    each one `counted`; all in one statement."""
    parts = [_statement((key, name, *_shape(values)), build, values) for name, build in (*builds, *counted)]
    single = len(builds)
    selects = [f"({part.sql})" for part in parts[:single]]
    selects += [f"(SELECT COUNT(*) FROM ({part.sql}) c{n})" for n, part in enumerate(parts[single:])]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(selects)}", [v for part in parts for v in _parameters(part, values)]
        )
        row = cursor.fetchone()
    found = [_converted(part, [(value,)])[0][0] for part, value in zip(parts, row[:single], strict=False)]
    return found + [int(count) for count in row[single:]]


def piles(key: object, builds: Sequence[tuple[str, Build]], **values: Any) -> dict[str, list[int]]:
    """The ids each queryset selects, in its order, under its name; all in one statement."""
    found: dict[str, list[int]] = {name: [] for name, _ in builds}
    parts = [_statement((key, name, *_shape(values)), build, values) for name, build in builds]
    if not parts:
        return found
    sql = " UNION ALL ".join(
        f"SELECT {n} AS pile, ROW_NUMBER() OVER () AS place, p{n}.id FROM ({part.sql}) p{n}"  # noqa: S608
        for n, part in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [v for part in parts for v in _parameters(part, values)])
        for pile, _place, row_id in sorted(cursor.fetchall()):
            found[builds[pile][0]].append(int(row_id))
    return found


def _padded(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if not value:
        return [0]
    if len(value) > MAX_IDS:
        raise ValueError(f"{len(value)} ids in one statement; the limit is {MAX_IDS} (MAX_IDS)")
    length = next(length for length in _LENGTHS if length >= len(value))
    return value + value[-1:] * (length - len(value))


def _shape(values: dict[str, Any]) -> Iterable[object]:
    return (len(value) if isinstance(value, list) else type(value) for value in values.values())


def _statement(key: tuple[object, ...], build: Build, values: dict[str, Any]) -> _Statement:
    kept = _kept.get((connection.vendor, *key))
    if kept is None:
        kept = _kept[connection.vendor, *key] = _compiled(build, values)
    return kept


def _compiled(build: Build, values: dict[str, Any]) -> _Statement:
    stand_ins, where = {}, {}
    number = 0
    for name, value in values.items():
        items = value if isinstance(value, list) else [value]
        made = []
        for index, item in enumerate(items):
            stand_in = _stand_in(item, number)
            where[_adapted(stand_in)] = (name, index if isinstance(value, list) else -1)
            made.append(stand_in)
            number += 1
        stand_ins[name] = made if isinstance(value, list) else made[0]
    compiler = build(**stand_ins).query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    places = tuple((n, *where[p]) for n, p in enumerate(params) if p.__hash__ and p in where)
    converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
    return _Statement(sql, tuple(params), places, converters, compiler)


def _stand_in(value: Any, number: int) -> Any:
    match value:
        case bool() | None:
            raise TypeError("True, False and None change the shape of a statement: put them into its key")
        case int():
            return _FIRST_INT + number
        case datetime():
            return _FIRST_MOMENT + timedelta(seconds=number)
        case str():
            return f"\u2063stand-in {number}\u2063"
        case _:
            raise TypeError(f"no stand-in for {type(value).__name__}")


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _parameters(statement: _Statement, values: dict[str, Any]) -> list[Any]:
    params = list(statement.fixed)
    for place, name, index in statement.places:
        value = values[name]
        params[place] = _adapted(value[index] if index >= 0 else value)
    return params


def _converted(statement: _Statement, found: list[Row]) -> list[Row]:
    if not statement.converters:
        return found
    return [tuple(row) for row in statement.compiler.apply_converters(found, statement.converters)]
