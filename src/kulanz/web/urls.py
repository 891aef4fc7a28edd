"""Addresses of every page."""

from django.urls import URLPattern, URLResolver, path

from kulanz.web import signin, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.page, name="home"),
    path("stoerfall/", today.report_incident, name="report_incident"),
    *signin.urlpatterns,
]

handler400 = "kulanz.web.signin.bad_request"
handler403 = "kulanz.web.signin.forbidden"
handler404 = "kulanz.web.signin.not_found"
handler500 = "kulanz.web.signin.broken"
