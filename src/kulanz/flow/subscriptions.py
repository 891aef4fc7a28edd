"""Who looks again when facts change; named here alone, because only flow knows the order of things."""

from kulanz.facts import changes

CASES = "cases"


def subscribe_all() -> None:
    """Called once when the application starts."""
    changes.subscribe(CASES, "order")
