"""The audit trail: rows are written unsealed with the change they tell of, and chained soon after."""

from django.db import models


class AuditEntry(models.Model):
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    """User name, or the part of Kulanz that acted, as `kulanz:settle`."""
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True)
    why = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    content_digest = models.CharField(max_length=64)
    """Salted SHA-256 of before, after and why: the chain runs over digests, so that an erasure keeps it whole."""
    salt = models.CharField(max_length=32)
    """Empty once an erasure blanked the words: the digest can then no longer be guessed at."""
    sealed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id"], name="audit_object"),
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(sealed=False)),
        ]


class AuditSeal(models.Model):
    """The place of one entry in the chain."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="+")
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
