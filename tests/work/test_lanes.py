"""Lanes: what hangs or fails holds up only itself, and a stop ends everything soon."""

import threading
import time
from datetime import datetime, timedelta

import pytest

from kulanz.base import clock
from kulanz.work import heartbeat, leases
from kulanz.work.bell import Bell, ring
from kulanz.work.lanes import Job, Lane, Piece, SlotLane
from kulanz.work.models import Heartbeat


def wait_for(what: threading.Event) -> None:
    assert what.wait(5)


def test_a_rung_lane_works_at_once_and_ends_on_stop() -> None:
    stop, bell = threading.Event(), Bell(["decide"])
    done = threading.Event()
    due = threading.Event()

    def run() -> bool:
        if due.is_set() and not done.is_set():
            done.set()
            return True
        return False

    lane = Lane("decide", [Piece("one", run)])
    lane.start(stop, bell)
    time.sleep(0.1)
    due.set()
    began = time.monotonic()
    bell.ring_here("decide")
    wait_for(done)
    assert time.monotonic() - began < 1
    stop.set()
    bell.ring_here()
    assert lane.join(2) is True


def test_a_lane_wakes_by_itself_when_something_falls_due() -> None:
    stop, bell = threading.Event(), Bell(["decide"])
    at = clock.now() + timedelta(seconds=0.3)
    done = threading.Event()

    def run() -> bool:
        if clock.now() >= at:
            done.set()
        return False

    def next_due(now: datetime) -> datetime | None:
        return None if done.is_set() else at

    lane = Lane("decide", [Piece("one", run, next_due)])
    lane.start(stop, bell)
    wait_for(done)
    assert timedelta(0) <= clock.now() - at < timedelta(seconds=1)
    stop.set()
    bell.ring_here()
    assert lane.join(2) is True


def test_a_piece_that_fails_rests_while_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    stop, bell = threading.Event(), Bell(["decide"])
    tries: list[float] = []
    good = threading.Event()

    def bad() -> bool:
        tries.append(time.monotonic())
        raise RuntimeError("kaputt")

    def fine() -> bool:
        if len(tries) and time.monotonic() - tries[0] > 0.3:
            good.set()
        bell.ring_here()
        return False

    lane = Lane("decide", [Piece("bad", bad), Piece("fine", fine)])
    lane.start(stop, bell)
    wait_for(good)
    stop.set()
    bell.ring_here()
    assert lane.join(2) is True
    assert len(tries) == 1
    assert [record.getMessage() for record in caplog.records] == ["bad failed; next try in 1 s"]


def test_what_hangs_beyond_its_deadline_is_named() -> None:
    stop, bell = threading.Event(), Bell(["send"])
    go_on = threading.Event()
    lane = Lane("send", [Piece("carry", lambda: go_on.wait(5) and False, deadline_seconds=0.05)])
    lane.start(stop, bell)
    time.sleep(0.2)
    assert lane.overdue() == ["carry"]
    go_on.set()
    stop.set()
    bell.ring_here()
    assert lane.join(2) is True


def test_a_visit_that_hangs_holds_up_only_its_account() -> None:
    stop, bell = threading.Event(), Bell(["intake"])
    go_on, told = threading.Event(), threading.Event()
    visited: list[str] = []

    def claim(busy: set[object], free: int) -> list[Job]:
        jobs = []
        if 1 not in busy and "hangs" not in visited:
            visited.append("hangs")
            jobs.append(Job(1, "hangs", lambda: go_on.wait(5) and None, 0.05, told.set))
        if 2 not in busy and visited.count("fine") < 3:
            visited.append("fine")
            jobs.append(Job(2, "fine", lambda: None, 60, lambda: None))
        return jobs

    lane = SlotLane("intake", claim, lambda now, busy: now, most=4)
    lane.start(stop, bell)
    end = time.monotonic() + 5
    while visited.count("fine") < 3 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.1)
    assert lane.overdue() == ["hangs"]
    assert lane.overdue() == ["hangs"]
    assert (told.is_set(), sorted(visited)) == (True, ["fine", "fine", "fine", "hangs"])
    go_on.set()
    stop.set()
    bell.ring_here()
    assert lane.join(2) is True


def test_a_lease_is_renewed_while_its_holder_works_and_no_longer_than_the_deadline() -> None:
    times: list[float] = []

    def renew() -> bool:
        times.append(time.monotonic())
        return True

    with leases.kept(renew, lease_seconds=0.3, deadline_seconds=0.35):
        time.sleep(0.8)
    assert len(times) in (3, 4)
    with leases.kept(renew, lease_seconds=30, deadline_seconds=60):
        pass
    assert len(times) in (3, 4)


def test_a_lost_lease_is_not_renewed_again() -> None:
    calls: list[int] = []

    def renew() -> bool:
        calls.append(1)
        return False

    with leases.kept(renew, lease_seconds=0.06, deadline_seconds=5):
        time.sleep(0.3)
    assert len(calls) == 1


@pytest.mark.django_db(transaction=True)
def test_the_bell_hears_what_another_connection_committed() -> None:
    stop, bell = threading.Event(), Bell(["send"])
    listener = threading.Thread(target=bell.listen, args=(stop,))
    listener.start()
    try:
        bell.wait("send", 1)  # the listener rings once when it begins
        time.sleep(0.6)
        bell.wait("send", 0)
        began = time.monotonic()
        heartbeat.beat("worker", clock.now(), process="test:1")
        ring("send")
        bell.wait("send", 5)
        assert time.monotonic() - began < 2
    finally:
        stop.set()
        listener.join(5)
    assert not listener.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_is_one_row_a_process_and_leaves_none_after_a_clean_end() -> None:
    stop = threading.Event()
    heartbeat.beat("worker", clock.now(), process="gone:7")
    thread = threading.Thread(target=heartbeat.keep_beating, args=("worker", stop))
    thread.start()
    end = time.monotonic() + 5
    while Heartbeat.objects.count() < 2 and time.monotonic() < end:
        time.sleep(0.02)
    assert sorted(one.process for one in heartbeat.alive("worker", clock.now())) == sorted(
        ["gone:7", heartbeat.process_name()]
    )
    stop.set()
    thread.join(5)
    assert list(Heartbeat.objects.values_list("process", flat=True)) == ["gone:7"]
    assert heartbeat.alive("worker", clock.now() + timedelta(seconds=31)) == []
