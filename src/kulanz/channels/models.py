"""How the outside is reached: mailboxes, watched folders, mappings, and each channel's dated rules."""

from django.db import models

from kulanz.facts.models import Account


class Mailbox(models.Model):
    """One IMAP folder of one account, read only; the cursor is UIDVALIDITY and UID."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    host = models.CharField(max_length=200)
    port = models.IntegerField(default=993)
    tls = models.CharField(max_length=8, default="tls")
    """tls, starttls or none (only for this machine)."""
    username = models.CharField(max_length=254)
    secret_name = models.CharField(max_length=120)
    folder = models.CharField(max_length=200, default="INBOX")
    is_sent_folder = models.BooleanField(default=False)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    since = models.DateField(null=True)
    """Mails the server received before this day stay unread; null: all of them."""
    folders = models.JSONField(default=list)
    """Names of the mailbox's folders, as the last check saw them."""
    smtp_host = models.CharField(max_length=200, blank=True)
    smtp_port = models.IntegerField(default=587)
    smtp_tls = models.CharField(max_length=8, default="starttls")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "username", "folder"], name="mailbox_once")]


class WatchedFolder(models.Model):
    """Files that the ERP or the shop drops; read once they no longer grow."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    path = models.CharField(max_length=500)
    pattern = models.CharField(max_length=100, default="*")
    mapping_id = models.BigIntegerField(null=True)
    active = models.BooleanField(default=True)
    seen = models.JSONField(default=dict)
    """File name -> [size, mtime ns] of what was taken in."""


class ColumnMapping(models.Model):
    """Which column of a CSV means what; shown before it is applied."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    target = models.CharField(max_length=20)
    """orders, stages, stock, products, invoices, refunds, returns."""
    header_key = models.CharField(max_length=64)
    """Digest of the folded column names: the same header takes the same mapping."""
    columns = models.JSONField(default=dict)
    approved_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "header_key"], name="mapping_once")]


class ChannelRule(models.Model):
    """A deadline, threshold or rule, dated, with its source; what a platform's API returns wins over it."""

    channel = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    valid_from = models.DateField()
    source = models.CharField(max_length=300)
    edited_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name", "valid_from"], name="rule_once")]
