"""What every page's frame shows."""

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    return {}
