"""Case: one customer's one concern, with clocks and a next step."""

from django.db import models
from django.db.models.functions import Coalesce, Least

from kulanz.facts.models import Account, Customer, Message, OfAccounts, Order
from kulanz.people.models import User


class CaseState(models.TextChoices):
    OPEN = "open", "offen"
    WAIT_CUSTOMER = "wait_customer", "wartet auf Kunden"
    WAIT_CARRIER = "wait_carrier", "wartet auf Paketdienst"
    LATER = "later", "später"
    CLOSED = "closed", "erledigt"


class Case(models.Model):
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    order = models.ForeignKey(Order, models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=200)
    excerpt = models.CharField(max_length=200, blank=True)
    """The newest words of the customer, for the list."""
    customer_name = models.CharField(max_length=200, blank=True)
    order_number = models.CharField(max_length=60, blank=True)
    order_key = models.CharField(max_length=60, blank=True)
    """The number folded, to find the order when it comes after its case."""
    regular = models.BooleanField(default=False)
    picture = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=13, choices=CaseState.choices, default=CaseState.OPEN)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    platform_due_at = models.DateTimeField(null=True)
    """When the platform's clock runs out; null when it does not run."""
    platform_reason = models.CharField(max_length=200, blank=True)
    house_due_at = models.DateTimeField(null=True)
    house_reason = models.CharField(max_length=200, blank=True)
    due_at = models.GeneratedField(
        # SQLite's least of a null is null, PostgreSQL's is the other one: together they are the same.
        expression=Coalesce(Least("platform_due_at", "house_due_at"), "platform_due_at", "house_due_at"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    """The sooner of both clocks; the queue is sorted by it."""
    must_at = models.GeneratedField(
        expression=Coalesce("platform_due_at", "house_due_at"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    """The clock that counts: the platform's where it runs. Past it, the case is missed."""
    claim_cents = models.BigIntegerField(null=True)
    """Money at stake in an open claim; null while unknown."""
    claim_name = models.CharField(max_length=60, blank=True)
    """Not empty: a claim is open."""
    claim_due_at = models.DateTimeField(null=True)
    """Until when the platform wants our statement; null when it has it."""
    chip = models.CharField(max_length=30, blank=True)
    wake_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    last_in_at = models.DateTimeField(null=True)
    last_out_at = models.DateTimeField(null=True)
    unanswered_since = models.DateTimeField(null=True)
    """Oldest message of the customer that no answer of ours followed; both clocks start here."""
    asked_since = models.DateTimeField(null=True)
    """Oldest notice that wants something of us and that no answer followed; only the house's clock starts here."""
    touched_at = models.DateTimeField()
    """Newest event of any kind; search and lists order by it."""
    closed_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    objects = models.Manager.from_queryset(OfAccounts)()

    class Meta:
        indexes = [
            # The queue's groups and their counts, without a look at the table (cases/queue.py).
            models.Index(
                fields=[
                    "state",
                    "claim_cents",
                    "due_at",
                    "must_at",
                    "account",
                    "assignee",
                    "platform_due_at",
                ],
                name="case_queue",
            ),
            models.Index(fields=["state", "wake_at"], name="case_waiting"),
            models.Index(fields=["state", "-touched_at"], name="case_touched"),
            models.Index(fields=["wake_at"], name="case_wake", condition=models.Q(wake_at__isnull=False)),
            models.Index(fields=["order_number"], name="case_order_number"),
            models.Index(fields=["order_key"], name="case_orphan", condition=models.Q(order=None)),
        ]


class CaseKey(models.Model):
    """A thread key that leads to a case: Message-ID, platform case id, alias with order, order number."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=300)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="casekey_once")]


class Stray(models.Model):
    """A thread key of a mail that never opens a case (our own, a bounce, a notice) and came before its case."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=300)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key", "message"], name="stray_once")]


class SearchDoc(models.Model):
    """What search knows of a case; the index beside it is made in migration 0002. Written by `search` alone."""

    rank = models.BigAutoField(primary_key=True)
    """Grows with every new message or note: results come highest first."""
    case = models.OneToOneField(Case, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    tokens = models.TextField(blank=True)
    """On SQLite what stands in the index, which needs it again to delete a row; empty on PostgreSQL."""


class EntryKind(models.TextChoices):
    MESSAGE = "message", "Nachricht"
    NOTE = "note", "Interne Notiz"
    EVENT = "event", "Ereignis"


class CaseEntry(models.Model):
    """One line of a case's conversation. Every mail is one entry of one case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=EntryKind.choices)
    message = models.OneToOneField(Message, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    icon = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="entry_case")]


class Draft(models.Model):
    """Saves itself; one a case, so that two agents see each other's words instead of writing twice."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    case_version = models.IntegerField(default=0)
    """Version of the case when the draft was begun: a newer message warns."""


class Presence(models.Model):
    """Who has a case open; typing since when."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    seen_at = models.DateTimeField()
    typed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="presence_once")]
