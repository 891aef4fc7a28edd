"""An order of thousands of lines, on a SQLite that takes no more values in a statement than it does by default."""

import sqlite3
from datetime import datetime

import pytest
from django.db import connection

import factories as make
from kulanz.facts.ingest import ingest
from kulanz.facts.models import OrderLine
from kulanz.facts.records import Fact

LINES = 20_000


@pytest.mark.django_db
def test_more_keys_than_a_statement_takes(now: datetime, on_postgres: bool) -> None:
    account = make.account()
    facts = [Fact("order", {"number": "1"}, now)]
    facts += [
        Fact("order_line", {"order_number": "1", "ref": str(n), "title": "x"}, now) for n in range(LINES)
    ]
    before = (
        0 if on_postgres else connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    )
    try:
        for _ in range(2):
            ingest(facts, account_id=account.pk, source="x", source_at=now, received_at=now)
    finally:
        if not on_postgres:
            connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)
    assert OrderLine.objects.count() == LINES
