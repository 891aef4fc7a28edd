"""A source's word for an order's state reads German; one nobody translated stands as it came."""

import pytest
from django.utils import translation

from kulanz.web.statuses import status_words


@pytest.mark.parametrize(
    ("status", "german", "english"),
    [
        ("Unshipped", "nicht versandt", "not shipped"),
        ("Shipped - Delivered to Buyer", "zugestellt", "delivered"),
        ("Pending", "ausstehend", "pending"),
        ("pending", "Zahlung ausstehend", "payment pending"),
        ("processing", "in Bearbeitung", "processing"),
        ("in Kommissionierung", "in Kommissionierung", "in Kommissionierung"),
        ("", "", ""),
    ],
)
def test_words(status: str, german: str, english: str) -> None:
    with translation.override("de"):
        assert status_words(status) == german
    with translation.override("en"):
        assert status_words(status) == english
