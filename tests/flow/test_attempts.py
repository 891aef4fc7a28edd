"""After a reader died, a record's attempts count only while its parser has it."""

from datetime import timedelta

import pytest

import factories as make
from kulanz.base import clock
from kulanz.channels.contract import Part
from kulanz.facts.models import Account
from kulanz.flow import take_in as room
from kulanz.flow.take_in import take_in
from kulanz.intake import slot
from kulanz.intake.models import RawBatch, RawRecord
from kulanz.intake.receive import receive_parts
from kulanz.work.models import Schedule

pytestmark = pytest.mark.django_db
MAIL = b"Message-ID: <1@example.org>\r\nFrom: a@example.org\r\nSubject: Frage\r\n\r\nWo ist mein Paket?\r\n"


class Killed(BaseException):
    """As kill -9: nothing catches it."""


@pytest.fixture
def account() -> Account:
    made = make.account()
    now = clock.now()
    batch = RawBatch.objects.create(account=made, source="mail", name="INBOX", source_at=now, received_at=now)
    receive_parts(batch=batch, parts=[Part("1", MAIL)], received_at=now)
    return made


def leave_a_dead_reader(account: Account) -> None:
    Schedule.objects.filter(name=slot.NAME, subject_id=account.pk).delete()
    dead = slot.take(account.pk, now=clock.now() - timedelta(hours=1), lease_seconds=1)
    assert dead is not None


@pytest.mark.parametrize(("where", "attempts"), [("read_mail", 2), ("_file", 1)])
def test_a_death_counts_only_inside_the_parser(
    account: Account, monkeypatch: pytest.MonkeyPatch, where: str, attempts: int
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    leave_a_dead_reader(account)
    RawRecord.objects.update(attempts=1)
    monkeypatch.setattr(room, where, die)
    with pytest.raises(Killed):
        take_in(account.pk, now=clock.now())
    assert list(RawRecord.objects.values_list("state", "attempts")) == [("new", attempts)]


def test_what_killed_its_parser_three_times_goes_to_quarantine_and_else_is_read(account: Account) -> None:
    leave_a_dead_reader(account)
    RawRecord.objects.update(attempts=2)
    take_in(account.pk, now=clock.now())
    assert RawRecord.objects.get().state == "read"
    RawRecord.objects.update(state="new", attempts=3)
    leave_a_dead_reader(account)
    take_in(account.pk, now=clock.now())
    record = RawRecord.objects.get()
    assert (record.state, record.error) == (
        "quarantined",
        "INBOX: Das Einlesen brach 3-mal ab (Grenze PARSE_ATTEMPTS).",
    )
