"""Sign-in, second factor, password; and the pages for what went wrong.

Of allauth only the addresses used here exist: users are made by the owner, never by themselves.
"""

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import path

from kulanz.people.models import Role


class ClosedSignup(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return landing(request.user.role)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("mfa_index")


def landing(role: str) -> str:
    """Agents start in Fälle, leads on Heute, Lager and Buchhaltung where their work is."""
    match role:
        case Role.AGENT:
            return resolve_url("cases")
        case Role.LEAD | Role.OWNER:
            return resolve_url("home")
        case _:
            return resolve_url("approvals")


def absent(request: HttpRequest, **_: object) -> HttpResponse:
    """Addresses allauth wants to name, which do not exist here."""
    raise Http404


urlpatterns = [
    path("konto/anmelden/", account.login, name="account_login"),
    path("konto/abmelden/", account.logout, name="account_logout"),
    path("konto/gesperrt/", account.account_inactive, name="account_inactive"),
    path("konto/bestaetigen/", account.reauthenticate, name="account_reauthenticate"),
    path("konto/passwort/", account.password_change, name="account_change_password"),
    path("konto/sicherheit/", mfa.index, name="mfa_index"),
    path("konto/sicherheit/code/", mfa.authenticate, name="mfa_authenticate"),
    path("konto/sicherheit/bestaetigen/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("konto/sicherheit/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("konto/sicherheit/app/entfernen/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("konto/sicherheit/notfallcodes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "konto/sicherheit/notfallcodes/neu/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "konto/sicherheit/notfallcodes/datei/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("konto/registrieren/", absent, name="account_signup"),
    path("konto/passwort/vergessen/", absent, name="account_reset_password"),
    path("konto/passwort/setzen/", absent, name="account_set_password"),
    path("konto/email/", absent, name="account_email"),
]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", {"why": str(exception or "")}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly a page left open over a new sign-in."""
    return render(request, "errors/csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Without a query: the database may be what broke."""
    return render(None, "errors/500.html", status=500)
