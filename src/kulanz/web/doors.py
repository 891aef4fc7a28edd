"""Who may open which page: one line above each view."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kulanz.people.models import Role

View = Callable[..., HttpResponse]
EVERYBODY = frozenset(Role)
SERVICE = frozenset({Role.AGENT, Role.LEAD, Role.OWNER})
LEADS = frozenset({Role.LEAD, Role.OWNER})
OWNER = frozenset({Role.OWNER})


def door(roles: Collection[str]) -> Callable[[View], View]:
    """Signed in and of one of these roles; else the sign-in page, or 403 with a sentence."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
            if request.user.role not in roles:
                raise PermissionDenied(_("Diese Seite gehört nicht zu Ihrer Rolle."))
            return view(request, *args, **values)

        return login_required(guarded)

    return wrap
