"""What every test may ask for. The database comes from KULANZ_TEST_DATABASE, see installation.py."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

NOW = datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
"""The tests' present: Friday, 27 November 2026, 13:07 in Berlin."""

# Playwright runs a loop of its own in the main thread, and Django takes that for an asynchronous view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Each process of a parallel run has a home, and so a database, of its own already. The plugin would put SQLite
    into shared memory instead, which locks tables as no real installation does."""


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def on_postgres() -> bool:
    return "postgresql" in settings.DATABASES["default"]["ENGINE"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder for processes started by a test; not the one of this test run."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def _missing(program: str) -> bool:
    return shutil.which(program) is None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what the machine lacks; `./kulanz test` names every skip, and CI allows none of these."""
    engine = settings.DATABASES["default"]["ENGINE"]
    for item in items:
        if item.get_closest_marker("postgres") and "postgresql" not in engine:
            item.add_marker(pytest.mark.skip(reason="PostgreSQL: runs in the part on PostgreSQL"))
        if item.get_closest_marker("dovecot") and _missing("dovecot"):
            item.add_marker(pytest.mark.skip(reason="Dovecot fehlt"))
        if item.get_closest_marker("browser") and _missing("chromium"):
            item.add_marker(pytest.mark.skip(reason="Chromium fehlt"))
