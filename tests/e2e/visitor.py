"""A small client for the tests: cookies, forms, files, no redirects followed, any status is an answer."""

import gzip
import json
import secrets
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request
from urllib.request import build_opener as opener_of

SIGN_IN = "/konto/anmelden/"
SECONDS = 60
File = tuple[str, bytes, str]
"""Name, content, media type."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def goes_to(self) -> str:
        """Where a redirect leads; empty for none."""
        return str(self.headers.get("Location", ""))


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        return None


@dataclass
class Visitor:
    url: str
    jar: CookieJar = field(default_factory=CookieJar)
    _opener: OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        self._opener = opener_of(ProxyHandler({}), HTTPCookieProcessor(self.jar), _Stay)

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(Request(self.url + path, headers=headers))

    def post(
        self, path: str, given: Any = None, files: dict[str, File] | None = None, *, token: bool = True
    ) -> Answer:
        """A form as a browser sends it, with the token against foreign forms."""
        if token and not self.cookie("csrftoken"):
            self.get(SIGN_IN)
        headers = {"X-CSRFToken": self.cookie("csrftoken")} if token else {}
        if files:
            kind, body = _multipart(given or {}, files)
            headers["Content-Type"] = kind
        else:
            body = urlencode(given or {}, doseq=True, errors="surrogatepass").encode()
        return self._ask(Request(self.url + path, body, headers, method="POST"))

    def sign_in(self, username: str, password: str) -> Answer:
        self.get(SIGN_IN)
        return self.post(SIGN_IN, {"login": username, "password": password})

    def _ask(self, request: Request) -> Answer:
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                return _answer(response)
        except HTTPError as error:
            with error:
                return _answer(error)


def _answer(response: HTTPResponse | HTTPError) -> Answer:
    body = response.read()
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(response.status or 0, response.headers, body)


def _multipart(given: dict[str, Any], files: dict[str, File]) -> tuple[str, bytes]:
    boundary = secrets.token_hex(16)
    parts = []
    for name, value in given.items():
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        )
    for name, (file, content, kind) in files.items():
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        parts += [head.encode(), content, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)
