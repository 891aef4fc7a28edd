"""The one Django app."""

from django.apps import AppConfig


class KulanzConfig(AppConfig):
    name = "kulanz"
    label = "kulanz"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Kulanz"

    def ready(self) -> None:
        from kulanz.flow.subscriptions import subscribe_all  # noqa: PLC0415 (models must be loaded first)

        subscribe_all()
