"""Times between Python and lean SQL, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection


def bound(at: datetime) -> Any:
    """A time as this database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def utc(at: datetime | str | None) -> datetime:
    """A time as the driver gives it, aware; the beginning of time for none."""
    if at is None:
        return datetime.min.replace(tzinfo=UTC)
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
