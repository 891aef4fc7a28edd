"""Lanes carry due work by name. A lane knows neither what its pieces do nor why; they know nothing of the loop."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error, close_old_connections, connections

from kulanz.base import clock
from kulanz.work.bell import Bell

log = logging.getLogger("kulanz.work")
IDLE_SECONDS = 5.0
"""Longest sleep of a lane, should no bell ring."""
SHORTEST_SECONDS = 0.02
FAILED_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Pauses of a piece that raised, one failure after the other."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A named, idempotent piece of work.

    `run` does one slice of what is due and says whether there was any. `next_due` tells when to look again; None
    means: when the bell rings.
    """

    name: str
    run: Callable[[], bool]
    next_due: Callable[[datetime], datetime | None] = lambda now: None
    deadline_seconds: float = 600.0


@dataclass(slots=True)
class _Now:
    """What a lane's thread is at."""

    piece: Piece | None = None
    since: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    rest_until: dict[str, float] = field(default_factory=dict)


class Lane:
    """Threads that do these pieces in turn, sleeping while there is nothing to do."""

    def __init__(self, name: str, pieces: Sequence[Piece], *, threads: int = 1) -> None:
        self.name = name
        self.pieces = pieces
        self._at = [_Now() for _ in range(threads)]
        self._threads: list[threading.Thread] = []

    def start(self, stop: threading.Event, bell: Bell) -> None:
        for number, at in enumerate(self._at):
            thread = threading.Thread(
                target=self._run, args=(at, stop, bell), daemon=True, name=f"{self.name}-{number}"
            )
            self._threads.append(thread)
            thread.start()

    def join(self, seconds: float) -> bool:
        """Whether all its threads have ended within the seconds."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def overdue(self) -> list[str]:
        """Names of pieces that run longer than their deadline."""
        now = time.monotonic()
        return [
            at.piece.name
            for at in self._at
            if at.piece is not None and now - at.since > at.piece.deadline_seconds
        ]

    def _run(self, at: _Now, stop: threading.Event, bell: Bell) -> None:
        try:
            while not stop.is_set():
                worked = [self._do(at, piece) for piece in self.pieces if not stop.is_set()]
                if not any(worked) and not stop.is_set():
                    bell.wait(self.name, self._sleep_seconds(at))
        finally:
            connections.close_all()

    def _do(self, at: _Now, piece: Piece) -> bool:
        if at.rest_until.get(piece.name, 0.0) > time.monotonic():
            return False
        at.piece, at.since = piece, time.monotonic()
        try:
            worked = piece.run()
        except Exception:
            failures = at.failures.get(piece.name, 0)
            pause = FAILED_SECONDS[min(failures, len(FAILED_SECONDS) - 1)]
            at.failures[piece.name] = failures + 1
            at.rest_until[piece.name] = time.monotonic() + pause
            log.exception("%s failed; next try in %.0f s", piece.name, pause)
            connections.close_all()
            return False
        finally:
            at.piece = None
            close_old_connections()
        at.failures.pop(piece.name, None)
        return worked

    def _sleep_seconds(self, at: _Now) -> float:
        """Until the soonest thing anyone knows of, at most IDLE_SECONDS."""
        now = clock.now()
        seconds = IDLE_SECONDS
        for piece in self.pieces:
            try:
                due = piece.next_due(now)
            except Error as error:
                log.warning("%s: next due unknown: %s", piece.name, error)
                connections.close_all()
                return 1.0
            if due is not None:
                rest = at.rest_until.get(piece.name, 0.0) - time.monotonic()
                seconds = min(seconds, max((due - now).total_seconds(), rest))
        return max(seconds, SHORTEST_SECONDS)


@dataclass(slots=True)
class Job:
    """One visit for one slot: runs in a thread of its own, so that one that hangs holds up only its slot."""

    slot: object
    name: str
    run: Callable[[], None]
    deadline_seconds: float
    on_overdue: Callable[[], None]
    started: float = 0.0
    told: bool = False
    thread: threading.Thread | None = None


class SlotLane:
    """At most one job a slot at a time, `most` in all; `claim` hands out jobs for slots that are not busy."""

    def __init__(
        self,
        name: str,
        claim: Callable[[set[object], int], list[Job]],
        next_due: Callable[[datetime, set[object]], datetime | None],
        *,
        most: int = 8,
    ) -> None:
        self.name = name
        self.most = most
        self._claim = claim
        self._next_due = next_due
        self._jobs: dict[object, Job] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, stop: threading.Event, bell: Bell) -> None:
        self._thread = threading.Thread(target=self._run, args=(stop, bell), daemon=True, name=self.name)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        threads = [self._thread, *(job.thread for job in list(self._jobs.values()))]
        for thread in threads:
            if thread is not None:
                thread.join(max(0.0, end - time.monotonic()))
        return not any(thread is not None and thread.is_alive() for thread in threads)

    def overdue(self) -> list[str]:
        """Jobs that hang; each is told of once. They keep their slot, and no other."""
        now = time.monotonic()
        hanging = []
        for job in list(self._jobs.values()):
            if now - job.started > job.deadline_seconds:
                hanging.append(job.name)
                if not job.told:
                    job.told = True
                    job.on_overdue()
        return hanging

    def _run(self, stop: threading.Event, bell: Bell) -> None:
        try:
            while not stop.is_set():
                try:
                    seconds = self._start_due(bell)
                except Exception:
                    log.exception("%s cannot look for work", self.name)
                    connections.close_all()
                    seconds = FAILED_SECONDS[0]
                close_old_connections()
                bell.wait(self.name, seconds)
        finally:
            connections.close_all()

    def _start_due(self, bell: Bell) -> float:
        with self._lock:
            busy = set(self._jobs)
        free = self.most - len(busy)
        for job in self._claim(busy, free) if free > 0 else []:
            job.started = time.monotonic()
            job.thread = threading.Thread(
                target=self._work, args=(job, bell), daemon=True, name=f"{self.name}-{job.name}"
            )
            with self._lock:
                self._jobs[job.slot] = job
                busy.add(job.slot)
            job.thread.start()
        now = clock.now()
        due = self._next_due(now, busy)
        if due is None or len(busy) >= self.most:
            return IDLE_SECONDS
        return min(max((due - now).total_seconds(), SHORTEST_SECONDS), IDLE_SECONDS)

    def _work(self, job: Job, bell: Bell) -> None:
        try:
            job.run()
        except Exception:
            log.exception("%s failed", job.name)
        finally:
            connections.close_all()
            with self._lock:
                self._jobs.pop(job.slot, None)
            bell.ring_here(self.name)
