"""Keeping a lease alive while its holder works; a killed holder's lease simply runs out."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from django.db import DatabaseError, connections

log = logging.getLogger("kulanz.work")


@contextlib.contextmanager
def kept(renew: Callable[[], bool], *, lease_seconds: float, deadline_seconds: float) -> Iterator[None]:
    """Call `renew` three times a lease from a thread of its own while the block runs.

    After `deadline_seconds` it stops doing so: who hangs that long loses the lease and, at the fence, his result.
    """
    over = threading.Event()

    def keep() -> None:
        left = deadline_seconds
        pause = lease_seconds / 3
        try:
            while left > 0 and not over.wait(pause):
                left -= pause
                try:
                    if not renew():
                        return
                except DatabaseError as error:
                    log.warning("lease not renewed: %s", error)
                    connections.close_all()
        finally:
            connections.close_all()

    thread = threading.Thread(target=keep, daemon=True, name="lease")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)
