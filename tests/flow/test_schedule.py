"""Visits and chores: one slot an account, failures that a person can read, and rows for what exists."""

import threading
from datetime import datetime

import pytest

import factories as make
from kulanz.base import clock
from kulanz.channels.models import Mailbox, WatchedFolder
from kulanz.channels.sync import VisitFailed
from kulanz.facts.models import Account
from kulanz.flow import schedule
from kulanz.work import schedules
from kulanz.work.models import Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Leases use real time, so here the present is the real one."""
    return clock.now()


def mailbox(account: Account, folder: str = "INBOX", **values: object) -> Mailbox:
    return Mailbox.objects.create(
        account=account,
        host="127.0.0.1",
        port=1,
        tls="none",
        username=f"u{account.pk}",
        secret_name="s",
        folder=folder,
        **values,
    )


def test_there_is_a_schedule_for_each_mailbox_folder_and_chore(now: datetime) -> None:
    account = make.account()
    inbox, sent = mailbox(account), mailbox(account, "Sent")
    folder = WatchedFolder.objects.create(account=account, path="/x")
    schedule.keep_rows(now)
    schedule.keep_rows(now)
    names = ("expire_leases", "forget_presence", "look_again", "seal_audit", "tidy_search", "wake_snoozed")
    chores = [(name, 0) for name in names]
    assert sorted(Schedule.objects.values_list("name", "subject_id")) == sorted(
        [*chores, ("fetch_mail", inbox.pk), ("fetch_mail", sent.pk), ("look_at_folder", folder.pk)]
    )
    Mailbox.objects.filter(pk=sent.pk).update(active=False)
    folder.delete()
    schedule.keep_rows(now)
    assert sorted(Schedule.objects.values_list("name", "subject_id")) == sorted(
        [*chores, ("fetch_mail", inbox.pk)]
    )


def test_one_visit_at_a_time_for_each_account(now: datetime) -> None:
    first, second = make.account(), make.account()
    for account in (first, second):
        mailbox(account)
        mailbox(account, "Sent")
    schedule.keep_rows(now)
    stop = threading.Event()
    jobs = schedule.claim_visits(set(), 8, stop)
    assert sorted(str(job.slot) for job in jobs) == sorted([str(first.pk), str(second.pk)])
    assert schedule.claim_visits({first.pk, second.pk}, 8, stop) == []
    (third,) = schedule.claim_visits({first.pk}, 8, stop)
    assert third.slot == second.pk


def test_a_mailbox_that_cannot_be_read_is_failing_and_the_next_account_is_not(now: datetime) -> None:
    bad = mailbox(make.account())
    schedule.keep_rows(now)
    (job,) = schedule.claim_visits(set(), 8, threading.Event())
    job.run()
    row = Schedule.objects.get(name="fetch_mail")
    assert row.failing_since is not None
    assert (row.subject_id, row.failures, row.lease_until, row.lease_token) == (bad.pk, 1, None, "")
    assert row.error.startswith(f"Für das Postfach u{bad.account_id} ist kein lesbares Passwort hinterlegt.")
    assert row.due_at > clock.now()


def test_a_visit_that_hangs_is_told_and_fenced(now: datetime) -> None:
    mailbox(make.account())
    schedule.keep_rows(now)
    (job,) = schedule.claim_visits(set(), 8, threading.Event())
    job.on_overdue()
    row = Schedule.objects.get(name="fetch_mail")
    assert (
        row.error
        == "Antwortet nicht: Nach 7 Minuten wird nicht länger gewartet. Die anderen Konten laufen weiter."
    )
    job.run()  # it comes back after all: its result no longer counts
    row.refresh_from_db()
    assert row.error.startswith("Antwortet nicht")


def test_a_chore_that_fails_says_so_and_raises_for_the_log(now: datetime) -> None:
    schedules.ensure("seal_audit", every_seconds=5, now=now)

    def broken(now: datetime) -> object:
        raise RuntimeError("kaputt")

    with pytest.raises(RuntimeError):
        schedule.chores({"seal_audit": broken}, threading.Event())
    row = Schedule.objects.get()
    assert (row.failures, row.error) == (1, "Unerwarteter Fehler (RuntimeError); Näheres im Protokoll.")


def test_a_stop_gives_the_work_back(now: datetime) -> None:
    schedules.ensure("seal_audit", every_seconds=3600, now=now)
    stop = threading.Event()
    stop.set()
    assert schedule.chores({"seal_audit": lambda now: None}, stop) is True
    row = Schedule.objects.get()
    assert (row.lease_until, row.last_ok_at) == (None, None)
    assert row.due_at <= clock.now()


def test_what_the_folder_refuses_is_a_failed_visit(now: datetime) -> None:
    schedules.ensure("look_at_folder", 1, every_seconds=5, now=now)
    (due,) = schedules.claim_due(("look_at_folder",), now=clock.now(), lease_seconds=30)

    def refuse() -> object:
        raise VisitFailed("Die Festplatte ist voll.")

    schedule.run_due(due, refuse, 60, threading.Event())
    assert Schedule.objects.get().error == "Die Festplatte ist voll."
