"""Users and what they may see. One installation is one merchant; a user may be limited to accounts."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from kulanz.facts.models import Account


class Role(models.TextChoices):
    AGENT = "agent", "Kundenservice"
    LEAD = "lead", "Leitung"
    OWNER = "owner", "Inhaber"
    WAREHOUSE = "lager", "Lager"
    ACCOUNTING = "buchhaltung", "Buchhaltung"


class User(AbstractUser):
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.AGENT)
    accounts = models.ManyToManyField(Account, related_name="+", blank=True)
    """Empty with `all_accounts`: everything; else only these."""
    all_accounts = models.BooleanField(default=True)
    language = models.CharField(max_length=5, default="de")
    theme = models.CharField(max_length=5, default="auto")
    single_keys = models.BooleanField(default=True)
    """Keyboard shortcuts of one letter; WCAG 2.1.4 asks for a switch."""
    signature = models.TextField(blank=True)

    @property
    def initials(self) -> str:
        first, last = self.first_name.strip(), self.last_name.strip()
        return (first[:1] + last[:1]).upper() or self.username[:2].upper()

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    @property
    def leads(self) -> bool:
        return self.role in (Role.LEAD, Role.OWNER)

    @property
    def owns(self) -> bool:
        return self.role == Role.OWNER

    @property
    def answers(self) -> bool:
        """May read and answer customers; Lager and Buchhaltung may not."""
        return self.role in (Role.AGENT, Role.LEAD, Role.OWNER)


class Shift(models.Model):
    """Who is on duty, from when to when."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="shift_end")]
