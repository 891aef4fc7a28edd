"""What recurs, and who does it: mailboxes and folders as visits, the house's own chores as scheduled pieces."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings

from kulanz.audit import seal
from kulanz.base import clock
from kulanz.cases import looking, presence, search, verbs
from kulanz.channels import sync
from kulanz.channels.models import Mailbox, WatchedFolder
from kulanz.flow.importing import ImportRefused, import_paths
from kulanz.outbox import carry
from kulanz.work import leases, schedules
from kulanz.work.lanes import Job
from kulanz.work.schedules import Due

log = logging.getLogger("kulanz.work")

FETCH_MAIL = "fetch_mail"
LOOK_AT_FOLDER = "look_at_folder"
SEAL_AUDIT = "seal_audit"
WAKE_SNOOZED = "wake_snoozed"
EXPIRE_LEASES = "expire_leases"
LOOK_AGAIN = "look_again"
FORGET_PRESENCE = "forget_presence"
TIDY_SEARCH = "tidy_search"
VISITS = (FETCH_MAIL, LOOK_AT_FOLDER)

FETCH_SECONDS = int(os.environ.get("KULANZ_FETCH_SECONDS", "60"))
LOOK_SECONDS = int(os.environ.get("KULANZ_LOOK_SECONDS", "20"))
"""A file is taken in after it looked the same twice, so after about twice this."""
SEAL_SECONDS = 5
WAKE_SECONDS = 20
LOOK_AGAIN_SECONDS = 5
FORGET_SECONDS = 24 * 3600
TIDY_SECONDS = 24 * 3600
VISIT_DEADLINE_SECONDS = 420.0
"""One visit to a mailbox, longer than the door's own limit; or one file of a folder until it is read."""
FILE_DEADLINE_SECONDS = 3600.0
HANGS = "Antwortet nicht: Nach {minutes:.0f} Minuten wird nicht länger gewartet. Die anderen Konten laufen weiter."


def keep_rows(now: datetime) -> None:
    """One schedule for each active mailbox and folder, and for each chore; those of what is gone go too."""
    mailboxes = list(Mailbox.objects.filter(active=True).values_list("id", flat=True))
    folders = list(WatchedFolder.objects.filter(active=True).values_list("id", flat=True))
    for name, ids, every in (
        (FETCH_MAIL, mailboxes, FETCH_SECONDS),
        (LOOK_AT_FOLDER, folders, LOOK_SECONDS),
    ):
        for subject_id in ids:
            schedules.ensure(name, subject_id, every_seconds=every, now=now)
        schedules.keep_only(name, ids)
    schedules.ensure(SEAL_AUDIT, every_seconds=SEAL_SECONDS, now=now)
    schedules.ensure(WAKE_SNOOZED, every_seconds=WAKE_SECONDS, now=now)
    schedules.ensure(LOOK_AGAIN, every_seconds=LOOK_AGAIN_SECONDS, now=now)
    schedules.ensure(FORGET_PRESENCE, every_seconds=FORGET_SECONDS, now=now)
    schedules.ensure(TIDY_SEARCH, every_seconds=TIDY_SECONDS, now=now)
    schedules.ensure(EXPIRE_LEASES, every_seconds=max(1, int(settings.LEASE_SECONDS / 3)), now=now)


# --- visits: one slot an account ------------------------------------------------------------------------------


def claim_visits(busy: set[object], free: int, stop: threading.Event) -> list[Job]:
    """Jobs for due mailboxes and folders of accounts nobody is visiting from this process."""
    accounts = _accounts()
    blocked = [place for place, account_id in accounts.items() if account_id in busy]
    jobs: list[Job] = []
    taken = set(busy)
    while len(jobs) < free:
        found = schedules.claim_due(
            VISITS, now=clock.now(), lease_seconds=settings.LEASE_SECONDS, without=blocked
        )
        if not found:
            break
        due = found[0]
        account_id = accounts.get((due.name, due.subject_id))
        if account_id is None or account_id in taken:
            schedules.give_back(due, now=clock.now())
            break
        taken.add(account_id)
        blocked += [place for place, of in accounts.items() if of == account_id]
        jobs.append(_job(due, account_id, stop))
    return jobs


