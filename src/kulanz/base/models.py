"""Blobs and secrets: bytes that any room may keep."""

from django.db import models


class Blob(models.Model):
    """A body above 64 KB, in chunks of 1 MB, in the same database: one commit, one backup."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()


class BlobChunk(models.Model):
    blob = models.ForeignKey(Blob, models.CASCADE, related_name="+")
    number = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["blob", "number"], name="blobchunk_once")]


class Secret(models.Model):
    """A password or token, encrypted with the installation's key; never shown again, never in a backup."""

    name = models.CharField(max_length=120, unique=True)
    token = models.BinaryField()
