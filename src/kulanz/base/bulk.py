"""Many rows by one statement where the database sits behind a wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

ROWS_A_STATEMENT = 500
"""Rows of one INSERT on PostgreSQL; 1,000 round trips would cost more than the work itself."""


def insert_rows(head: str, row: str, rows: Sequence[Sequence[Any]], tail: str = "") -> int:
    """`INSERT … VALUES` of rows; `row` is the template of one, as "(%s, %s, 0)". Returns the rows written."""
    written = 0
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{head} VALUES {row} {tail}", rows)
            return max(int(cursor.rowcount), 0)
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            part = rows[start : start + ROWS_A_STATEMENT]
            values = ", ".join([row] * len(part))
            cursor.execute(f"{head} VALUES {values} {tail}", [value for one in part for value in one])
            written += max(int(cursor.rowcount), 0)
    return written
