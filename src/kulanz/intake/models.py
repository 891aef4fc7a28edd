"""Raw records, byte for byte, before anyone reads them."""

from django.db import models

from kulanz.facts.models import Account, OfAccounts


class RawBatch(models.Model):
    """One delivery: a file, or one fetch of a mailbox."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    source = models.CharField(max_length=40)
    """Format, as mail, amazon.orders_all, woocommerce.orders, wawi.stages, dhl.tracking."""
    name = models.CharField(max_length=300)
    """File name or mailbox folder, for people."""
    head = models.BinaryField(default=b"")
    """What every record of the file needs to be read: the line of column names."""
    charset = models.CharField(max_length=20, default="utf-8")
    mapping_id = models.BigIntegerField(null=True)
    source_at = models.DateTimeField()
    """The file's own time; records without a time of their own take it."""
    received_at = models.DateTimeField()


class RawState(models.TextChoices):
    NEW = "new", "neu"
    READ = "read", "gelesen"
    QUARANTINED = "quarantined", "nicht lesbar"
    DISMISSED = "dismissed", "verworfen"
    BLANKED = "blanked", "gelöscht"


class RawRecord(models.Model):
    """The same record twice (account, source, digest) is one row."""

    batch = models.ForeignKey(RawBatch, models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=254, blank=True)
    """External key: order number, Message-ID or file place."""
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the bytes; of salt and bytes once blanked."""
    body = models.BinaryField(null=True)
    blob_id = models.BigIntegerField(null=True)
    line = models.IntegerField(null=True)
    """First line of the record in its file, counted from 1."""
    note = models.CharField(max_length=40, blank=True)
    """What the parser must know besides: `sent` for a mail of our own Sent folder."""
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=RawState.choices, default=RawState.NEW)
    error = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)

    objects = models.Manager.from_queryset(OfAccounts)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "source", "digest"], name="raw_once")]
        indexes = [
            models.Index(fields=["account", "id"], name="raw_due", condition=models.Q(state="new")),
            models.Index(
                fields=["state", "-id"], name="raw_quarantine", condition=models.Q(state="quarantined")
            ),
        ]


class UploadState(models.TextChoices):
    ASKED = "asked", "wartet auf Ihr Wort"
    WAITING = "waiting", "wartet"
    RUNNING = "running", "wird gelesen"
    DONE = "done", "fertig"
    FAILED = "failed", "fehlgeschlagen"


class Upload(models.Model):
    """A file a person handed in through the page, until the worker has taken it in; kept as its record."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    path = models.CharField(max_length=500, blank=True)
    """A file on the server; empty when the bytes lie in the blob."""
    blob_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=40, blank=True)
    """The recognised format, as RawBatch.source."""
    mapping_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=UploadState.choices, default=UploadState.ASKED)
    counts = models.JSONField(default=dict)
    """raw, new, duplicate, quarantined, cases: so far, and at the end."""
    error = models.TextField(blank=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(OfAccounts)()

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="upload_state")]
