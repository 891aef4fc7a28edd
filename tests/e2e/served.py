"""An installation as its people meet it: real processes, a small client that signs in, and a browser."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from cli.processes import ROOT, alive, environment, within
from cli.test_running import free_port
from cli.test_serve import descendants
from e2e.visitor import SIGN_IN, Visitor

START_SECONDS = 90
STOP_SECONDS = 15
OWNER = "olga"


def run(*words: str, home: Path, **more: str) -> str:
    """`kulanz WORDS` until it ends; its output. Fails with what it said on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "kulanz.cli", *words, "--home", str(home)],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode in (0, 1), (words, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


def inside(step: str, given: Any, *, home: Path) -> Any:
    """One step of inside.py, in a process with the home's own settings."""
    done = subprocess.run(
        [sys.executable, "-m", "e2e.inside", step],
        input=json.dumps(given),
        cwd=ROOT,
        env=environment(
            PYTHONPATH=f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}",
            KULANZ_HOME=str(home),
            DJANGO_SETTINGS_MODULE="kulanz.settings",
        ),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def new_owner(home: Path, name: str = OWNER) -> str:
    """The password of a new owner, as the public command tells it once."""
    told = run("owner", name, "--name", "Olga Ostmann", home=home)
    found = re.search(r"mit dem Passwort (\S+)", told)
    assert found, told
    return found[1]


@dataclass
class Site:
    home: Path
    port: int
    passwords: dict[str, str] = field(default_factory=dict)
    visitors: dict[str, Visitor] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stranger(self) -> Visitor:
        return Visitor(self.url)

    def visitor(self, username: str) -> Visitor:
        """Signed in once, then kept."""
        if username not in self.visitors:
            visitor = self.stranger()
            answer = visitor.sign_in(username, self.passwords[username])
            assert answer.status == 302, answer.text[:2000]
            self.visitors[username] = visitor
        return self.visitors[username]

    def context(self, browser: Browser, username: str, **options: Any) -> BrowserContext:
        """A window of the browser with the visitor's cookies."""
        context = browser.new_context(
            base_url=self.url, locale="de-DE", timezone_id="Europe/Berlin", **options
        )
        context.set_default_timeout(20_000)
        jar = self.visitor(username).jar
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": self.url} for c in jar if c.name == "sessionid"]
        )
        return context

    def rows(self, sql: str, *given: object) -> list[tuple[Any, ...]]:
        """What the database holds, read beside the running processes."""
        connection = sqlite3.connect(f"file:{self.home / 'kulanz.sqlite3'}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql, given).fetchall()
        finally:
            connection.close()

    def value(self, sql: str, *given: object) -> Any:
        found = self.rows(sql, *given)
        return found[0][0] if found else None


@contextmanager
def serving(home: Path, *, command: str = "up", passwords: dict[str, str], **more: str) -> Iterator[Site]:
    """`kulanz up` (or `web`, `demo`) in this home until the block ends."""
    port = free_port()
    log = (home.parent / f"{home.name}.log").open("ab")
    words = [sys.executable, "-m", "kulanz.cli", command, "--home", str(home), "--port", str(port)]
    if command == "demo":
        words.append("--no-browser")
    process = subprocess.Popen(words, cwd=ROOT, env=environment(**more), stdout=log, stderr=log)
    site = Site(home, port, dict(passwords))
    try:
        assert within(START_SECONDS, lambda: process.poll() is not None or _answers(site)), _tail(home)
        assert process.poll() is None, _tail(home)
        yield site
    finally:
        family = descendants(process.pid) if process.poll() is None else []
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()
    assert within(10, lambda: not any(alive(pid) for pid in family))


def _answers(site: Site) -> bool:
    try:
        return site.stranger().get(SIGN_IN).status == 200
    except OSError:
        return False


def _tail(home: Path) -> str:
    return (home.parent / f"{home.name}.log").read_text()[-4000:]


def broken(site: Site) -> str:
    """What the processes wrote about errors."""
    text = (site.home.parent / f"{site.home.name}.log").read_text()
    return "\n".join(line for line in text.splitlines() if "Internal Server Error" in line)


def copy_of(built: Path, folder: Path) -> Path:
    """A home of one's own, as it was built."""
    home = folder / "home"
    shutil.copytree(built, home, ignore=shutil.ignore_patterns("run", "backups", "sicherungen"))
    return home


def once(folder: Path, name: str, build: Any) -> Path:
    """Built by the first of the test processes that asks, waited for by the others."""
    place, lock = folder / name, folder / f"{name}.making"
    made = folder / f"{name}.made"
    try:
        lock.open("x").close()
    except FileExistsError:
        end = time.monotonic() + 900
        while not made.exists():
            assert time.monotonic() < end, f"{name} was never made"
            time.sleep(0.2)
        return place
    build(place)
    made.touch()
    return place


def settle(page: Page) -> None:
    """Until what the page loads at first is there, and fonts."""
    page.wait_for_load_state("load")
    page.evaluate("() => document.fonts.ready.then(() => true)")
