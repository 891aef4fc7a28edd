"""Cases as the search page lists them: without clocks and viewers, one query a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kulanz.cases.models import Case
from kulanz.facts.models import Viewer


@dataclass(frozen=True, slots=True)
class FoundCase:
    id: int
    account: str
    channel: str
    customer: str
    order_number: str
    title: str
    excerpt: str
    picture: str
    state: str

    @property
    def mark(self) -> str:
        """The channel's tile, as in the queue."""
        return "e" if self.channel == "ebay" else self.account[:1]


_COLUMNS = (
    "id", "account__title", "account__channel", "customer_name", "order_number", "title", "excerpt", "picture", "state",
)  # fmt: skip


def found_cases(case_ids: Sequence[int], *, user: Viewer) -> list[FoundCase]:
    """These cases in this order; what the user may not see is left out."""
    if not case_ids:
        return []
    rows = Case.objects.visible_to(user).filter(pk__in=list(case_ids)).values_list(*_COLUMNS)
    by_id = {row[0]: FoundCase(*row) for row in rows}
    return [by_id[case_id] for case_id in case_ids if case_id in by_id]
