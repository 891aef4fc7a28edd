"""The audit chain: sealing, and every kind of tampering it must show."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from factories import NOW
from kulanz.audit import seal
from kulanz.audit.models import AuditEntry, AuditSeal
from kulanz.audit.record import record

pytestmark = pytest.mark.django_db


def write(number: int) -> list[AuditEntry]:
    return [
        record(
            who="miriam",
            what="closed",
            kind="case",
            object_id=place,
            now=NOW + timedelta(seconds=place),
            why="Käuferin dankt",
            before={"state": "open"},
            after={"state": "closed", "versions": [1, 2.5, None]},
        )
        for place in range(1, number + 1)
    ]


def test_nothing_to_seal() -> None:
    assert seal.seal(NOW) == 0
    assert seal.verify() == seal.Verdict(sealed=0, unsealed=0, erased=0)


def test_entries_are_numbered_in_order_and_chained() -> None:
    entries = write(3)
    assert seal.verify() == seal.Verdict(sealed=0, unsealed=3, erased=0)
    assert seal.seal(NOW) == 3
    entries += write(1)
    assert seal.seal(NOW) == 1
    assert seal.seal(NOW) == 0
    seals = list(AuditSeal.objects.order_by("number"))
    assert [(one.number, one.entry_id) for one in seals] == [
        (number, entry.pk) for number, entry in enumerate(entries, 1)
    ]
    assert [one.previous for one in seals] == [seal.BEGINNING, *(one.digest for one in seals[:-1])]
    assert seal.verify() == seal.Verdict(sealed=4, unsealed=0, erased=0)
    assert seal.head() == (4, seals[-1].digest)


def test_a_long_trail_is_sealed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "SEALED_AT_ONCE", 2)
    write(5)
    assert [seal.seal(NOW) for _ in range(4)] == [2, 2, 1, 0]
    assert seal.verify().holds


def change(**values: object) -> Callable[[], object]:
    return lambda: AuditEntry.objects.filter(object_id=2).update(**values)


def raw(sql: str) -> Callable[[], object]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return run


TAMPERING = [
    ("actor", change(actor="jonas"), 2, "Eintrag 2 wurde nachträglich geändert."),
    ("verb", change(verb="reopened"), 2, "Eintrag 2 wurde nachträglich geändert."),
    ("time", change(at=NOW), 2, "Eintrag 2 wurde nachträglich geändert."),
    ("object", change(object_id=7), 2, "Eintrag 2 wurde nachträglich geändert."),
    ("reason", change(why="anders"), 2, "Eintrag 2 hat nachträglich geänderten Inhalt."),
    ("after", change(after={"state": "open"}), 2, "Eintrag 2 hat nachträglich geänderten Inhalt."),
    ("content digest", change(content_digest="0" * 64), 2, "Eintrag 2 wurde nachträglich geändert."),
    ("salt alone", change(salt=""), 2, "Eintrag 2 hat nachträglich geänderten Inhalt."),
    ("seal gone", raw("DELETE FROM kulanz_auditseal WHERE number = 2"), 2, "Eintrag 2 fehlt."),
    (
        "seal rewritten",
        raw(f"UPDATE kulanz_auditseal SET digest = '{'a' * 64}' WHERE number = 2"),
        2,
        "Eintrag 2 wurde nachträglich geändert.",
    ),
]


@pytest.mark.parametrize(
    ("tamper", "broken_at", "reason"), [row[1:] for row in TAMPERING], ids=[row[0] for row in TAMPERING]
)
def test_tampering_shows(tamper: Callable[[], object], broken_at: int, reason: str) -> None:
    write(3)
    seal.seal(NOW)
    tamper()
    verdict = seal.verify()
    assert (verdict.holds, verdict.broken_at, verdict.reason) == (False, broken_at, reason)


def test_an_erasure_keeps_the_chain() -> None:
    write(3)
    seal.seal(NOW)
    AuditEntry.objects.filter(object_id=2).update(why="", before=None, after=None, salt="")
    assert seal.verify() == seal.Verdict(sealed=3, unsealed=0, erased=1)


def test_a_chain_cut_at_its_end_shows_against_a_backup() -> None:
    write(3)
    seal.seal(NOW)
    known = seal.head()
    assert seal.verify(*known).holds
    AuditSeal.objects.filter(number=3).delete()
    AuditEntry.objects.filter(object_id=3).delete()
    assert seal.verify().holds
    verdict = seal.verify(*known)
    assert (verdict.broken_at, verdict.reason) == (
        3,
        "Das Protokoll endet bei 2, eine Sicherung kennt schon Eintrag 3.",
    )


def test_a_chain_written_anew_shows_against_a_backup() -> None:
    write(2)
    seal.seal(NOW)
    known = seal.head()
    AuditSeal.objects.all().delete()
    AuditEntry.objects.update(sealed=False, actor="jonas")
    seal.seal(NOW)
    assert seal.verify().holds
    assert seal.verify(*known).reason == (
        "Eintrag 2 weicht von der Sicherung ab, die diesen Eintrag schon kannte."
    )
