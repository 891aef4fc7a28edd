"""One parent that keeps a few child processes alive and ends with them.

A child that dies comes back after 1, 2, 4 … 30 seconds; one that ran for a minute starts again at 1. SIGTERM, SIGINT
and SIGHUP stop all: children are asked first and killed STOP_SECONDS later. Children end when this process is killed,
see base.process; each has a process group of its own, so that nothing it started stays behind either.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kulanz.base.process import PARENT, PARENT_PIPE

BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
STEADY_SECONDS = 60.0
"""A child that ran this long counts as healthy again."""
STOP_SECONDS = 8.0
"""From asking to killing; with the rest of the stop it stays under 10 seconds."""
TICK_SECONDS = 0.1


@dataclass(slots=True)
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    """In a row, each before STEADY_SECONDS."""
    due_at: float = 0.0
    """When it may be started again, on the monotonic clock."""


def back_off(deaths: int) -> float:
    """Seconds to wait after this many deaths in a row."""
    return BACK_OFF_SECONDS[min(max(deaths, 1), len(BACK_OFF_SECONDS)) - 1]


@dataclass(slots=True)
class Supervisor:
    children: list[Child]
    report: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def run(self) -> None:
        """Start all, keep them, and return once all have ended after a stop. Call it in the main thread:
        the kernel ties children to the thread that started them."""
        before = {number: signal.signal(number, self._asked) for number in _STOPPING}
        try:
            while not self.stop.is_set():
                for child in self.children:
                    self._look_after(child)
                self.stop.wait(TICK_SECONDS)
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, *_: object) -> None:
        self.stop.set()

    def _look_after(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.due_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        _kill_group(child.process.pid)
        child.deaths = 1 if time.monotonic() - child.started_at >= STEADY_SECONDS else child.deaths + 1
        wait = back_off(child.deaths)
        child.process, child.due_at = None, time.monotonic() + wait
        self.report(f"{child.name} ist ausgefallen ({_ending(code)}) und startet in {wait:.0f} s neu.")

    def _start(self, child: Child) -> None:
        environment = {**os.environ, PARENT: str(os.getpid()), PARENT_PIPE: str(self._pipe[0])}
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            child.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            pass_fds=[self._pipe[0]],
            start_new_session=True,
        )

    def _stop_all(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.report(f"Prozess {process.pid} endet nicht von selbst und wird beendet.")
            _kill_group(process.pid)
            process.wait()


_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _kill_group(leader: int) -> None:
    """Whatever is left of a child's group: a server's own workers, a program it called."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of the dead
        return


def _ending(code: int) -> str:
    return f"Signal {signal.Signals(-code).name}" if code < 0 else f"Code {code}"
