"""Schedules and heartbeats are rows, so that any number of workers share them."""

from django.db import models


class Schedule(models.Model):
    """A recurring piece of work, as `fetch_mail` for mailbox 3."""

    name = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(default=0)
    due_at = models.DateTimeField()
    every_seconds = models.IntegerField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)
    last_ok_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    """Last failure, in German, for Heute."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "subject_id"], name="schedule_once")]
        indexes = [models.Index(fields=["due_at"], name="schedule_due")]


class Heartbeat(models.Model):
    """One row a process: web or worker, where, since when, last seen."""

    process = models.CharField(max_length=120, unique=True)
    role = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
