"""Heute."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "today/page.html")


@login_required
def report_incident(request: HttpRequest) -> HttpResponse:
    return render(request, "today/report.html")
