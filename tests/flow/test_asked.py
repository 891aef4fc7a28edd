"""What a person asked for: an uploaded file is taken in, a mailbox is tried, failures are told."""

import threading

import pytest

from factories import account, user
from kulanz.base import clock
from kulanz.channels import connections
from kulanz.facts.models import Account, Refund
from kulanz.flow import asked, preview
from kulanz.intake import uploads
from kulanz.intake.models import Upload
from kulanz.people.models import Role, User
from kulanz.work.models import Schedule

NOW = clock.now()
"""Schedules run on real time."""
TABLE = b"Gutschrift;Bestellung;Summe\nGS-1;B-104913;12,50\nGS-2;B-104914;viel\n"


@pytest.fixture
def shop(db: None) -> Account:
    return account("shop")


@pytest.fixture
def lead(shop: Account) -> User:
    return user("lead", Role.LEAD)


def handed(shop: Account, lead: User, body: bytes = TABLE, name: str = "export.csv") -> Upload:
    return uploads.hand_in(account_id=shop.pk, name=name, body=body, path="", by=lead, now=NOW)


def test_a_table_is_read_by_the_mapping_a_person_approved(shop: Account, lead: User) -> None:
    upload = handed(shop, lead)
    found = preview.recognise(upload, now=NOW)
    assert found.header == ("Gutschrift", "Bestellung", "Summe")
    columns = {"target": "refunds", "ref": "Gutschrift", "order_number": "Bestellung", "cents": "Summe"}
    mapping = connections.approve_mapping(
        account_id=shop.pk,
        name="Wawi",
        target="refunds",
        header_key=found.header_key,
        columns=columns,
        by="lead",
        now=NOW,
    )
    uploads.start(upload.pk, source="files.refunds", mapping_id=mapping.pk, by=lead, now=NOW)
    assert asked.do_one(threading.Event()) is True
    upload.refresh_from_db()
    assert (upload.state, upload.error) == ("done", "")
    assert {key: upload.counts[key] for key in ("raw", "new", "quarantined")} == {
        "raw": 2,
        "new": 2,
        "quarantined": 1,
    }
    assert list(Refund.objects.values_list("order_number", "cents")) == [("B-104913", 1250)]
    assert asked.do_one(threading.Event()) is False
    assert preview.recognise(handed(shop, lead, name="morgen.csv"), now=NOW).mapping_id == mapping.pk


def test_a_file_that_is_gone_says_so(shop: Account, lead: User, tmp_path: object) -> None:
    upload = uploads.hand_in(
        account_id=shop.pk, name="weg.csv", body=None, path=f"{tmp_path}/weg.csv", by=lead, now=NOW
    )
    uploads.start(upload.pk, source="unknown", mapping_id=None, by=lead, now=NOW)
    asked.do_one(threading.Event())
    upload.refresh_from_db()
    assert (upload.state, "weg.csv" in upload.error) == ("failed", True)


def test_a_file_is_started_once_and_by_leads(shop: Account, lead: User) -> None:
    upload = handed(shop, lead)
    with pytest.raises(uploads.NotPossible, match="Leitung"):
        uploads.start(upload.pk, source="x", mapping_id=None, by=user("agent"), now=NOW)
    uploads.start(upload.pk, source="x", mapping_id=None, by=lead, now=NOW)
    with pytest.raises(uploads.NotPossible, match="schon"):
        uploads.start(upload.pk, source="x", mapping_id=None, by=lead, now=NOW)


def test_a_mailbox_that_does_not_answer_is_told_and_not_tried_again_by_itself(shop: Account) -> None:
    values = connections.MailboxValues(shop.pk, "a@shop.example", "127.0.0.1", 1, "none")
    mailbox = connections.connect_mailbox(values, password="x", by="lead", now=NOW)
    asked.do_one(threading.Event())
    state = connections.check_state(mailbox.pk, now=NOW)
    assert (state.state, state.error.startswith("Lesen geht nicht. 127.0.0.1:1:")) == ("failed", True)
    row = Schedule.objects.get(name=connections.CHECK_MAILBOX)
    assert (row.due_at - NOW).days > 365
    assert asked.do_one(threading.Event()) is False
