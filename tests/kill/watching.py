"""The database as a bystander sees it, without the product's own code."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg


class Database:
    """Plain SQL for whoever watches, without the product's own code."""

    def __init__(self, address: str, home: Path) -> None:
        self.address, self.home = address, home

    def rows(self, sql: str, *values: Any) -> list[Any]:
        if self.address:
            with psycopg.connect(self.address, autocommit=True) as connection:
                return connection.execute(sql, values).fetchall()
        connection = sqlite3.connect(self.home / "kulanz.sqlite3", timeout=20)
        try:
            return connection.execute(sql.replace("%s", "?"), values).fetchall()
        finally:
            connection.close()

    def one(self, sql: str, *values: Any) -> Any:
        return self.rows(sql, *values)[0][0]
