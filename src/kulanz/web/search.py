"""Suche: any number, name or word; an exact number jumps straight to what it names."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from kulanz.base.folding import fold, fold_number
from kulanz.cases import search
from kulanz.cases.found import FoundCase, found_cases
from kulanz.facts import orders
from kulanz.web.doors import EVERYBODY, door
from kulanz.web.forms import read_number
from kulanz.web.sources import case_state

TEXT_CHARS = 200
PAGE_ROWS = 25
ORDER_ROWS = 5
"""Orders shown above the cases."""


@dataclass(frozen=True, slots=True)
class Found:
    row: FoundCase
    title: SafeString
    excerpt: SafeString
    state: str


def marked(text: str, words: list[str]) -> SafeString:
    """The text with every word that begins like a searched one set in <mark>; everything escaped.

    Folded as the search folds: `grosse` marks `Größe`.
    """
    parts = []
    for part in text.split(" "):
        core = fold(part.strip("„“\"'.,:;!?()"))
        hit = bool(core) and any(core.startswith(word) for word in words)
        parts.append(f"<mark>{escape(part)}</mark>" if hit else escape(part))
    return mark_safe(" ".join(parts))  # noqa: S308


@require_GET
@door(EVERYBODY)
def page(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:TEXT_CHARS]
    after = read_number(request.GET.get("ab"))
    found_orders = orders.find_orders(text, request.user, limit=PAGE_ROWS) if text and after is None else []
    ids = search.find(text, user=request.user, limit=PAGE_ROWS + 1, after=after) if text else []
    if after is None and (jump := _jump(text, found_orders, ids)):
        return redirect(*jump)
    shown = ids[:PAGE_ROWS]
    context = {
        "text": text,
        "orders": found_orders[:ORDER_ROWS],
        "more_orders": max(0, len(found_orders) - ORDER_ROWS),
        "cases": _found(shown, text, request),
        "following": shown[-1] if len(ids) > len(shown) else None,
        "later": after is not None,
    }
    return render(request, "search/page.html", context)


def _found(ids: list[int], text: str, request: HttpRequest) -> list[Found]:
    words = [word for word in fold(text).split() if len(word) > 1]
    return [
        Found(
            row=row,
            title=marked(row.title, words),
            excerpt=marked(row.excerpt, words),
            state=case_state(row.state),
        )
        for row in found_cases(ids, user=request.user)
    ]


def _jump(text: str, found: list[orders.OrderRow], ids: list[int]) -> tuple[str, int] | None:
    """Where an exact number leads: to its one order, or to the one case that has it.

    An order with one case goes to the case: whoever types a number wants to answer.
    """
    plain = fold_number(text)
    is_number = len(plain) >= 3 and sum(c.isdigit() for c in plain) * 2 > len(plain)
    if not is_number:
        return None
    if len(ids) == 1 and (str(ids[0]) == plain or len(found) == 1):
        return "case", ids[0]
    if len(found) == 1 and not ids:
        return "order", found[0].id
    return None


urlpatterns = [path("suche/", page, name="search")]
