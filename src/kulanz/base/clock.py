"""Real time. Domain decisions take `now` as an argument; only the edges call this."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)
