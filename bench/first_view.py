"""What a browser loads for one page: every byte over the wire, first with an empty cache, then again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from bench.desk import Answer, Client, Desk

AS_A_BROWSER = "gzip, deflate, br, zstd"
_TAG = re.compile(r'<(?:link|script|img|iframe|source)\b[^>]*?\b(?:href|src)="([^"#]+)[^"]*"[^>]*>')
_ICON = re.compile(r'<use\b[^>]*?\bhref="([^"#]+)')
_FACE = re.compile(r"@font-face\s*\{(.*?)\}", re.DOTALL)
_URL = re.compile(r"url\(\s*[\"']?(?!data:)([^\"')]+)")
_RANGE = re.compile(r"U\+([0-9A-Fa-f]+)(?:-([0-9A-Fa-f]+))?")


@dataclass(frozen=True, slots=True)
class View:
    cold: int
    """Bytes with an empty cache: bodies as sent, and headers."""
    warm: int
    """Bytes of the same page again: what may not be kept, and the page itself."""
    parts: dict[str, int]
    """Bytes of each address of the first view."""


def first_view(desk: Desk, path: str) -> View:
    plain = desk.signed_in(accept="identity")
    browser = Client(plain.port, AS_A_BROWSER, dict(plain.cookies))
    html = plain.page(path).text
    answer = browser.page(path)
    parts = {path: _size(answer)}
    warm = _size(browser.page(path))
    for address in _loaded(plain, path, html):
        answer = browser.page(address)
        parts[address] = _size(answer)
        if not _is_kept(answer):
            warm += _size(answer)
    return View(sum(parts.values()), warm, parts)


def _size(answer: Answer) -> int:
    return len(answer.body) + answer.head_bytes


def _is_kept(answer: Answer) -> bool:
    """Whether a browser uses it again without asking."""
    rule = answer.headers.get("cache-control", "")
    age = re.search(r"max-age=(\d+)", rule)
    return "no-store" not in rule and "no-cache" not in rule and age is not None and int(age[1]) > 0


def _loaded(client: Client, path: str, html: str) -> dict[str, None]:
    """Styles, scripts, icons, pictures and frames of a page, and the fonts that its characters need."""
    found = {urljoin(path, address): None for address in (*_TAG.findall(html), *_ICON.findall(html))}
    shown = set(re.sub(r"<[^>]+>", "", html))
    for address in list(found):
        if address.partition("?")[0].endswith(".css"):
            found |= dict.fromkeys(_fonts(client.page(address).text, address, shown))
    found.pop(path, None)
    return found


def _fonts(sheet: str, address: str, shown: set[str]) -> Iterator[str]:
    for face in _FACE.findall(sheet):
        ranges = [(int(a, 16), int(b or a, 16)) for a, b in _RANGE.findall(face)]
        if not ranges or any(low <= ord(char) <= high for char in shown for low, high in ranges):
            yield from (urljoin(address, url) for url in _URL.findall(face))
