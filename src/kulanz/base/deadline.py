"""A hard end for a conversation with a server that may drip one byte a minute."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def cut_after(seconds: float, connected: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket down after `seconds` of real time, whatever waits on it; the waiter gets an OSError or EOF."""

    def cut() -> None:
        sock = connected()
        if sock is not None:
            with contextlib.suppress(OSError):
                # The plain socket's own method: an SSLSocket's would pull its state from under the waiter.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