def next_visit(now: datetime, busy: set[object]) -> datetime | None:
    """When the next visit is due; while an account is being visited its end rings the bell."""
    return None if busy else schedules.next_due(VISITS, now)


def _accounts() -> dict[tuple[str, int], int]:
    """Which account a schedule's mailbox or folder belongs to."""
    boxes = Mailbox.objects.filter(active=True).values_list("id", "account_id")
    folders = WatchedFolder.objects.filter(active=True).values_list("id", "account_id")
    return {(FETCH_MAIL, pk): account_id for pk, account_id in boxes} | {
        (LOOK_AT_FOLDER, pk): account_id for pk, account_id in folders
    }


def _job(due: Due, account_id: int, stop: threading.Event) -> Job:
    deadline = VISIT_DEADLINE_SECONDS if due.name == FETCH_MAIL else FILE_DEADLINE_SECONDS
    visit: Callable[[Due, Callable[[], bool]], object] = _fetch if due.name == FETCH_MAIL else _look

    def run() -> None:
        run_due(due, lambda: visit(due, lambda: not stop.is_set()), deadline, stop)

    def overdue() -> None:
        schedules.fail(due, now=clock.now(), text=HANGS.format(minutes=deadline / 60))

    return Job(account_id, f"{due.name}-{due.subject_id}", run, deadline, overdue)


def _fetch(due: Due, keep_on: Callable[[], bool]) -> object:
    return sync.fetch_mailbox(due.subject_id, now=clock.now(), keep_on=keep_on)


def _look(due: Due, keep_on: Callable[[], bool]) -> object:
    return sync.look_at_folder(due.subject_id, take=_take_file, keep_on=keep_on)


def _take_file(folder: WatchedFolder, path: Path) -> None:
    try:
        import_paths([path], account=folder.account, now=clock.now(), mapping_id=folder.mapping_id)
    except ImportRefused as error:
        raise sync.VisitFailed(f"{path.name}: {error}") from error


# --- chores ---------------------------------------------------------------------------------------------------


Chore = Callable[[datetime], object]


def chores(names: Mapping[str, Chore], stop: threading.Event) -> bool:
    """Do one due chore of these; whether there was one."""
    found = schedules.claim_due(tuple(names), now=clock.now(), lease_seconds=settings.LEASE_SECONDS)
    for due in found:
        run_due(due, partial(_chore, names[due.name]), VISIT_DEADLINE_SECONDS, stop)
    return bool(found)


def _chore(work: Chore) -> object:
    return work(clock.now())


def seal_audit(now: datetime) -> object:
    while sealed := seal.seal(now):
        if sealed < seal.SEALED_AT_ONCE:
            break
    return None


def wake_snoozed(now: datetime) -> object:
    while verbs.wake_due(now) >= verbs.WAKE_AT_ONCE:
        pass
    return None


def look_again(now: datetime) -> object:
    """Orders that facts came to, for the cases they belong to."""
    while looking.look_again(now=now):
        pass
    return None


def forget_presence(now: datetime) -> object:
    return presence.forget_old(now)


def tidy_search(now: datetime) -> object:
    return search.tidy()


def expire_leases(now: datetime) -> object:
    return carry.expire(now)


def run_due(due: Due, work: Callable[[], object], deadline_seconds: float, stop: threading.Event) -> None:
    """Do it with the lease kept alive, and write down how it went, in German where it failed."""
    lease = settings.LEASE_SECONDS

    def renew() -> bool:
        return schedules.renew(due, now=clock.now(), lease_seconds=lease)

    try:
        with leases.kept(renew, lease_seconds=lease, deadline_seconds=deadline_seconds):
            work()
    except sync.VisitFailed as error:
        log.warning("%s %s: %s", due.name, due.subject_id, error)
        schedules.fail(due, now=clock.now(), text=str(error))
    except Exception as error:
        schedules.fail(
            due, now=clock.now(), text=f"Unerwarteter Fehler ({type(error).__name__}); Näheres im Protokoll."
        )
        raise
    else:
        if stop.is_set():
            schedules.give_back(due, now=clock.now())
        else:
            schedules.succeed(due, now=clock.now())
