"""The web server's process: granian with one blocking thread in each of its workers."""

import multiprocessing
import sys

from kulanz.base.process import tie_forked_children

WORKERS = 2
KILL_SECONDS = 5
"""A worker that does not end on a stop is killed after this."""


def serve(host: str, port: int, workers: int = WORKERS) -> None:
    """Until SIGTERM or SIGINT. Its workers end with it, killed or not (Linux)."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)
        tie_forked_children()
    Server(
        "kulanz.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        workers_kill_timeout=KILL_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        process_name=None,
        websockets=False,
    ).serve()
