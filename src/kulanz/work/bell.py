"""Tell sleeping workers that something may be due. Only a hint: the row is the truth."""

from django.db import connection

CHANNEL = "kulanz_work"


def ring(lane: str) -> None:
    """Wake this lane in every worker once the present transaction commits.

    PostgreSQL carries it by NOTIFY. On SQLite workers notice a foreign commit by themselves (PRAGMA data_version).
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, lane])
