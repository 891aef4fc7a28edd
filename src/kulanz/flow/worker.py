"""One worker process: lanes over named pieces of work. Any number of them may run against one database."""

import logging
import os
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connections

from kulanz.base import clock
from kulanz.channels import dispatch
from kulanz.flow import asked, schedule, settle
from kulanz.flow.take_in import take_in
from kulanz.intake.models import RawRecord, RawState
from kulanz.outbox import carry
from kulanz.work import heartbeat, leases, schedules
from kulanz.work.bell import Bell
from kulanz.work.lanes import Lane, Piece, SlotLane

log = logging.getLogger("kulanz.work")

SENDERS = 2
"""Mails that go out at the same time, so that one slow mail server does not hold up every account."""
VISITS = 8
READ_AT_ONCE = 200
"""Raw records of one account before another account's turn."""
SEND_DEADLINE_SECONDS = 300.0
"""Longer than the SMTP door's own limit."""
READ_DEADLINE_SECONDS = 900.0
ROWS_SECONDS = 10.0
AGAIN_SECONDS = 0.5
STOP_SECONDS = 4.0
WATCH_SECONDS = 0.5
STUCK = 75
"""Exit code (EX_TEMPFAIL): a piece hangs far beyond its deadline; the leases run out and the parent starts anew."""


def main(stop: threading.Event) -> None:
    """Work until `stop`, then end within STOP_SECONDS; what is not done by then is taken up from its lease."""
    bell = Bell(["send", "intake", "decide", "asked", "heavy"])
    lanes = _lanes(stop, bell)
    threads = [
        threading.Thread(target=heartbeat.keep_beating, args=("worker", stop), daemon=True, name="heartbeat"),
        threading.Thread(target=bell.listen, args=(stop,), daemon=True, name="bell"),
    ]
    for thread in threads:
        thread.start()
    _keep_rows()
    for lane in lanes:
        lane.start(stop, bell)
    kept = time.monotonic()
    while not stop.wait(WATCH_SECONDS):
        _watch(lanes)
        if time.monotonic() - kept > ROWS_SECONDS:
            _keep_rows()
            kept = time.monotonic()
    _end(lanes, threads, bell)


def _lanes(stop: threading.Event, bell: Bell) -> list[Lane | SlotLane]:
    decide: dict[str, schedule.Chore] = {
        schedule.WAKE_SNOOZED: schedule.wake_snoozed,
        schedule.EXPIRE_LEASES: schedule.expire_leases,
        schedule.LOOK_AGAIN: schedule.look_again,
    }
    heavy: dict[str, schedule.Chore] = {
        schedule.SEAL_AUDIT: schedule.seal_audit,
        schedule.FORGET_PRESENCE: schedule.forget_presence,
        schedule.TIDY_SEARCH: schedule.tidy_search,
    }
    return [
        Lane(
            "send",
            [Piece("carry", lambda: carry_one(bell), carry.next_due, SEND_DEADLINE_SECONDS)],
            threads=SENDERS,
        ),
        SlotLane(
            "intake",
            lambda busy, free: schedule.claim_visits(busy, free, stop),
            schedule.next_visit,
            most=VISITS,
        ),
        Lane(
            "decide",
            [
                Piece("settle", settle.settle_some),
                Piece("take_in", read_some, raw_due, READ_DEADLINE_SECONDS),
                Piece(
                    "chores",
                    lambda: schedule.chores(decide, stop),
                    lambda now: schedules.next_due(tuple(decide), now),
                ),
            ],
        ),
        Lane(
            "asked",
            [Piece("asked", lambda: asked.do_one(stop), asked.next_due, asked.UPLOAD_DEADLINE_SECONDS)],
        ),
        Lane(
            "heavy",
            [
                Piece(
                    "seal",
                    lambda: schedule.chores(heavy, stop),
                    lambda now: schedules.next_due(tuple(heavy), now),
                )
            ],
        ),
    ]


def carry_one(bell: Bell | None = None) -> bool:
    """Claim one due action, carry it out, write down how it ended; whether there was one."""
    lease = settings.LEASE_SECONDS
    due = carry.claim(clock.now(), lease, 1)
    for claimed in due:

        def renew(claimed: carry.Claimed = claimed) -> bool:
            return carry.renew(claimed, clock.now(), lease)

        with leases.kept(renew, lease_seconds=lease, deadline_seconds=SEND_DEADLINE_SECONDS):
            outcome = dispatch.dispatch(claimed, now=clock.now())
        if not carry.finish(claimed, outcome, clock.now()):
            log.warning("action %s was no longer ours when it ended: %s", claimed.id, type(outcome).__name__)
        if bell is not None:
            bell.ring_here("decide")
    return bool(due)


def read_some() -> bool:
    """Read some new raw records of each account that has any; whether anything was read.

    An account that cannot be read holds up no other: its error is raised once all had their turn.
    """
    worked = False
    failed: Exception | None = None
    waiting = RawRecord.objects.filter(state=RawState.NEW).order_by().values_list("account_id", flat=True)
    for account_id in sorted(set(waiting.distinct())):
        try:
            taken = take_in(account_id, now=clock.now(), limit=READ_AT_ONCE)
        except Exception as error:
            failed = failed or error
            continue
        worked = worked or bool(taken and taken.read + taken.quarantined)
    if failed is not None:
        raise failed
    return worked


def raw_due(now: datetime) -> datetime | None:
    """Soon again while anything is unread: another reader holds the slot, or held it until he died."""
    if RawRecord.objects.filter(state=RawState.NEW).exists():
        return now + timedelta(seconds=AGAIN_SECONDS)
    return None


def _keep_rows() -> None:
    try:
        schedule.keep_rows(clock.now())
    except DatabaseError as error:
        log.warning("schedules not looked after: %s", error)
        connections.close_all()


def _watch(lanes: list[Lane | SlotLane]) -> None:
    """A hanging visit holds up its account alone; a lane that hangs holds up the house, so the process ends."""
    for lane in lanes:
        hanging = lane.overdue()
        if hanging and isinstance(lane, Lane):
            log.error("stuck beyond the deadline: %s; this worker ends", ", ".join(hanging))
            os._exit(STUCK)


def _end(lanes: list[Lane | SlotLane], threads: list[threading.Thread], bell: Bell) -> None:
    until = time.monotonic() + STOP_SECONDS
    bell.ring_here()
    for lane in lanes:
        if not lane.join(max(0.1, until - time.monotonic())):
            log.warning("lane %s did not end in time; its leases will run out", lane.name)
    for thread in threads:
        thread.join(max(0.1, until - time.monotonic()))
    connections.close_all()
