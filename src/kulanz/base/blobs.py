"""Keep and read large bodies in the database."""

import hashlib
from collections.abc import Iterator

from kulanz.base.limits import BLOB_CHUNK_BYTES
from kulanz.base.models import Blob, BlobChunk


def keep(body: bytes) -> Blob:
    """The blob of these bytes, written once however often it comes. Call inside a transaction."""
    digest = hashlib.sha256(body).hexdigest()
    blob, fresh = Blob.objects.get_or_create(sha256=digest, defaults={"size": len(body)})
    if fresh:
        view = memoryview(body)
        BlobChunk.objects.bulk_create(
            BlobChunk(blob=blob, number=number, body=bytes(view[start : start + BLOB_CHUNK_BYTES]))
            for number, start in enumerate(range(0, len(body), BLOB_CHUNK_BYTES))
        )
    return blob


def chunks(blob_id: int) -> Iterator[bytes]:
    for body in (
        BlobChunk.objects.filter(blob_id=blob_id)
        .order_by("number")
        .values_list("body", flat=True)
        .iterator(chunk_size=4)
    ):
        yield bytes(body)


def read(blob_id: int) -> bytes:
    return b"".join(chunks(blob_id))
