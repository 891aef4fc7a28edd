"""Killed at any instant, nothing is lost, nothing goes out twice; and without the fence this very test breaks.

KULANZ_KILLS and KULANZ_KILL_SEED choose how often and which instants; the database is that of the test run.
"""

import os
import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from kill import harness

KILLS = int(os.environ.get("KULANZ_KILLS", "7" if os.environ.get("KULANZ_TEST_DATABASE") else "8"))
"""Fifteen in all: eight on SQLite, seven on PostgreSQL."""
SEED = int(os.environ.get("KULANZ_KILL_SEED") or time.time())
CONTROL_KILLS = max(5, KILLS // 2)

pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.fixture
def database() -> Iterator[str]:
    """Empty for SQLite; on PostgreSQL the address of a database of its own."""
    address = os.environ.get("KULANZ_TEST_DATABASE", "")
    if not address:
        yield ""
        return
    name = f"kulanz_kill_{secrets.token_hex(4)}"
    # The address names a database that need not exist: the tests make their own beside it.
    server = urlunsplit(urlsplit(address)._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_nothing_is_lost_and_nothing_goes_out_twice(database: str) -> None:
    result = harness.run(KILLS, SEED, database)
    assert result.broken == [], f"seed {SEED}: {result}"
    assert result.hits * 2 >= result.kills, f"too few kills hit running work, seed {SEED}: {result}"
    assert min(result.mails, result.replies, result.sent, result.sealed) > 0, result


def test_without_the_fence_it_breaks(database: str) -> None:
    result = harness.run(CONTROL_KILLS, SEED, database, control=True)
    assert result.twice > 0, f"seed {SEED}: {result}"
