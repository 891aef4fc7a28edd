"""Template tags and filters: money, clocks, marks."""

from django import template

register = template.Library()
