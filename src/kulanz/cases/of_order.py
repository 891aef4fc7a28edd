"""The cases that an order has, for the order's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from kulanz.cases.models import Case
from kulanz.facts.models import Viewer

SHOWN = 20


@dataclass(frozen=True, slots=True)
class CaseLine:
    id: int
    title: str
    state: str
    customer: str
    touched_at: datetime


def cases_of_order(order_id: int, number: str, user: Viewer, *, limit: int = SHOWN) -> list[CaseLine]:
    """Newest first, also those that name the order's number but were opened before the order was known."""
    found = Case.objects.visible_to(user).filter(Q(order_id=order_id) | Q(order_number=number, order=None))
    columns = ("id", "title", "state", "customer_name", "touched_at")
    return [CaseLine(*row) for row in found.order_by("-touched_at").values_list(*columns)[:limit]]
