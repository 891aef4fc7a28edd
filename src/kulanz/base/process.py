"""Processes that end together: a child does not outlive the process that started it."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal this process gets when its parent's starting thread ends."""
PARENT = "KULANZ_PARENT"
PARENT_PIPE = "KULANZ_PARENT_PIPE"


def tie_to_parent(how: int = signal.SIGTERM) -> None:
    """Ask the kernel to send us `how` when our parent ends, killed or not. Does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)


def tie_to_starter(environ: Mapping[str, str] = os.environ) -> None:
    """Called first in a supervised child: end with the supervisor named in the environment, if any.

    The kernel's signal serves on Linux. Everywhere else, and as a second rope, a pipe whose other end only the
    supervisor holds: it reads as ended when the supervisor is gone.
    """
    starter = environ.get(PARENT, "")
    if not starter:
        return
    tie_to_parent()
    if os.getppid() != int(starter):  # it ended before the kernel was asked
        os._exit(1)
    pipe = environ.get(PARENT_PIPE, "")
    if pipe:
        os.set_inheritable(int(pipe), False)
        threading.Thread(target=_end_with_pipe, args=(int(pipe),), daemon=True, name="starter").start()


def _end_with_pipe(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def tie_forked_children() -> None:
    """Every process forked from this one is killed with it: for servers that fork their own workers."""

    def in_child() -> None:
        tie_to_parent(signal.SIGKILL)

    os.register_at_fork(after_in_child=in_child)


def stop_event(deadline_seconds: float) -> threading.Event:
    """Set by SIGTERM, SIGINT or SIGHUP. Whoever has not ended `deadline_seconds` later is ended."""
    stop = threading.Event()

    def asked(number: int, frame: Any) -> None:
        if not stop.is_set():
            stop.set()
            last_word = threading.Timer(deadline_seconds, os._exit, (1,))
            last_word.daemon = True
            last_word.start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, asked)
    return stop
