"""Actions: what goes out, why, by which way, and how it ended."""

from django.db import models

from kulanz.facts.models import Account, OfAccounts
from kulanz.people.models import User


class ActionState(models.TextChoices):
    PROPOSED = "proposed", "vorgeschlagen"
    REJECTED = "rejected", "abgelehnt"
    APPROVED = "approved", "freigegeben"
    WITHDRAWN = "withdrawn", "zurückgeholt"
    SENDING = "sending", "geht hinaus"
    DONE = "done", "erledigt"
    FAILED = "failed", "fehlgeschlagen"
    UNCLEAR = "unclear", "unklar"


class Way(models.TextChoices):
    API = "api", "Schnittstelle"
    MAIL = "mail", "E-Mail"
    FILE = "file", "Datei"
    HAND = "hand", "von Hand"


class ActionKind(models.TextChoices):
    REPLY = "reply", "Antwort"
    DOCUMENT = "document", "Dokument"
    REFUND = "refund", "Erstattung"
    REPLACEMENT = "replacement", "Ersatz"
    CANCEL = "cancel", "Stornierung"
    HOLD = "hold", "Sperre"
    INQUIRY = "inquiry", "Nachforschung"
    CLAIM_ANSWER = "claim_answer", "Stellungnahme"
    PORTAL_REPLY = "portal_reply", "Antwort im Portal"


class Action(models.Model):
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=160, unique=True)
    """Made from its reason, as `refund:case-812:line-2`: the same reason twice is one action."""
    kind = models.CharField(max_length=14, choices=ActionKind.choices)
    way = models.CharField(max_length=4, choices=Way.choices)
    state = models.CharField(max_length=10, choices=ActionState.choices)
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    subject_kind = models.CharField(max_length=12, blank=True)
    """What it is about, without a foreign key upward: case, order, parcel."""
    subject_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    """For mail: to, subject, text, in_reply_to, references, from. By hand: steps, text, link, values."""
    amount_cents = models.BigIntegerField(null=True)
    basis = models.JSONField(default=list)
    """[[table, id, version], …] of the rows it was decided on; compared again before it leaves."""
    proposed_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    """Who does a task by hand; null: whoever comes first."""
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)
    attempts = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    external_id = models.CharField(max_length=254, blank=True)
    """Message-ID of a mail, the far side's id elsewhere. Fixed before the first attempt."""
    ended_at = models.DateTimeField(null=True)
    proof = models.TextField(blank=True)
    steps_done = models.JSONField(default=list)
    settled = models.BooleanField(default=False)
    """flow.settle told the room that proposed it."""

    objects = models.Manager.from_queryset(OfAccounts)()

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], name="action_due", condition=models.Q(state="approved")),
            models.Index(fields=["lease_until"], name="action_leased", condition=models.Q(state="sending")),
            models.Index(fields=["state", "due_at"], name="action_state"),
            models.Index(fields=["subject_kind", "subject_id"], name="action_subject"),
            models.Index(fields=["id"], name="action_unsettled", condition=models.Q(settled=False)),
            models.Index(fields=["external_id"], name="action_external"),
        ]


class Mode(models.TextChoices):
    OBSERVE = "observe", "nur beobachten"
    PROPOSE = "propose", "vorschlagen"
    ACT = "act", "selbst handeln bis …"


class Policy(models.Model):
    """What Kulanz may do, for one account and kind of action. No row: observe, replies propose."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=14, choices=ActionKind.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    limit_cents = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="policy_once")]


class Halt(models.Model):
    """*Alles anhalten*: while a row without an end stands here, nothing leaves."""

    since = models.DateTimeField()
    by = models.CharField(max_length=150)
    why = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
