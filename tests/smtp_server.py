"""A real SMTP server for tests, with the ways a mail server fails."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

logging.getLogger("mail.log").setLevel(logging.ERROR)
PASSWORD = "Sieben-Zwerge-34"
"""Every user signs in with it; nobody must."""


@dataclass
class Taken:
    """One mail the server said yes to."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Behaviour:
    """What the server does; change it while it runs.

    `answers` maps a command (MAIL, RCPT, DATA, END) to the line it answers with instead of yes. `drop` names where
    the connection breaks: MAIL, RCPT, DATA (before any of the mail), END (after all of it, unanswered), or TAKEN
    (the same, but the mail was kept).
    """

    answers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    answer_seconds: float = 0.0
    """How long it thinks between keeping a mail and saying so."""
    taken: list[Taken] = field(default_factory=list)


class _Handler:
    def __init__(self, behaviour: Behaviour) -> None:
        self.b = behaviour

    def _cut(self, server: SMTP, where: str) -> bool:
        if self.b.drop != where:
            return False
        server.transport.abort()
        return True

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._cut(server, "MAIL")
        if "MAIL" in self.b.answers:
            return self.b.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._cut(server, "RCPT")
        if "RCPT" in self.b.answers:
            return self.b.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._cut(server, "END"):
            return "250 never seen"
        if "END" in self.b.answers:
            return self.b.answers["END"]
        self.b.taken.append(
            Taken(envelope.mail_from or "", list(envelope.rcpt_tos), bytes(envelope.original_content or b""))
        )
        if self.b.answer_seconds:
            await asyncio.sleep(self.b.answer_seconds)
        self._cut(server, "TAKEN")
        return "250 OK taken"


class _Server(SMTP):
    behaviour: Behaviour

    async def smtp_DATA(self, arg: str) -> Any:
        if self.behaviour.drop == "DATA":
            self.transport.abort()
            return None
        if "DATA" in self.behaviour.answers:
            await self.push(self.behaviour.answers["DATA"])
            return None
        return await super().smtp_DATA(arg)


def _signs_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
    return AuthResult(success=right, handled=right)


class _Controller(Controller):
    def factory(self) -> SMTP:
        server = _Server(
            self.handler,
            hostname="mail.test",
            data_size_limit=64 * 1024 * 1024,
            authenticator=_signs_in,
            auth_require_tls=False,
        )
        server.behaviour = self.handler.b
        return server


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(port: int = 0) -> Iterator[tuple[int, Behaviour]]:
    """Port and behaviour of a server on 127.0.0.1."""
    behaviour = Behaviour()
    controller = _Controller(_Handler(behaviour), hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield controller.port, behaviour
    finally:
        controller.stop(no_assert=True)
