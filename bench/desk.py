"""The desk as a browser meets it: `kulanz web` in a process of its own, and a small client that signs in."""

from __future__ import annotations

import gzip
import json
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from bench.command import environment, kulanz
from bench.cpu import Meter, backends, family
from bench.figures import BenchError
from bench.timing import p95

START_SECONDS = 60.0
STOP_SECONDS = 15.0
USER = "bench"
PAUSE = (0.05, 0.15)
"""Seconds between two savings of a draft."""


class DeskError(BenchError):
    """The desk did not answer as expected; the text says what came instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    """As it came over the wire."""
    ms: float
    """From the request to the last byte of the answer."""

    @property
    def text(self) -> str:
        raw = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return raw.decode()

    @property
    def head_bytes(self) -> int:
        """Status line and headers, as HTTP/1.1 writes them."""
        return 17 + sum(len(name) + len(value) + 4 for name, value in self.headers.items()) + 2


@dataclass(slots=True)
class Client:
    """One kept connection with cookies. Not for several threads."""

    port: int
    accept: str = "gzip"
    cookies: dict[str, str] = field(default_factory=dict)
    connection: HTTPConnection | None = None

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._ask("GET", path, None, headers or {})

    def post(self, path: str, form: dict[str, Any]) -> Answer:
        body = urlencode(form, doseq=True).encode()
        token = {"X-CSRFToken": self.cookies.get("csrftoken", "")}
        return self._ask("POST", path, body, token | {"Content-Type": "application/x-www-form-urlencoded"})

    def page(self, path: str) -> Answer:
        """A page that must come. Raises DeskError."""
        answer = self.get(path)
        if answer.status != 200:
            raise DeskError(f"GET {path} answered {answer.status} {answer.headers.get('location', '')}")
        return answer

    def sign_in(self, password: str) -> None:
        path = "/konto/anmelden/"
        self.page(path)
        answer = self.post(path, {"login": USER, "password": password})
        if answer.status != 302 or "sessionid" not in self.cookies:
            raise DeskError(f"the sign-in answered {answer.status}")

    def copy(self) -> Client:
        """Another connection of the same session."""
        return Client(self.port, self.accept, dict(self.cookies))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Accept-Encoding": self.accept, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        started = time.perf_counter()
        try:
            self.connection.request(method, path, body, sent)
            response = self.connection.getresponse()
        except (RemoteDisconnected, BrokenPipeError):  # kept too long: the server has closed it
            self.connection.close()
            started = time.perf_counter()
            self.connection.request(method, path, body, sent)
            response = self.connection.getresponse()
        content = response.read()
        ms = (time.perf_counter() - started) * 1000
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, content, ms)


@dataclass(slots=True)
class Desk:
    """`kulanz web` as shipped, on a free port, with a user of its own; ended when the block ends."""

    home: Path
    database: str = ""
    port: int = 0
    password: str = ""
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.password = owner_password(self.home, self.database)
        self.port = free_port()
        with tempfile.TemporaryFile() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kulanz.cli", "web", "--port", str(self.port)],
                env=environment(self.home, self.database),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            try:
                self._wait()
            except DeskError as error:
                self.__exit__(None, None, None)
                log.seek(0)
                raise DeskError(f"{error}\n{log.read()[-2000:].decode(errors='replace')}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise DeskError(f"kulanz web ended with {self.process.returncode}")
            try:
                if Client(self.port).get("/").status in (200, 302):
                    return
            except (OSError, HTTPException):
                time.sleep(0.1)
        raise DeskError(f"kulanz web did not answer within {START_SECONDS:.0f} s")

    def signed_in(self, accept: str = "gzip") -> Client:
        client = Client(self.port, accept)
        client.sign_in(self.password)
        return client

    def meter(self) -> Meter:
        """Of the server, its workers as they run now, and of the database processes that serve them."""
        assert self.process is not None
        return Meter((*family(self.process.pid), *backends(self.database)))


def owner_password(home: Path, database: str = "") -> str:
    """A new password of the bench's own user, by the public command that prints it once."""
    told = kulanz("owner", USER, "--name", "Bench Mark", home=home, database=database).out
    found = re.search(r"mit dem Passwort (\S+)", told)
    if found is None:
        raise DeskError(f"kulanz owner told no password: {told[:200]}")
    return found[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class DraftSaver:
    """Somebody writes an answer at the desk while the block runs: the draft of one case saves itself again and
    again, with pauses of 50 to 150 ms. Raises DeskError at the end of the block when a saving failed."""

    home: Path
    database: str = ""
    took: list[float] = field(default_factory=list)
    """Milliseconds of each saving, as the browser waits for it."""
    desk: Desk = field(init=False)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    trouble: str = ""

    @property
    def p95_ms(self) -> float:
        return p95(self.took)

    @property
    def longest_ms(self) -> float:
        return max(self.took)

    @property
    def count(self) -> int:
        return len(self.took)

    def __enter__(self) -> Self:
        self.desk = Desk(self.home, self.database).__enter__()
        try:
            client = self.desk.signed_in()
            case = case_ids(client)[0]
            found = re.search(r'data-version="(\d+)"', client.page(f"/faelle/{case}/").text)
            if found is None:
                raise DeskError(f"the page of case {case} has no composer")
        except BaseException:
            self.desk.__exit__(None, None, None)
            raise
        self.thread = threading.Thread(target=self._write, args=(client, case, int(found[1])))
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        assert self.thread is not None
        self.thread.join()
        self.desk.__exit__(kind, error, trace)
        if error is None and self.trouble:
            raise DeskError(self.trouble)

    def _write(self, client: Client, case: int, version: int) -> None:
        rng, text = random.Random(1), "Guten Tag,"
        try:
            while not self.stop.is_set():
                text = f"{text} {secrets.token_hex(3)}"[-2000:]
                answer = client.post(f"/faelle/{case}/entwurf/", {"text": text, "version": version})
                if answer.status != 200:
                    raise DeskError(f"saving a draft answered {answer.status}: {answer.body[:200]!r}")
                self.took.append(answer.ms)
                version = json.loads(answer.text)["version"]
                self.stop.wait(rng.uniform(*PAUSE))
        except (DeskError, OSError, HTTPException, ValueError) as error:
            self.trouble = f"after {len(self.took)} drafts: {error}"


def case_ids(client: Client, path: str = "/faelle/") -> list[int]:
    """Cases a page links to, in its order. Raises DeskError when there is none."""
    found = dict.fromkeys(int(pk) for pk in re.findall(r'href="/faelle/(\d+)/', client.page(path).text))
    if not found:
        raise DeskError(f"{path} links to no case")
    return list(found)
