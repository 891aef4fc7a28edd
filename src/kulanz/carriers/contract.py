"""What a carrier is to us. To add one, name it in the registry; its file format stands in channels.registry."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Carrier:
    title: str
    page: str = ""
    """Address of the public tracking page with {number}; empty: there is none for a number alone."""

    def tracking_page(self, number: str) -> str:
        """The link for people; empty where the carrier has none."""
        return self.page.format(number=quote(number, safe="")) if self.page and number else ""
