"""One browser a test process, and homes that are built once a run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from e2e.served import once, run

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOPKEEPERS = ("miriam", "jonas", "deniz", "lager", "buchhaltung")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield started
        started.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder all processes of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def built_demo(shared: Path) -> Path:
    """The sample shop, not running. Copy it before you start it."""
    return once(shared, "demo-built", lambda home: run("demo", "--build-only", home=home))


@pytest.fixture(scope="session")
def shop_passwords(built_demo: Path) -> dict[str, str]:
    password = json.loads((built_demo / "demo").read_text())["password"]
    return dict.fromkeys(SHOPKEEPERS, password)
