"""The one Django app."""

from django.apps import AppConfig


class KulanzConfig(AppConfig):
    name = "kulanz"
    label = "kulanz"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Kulanz"
