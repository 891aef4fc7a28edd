"""Hostile and odd mails through the whole intake."""

import io
import zipfile
from pathlib import Path

import pytest

import factories
from flow.desk import counts, letter, put, run, take, unreadable
from kulanz.cases.models import Case, CaseEntry
from kulanz.facts.models import Account, Attachment, Customer, Message
from kulanz.intake.models import RawRecord

pytestmark = pytest.mark.django_db

HEAD = (
    b"From: Sabine <sabine@example.de>\nTo: info@laden.example\nSubject: Frage\nDate: Thu, 26 Nov 2026 10:00:00 +0100\n"
    b"Message-ID: <hart.1@example.de>\nMIME-Version: 1.0\n"
)


@pytest.fixture
def shop() -> Account:
    return factories.account("laden", channel="shop")


def deep(levels: int) -> bytes:
    out = [HEAD]
    for n in range(levels):
        out.append(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n))
    out.append(b"Content-Type: text/plain\n\ntief unten\n")
    out.extend(b"--b%d--\n" % n for n in reversed(range(levels)))
    return b"".join(out)


def wide(parts: int) -> bytes:
    body = b"".join(
        b"--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=%d.txt\n\nTeil %d\n"
        % (n, n)
        for n in range(parts)
    )
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + body + b"--b--\n"


HOSTILE = [
    ("broken boundary", HEAD + b"Content-Type: multipart/mixed; boundary=\n\n--\n\nText\n"),
    ("no end", HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nText'),
    ("unknown charset", HEAD + b"Content-Type: text/plain; charset=klingonisch\n\nGr\xc3\xbc\xc3\x9fe\n"),
    ("wrong charset", HEAD + b"Content-Type: text/plain; charset=utf-8\n\nGr\xfc\xdfe\n"),
    ("charset that is no text", HEAD + b"Content-Type: text/plain; charset=base64\n\nText\n"),
    ("broken base64", HEAD + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n%%%%=A=\n"),
    ("unknown encoding", HEAD + b"Content-Transfer-Encoding: x-zauber\n\nText\n"),
    ("10,000 recipients", b"To: " + b",\n ".join(b"k%d@example.de" % n for n in range(10_000)) + b"\n" + HEAD + b"\nText"),
    ("5,000 parts inside each other", deep(5000)),
    ("5,000 parts", wide(5000)),
    ("header of 1 MB", b"X-Lang: " + b"a" * 1024 * 1024 + b"\n" + HEAD + b"\nText\n"),
    ("subject of 1 MB", HEAD.replace(b"Frage", b"F" * 1024 * 1024) + b"\nText\n"),
    ("100,000 headers", b"".join(b"X-%d: y\n" % n for n in range(100_000)) + HEAD + b"\nText\n"),
    ("NUL bytes", HEAD.replace(b"Frage", b"Fr\0age").replace(b"Sabine", b"Sab\0ine") + b"\nTe\0xt\0\n"),
    ("NUL in encoded words", HEAD.replace(b"Frage", b"=?utf-8?q?a=00b?=") + b"\nText\n"),
    ("surrogates", HEAD.replace(b"Frage", b"=?utf-7?q?+2AA-?=") + b"Content-Type: text/plain; charset=utf-7\n\n+2AA-\n"),
    ("name of 10,000", HEAD.replace(b"Sabine", b'"' + b"N" * 10_000 + b'"') + b"\nText\n"),
    ("address of 10,000", HEAD.replace(b"sabine@", b"s" * 10_000 + b"@") + b"\nText\n"),
    ("Message-ID of 10,000", HEAD.replace(b"hart.1", b"h" * 10_000) + b"\nText\n"),
    ("line of 100 KB", HEAD + b"\n" + b"x" * 100_000 + b"\n"),
    ("line of 5 MB", HEAD + b"\n" + b"> " * 2_500_000 + b"\n"),
    ("quotes", HEAD + b"\n" + b"".join(b">" * n + b" x\n" for n in range(2000))),
    ("10,000 references", b"References: " + b" ".join(b"<r%d@e>" % n for n in range(10_000)) + b"\n" + HEAD + b"\nText\n"),
    ("HTML inside itself", HEAD + b"Content-Type: text/html\n\n" + b"<div>" * 50_000 + b"Text"),
    ("impossible date", HEAD.replace(b"26 Nov 2026", b"99 Foo 9999") + b"\nText\n"),
    ("date of the year 1", HEAD.replace(b"26 Nov 2026", b"01 Jan 0001") + b"\nText\n"),
    ("date of the future", HEAD.replace(b"2026", b"2126") + b"\nText\n"),
    ("zone of +9999", HEAD.replace(b"+0100", b"+9999") + b"\nText\n"),
    ("only CR", HEAD.replace(b"\n", b"\r") + b"\rText\r"),
    ("no headers", b"\n\nText ohne Kopf\n"),
    ("headers only", HEAD),
    ("one byte", b"x"),
    ("empty lines", b"\n" * 1000),
    ("noise", bytes((n * 7919 + n // 251) % 256 for n in range(100_000))),
]  # fmt: skip


@pytest.mark.parametrize(("what", "raw"), HOSTILE, ids=[what for what, _ in HOSTILE])
def test_hostile_mail(shop: Account, tmp_path: Path, what: str, raw: bytes) -> None:
    """Taken in, and the next mail as well."""
    done = take(shop, put(tmp_path, "1.eml", raw), put(tmp_path, "2.eml", letter(2)))
    assert counts(done) == (2, 2, 0, 0), done.problems
    assert [bytes(r.body) for r in RawRecord.objects.filter(batch__name="1.eml") if r.blob_id is None] in (
        [],
        [raw],
    )
    message = Message.objects.get(raw_id=RawRecord.objects.get(batch__name="1.eml").pk)
    assert "\0" not in message.subject + message.own_text + message.sender_name + message.sender
    assert len(message.sender_name) <= 200
    assert Case.objects.filter(customer_name="Kunde 2").count() == 1


def test_nothing_is_lost_among_5000_parts(shop: Account, tmp_path: Path) -> None:
    """Over the limit of parts: said so in a warning, and what is not cut apart is kept in one piece."""
    take(shop, put(tmp_path, "1.eml", wide(5000)))
    message = Message.objects.get()
    kept = Attachment.objects.filter(message=message)
    assert kept.count() == 5000 or any(
        "Grenze" in warning or "mehr als" in warning for warning in message.warnings
    )


def test_zip_bombs_stay_packed(shop: Account, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"{n}.txt", b"0" * 10_000_000)
    bomb = packed.getvalue()
    raw = factories_mail(bomb, "bombe.zip")
    take(shop, put(tmp_path, "1.eml", raw))
    (kept,) = Attachment.objects.all()
    assert (kept.name, kept.size, kept.blob_id) == ("bombe.zip", len(bomb), None)


def factories_mail(content: bytes, name: str) -> bytes:
    from channels.mail.samples import mail

    return mail(attachments=((name, content),))


def test_mail_of_100_mb_waits_and_memory_stays_bounded(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "post"
    put(folder, "klein.eml", letter(2))
    path = folder / "gross.eml"
    with path.open("wb") as out:
        out.write(HEAD + b"\n")
        out.truncate(100 * 1024 * 1024)
    ran = run("import", folder, "--account", "laden", "--home", home, "--json")
    assert ran.code == 0, ran.err
    told = ran.told
    assert (told["raw"], told["new"], told["quarantined"], told["cases"]) == (2, 2, 1, 1)
    (problem,) = told["problems"]
    assert "gross.eml" in problem
    assert "MAX_MAIL_BYTES" in problem
    assert ran.peak_mb < 400
    again = run("import", folder, "--account", "laden", "--home", home, "--json").told
    assert (again["new"], again["duplicate"], again["quarantined"]) == (0, 2, 0)


@pytest.mark.slow
def test_large_mails_of_one_box_are_not_held_at_once(home: Path, tmp_path: Path) -> None:
    with (tmp_path / "kasten.mbox").open("wb") as out:
        for n in range(20):
            out.write(b"From kunde@example.de Thu Nov 26 10:00:00 2026\n")
            out.write(letter(n, ("x" * 75 + "\n") * 260_000))
            out.write(b"\n")
    ran = run("import", tmp_path / "kasten.mbox", "--account", "laden", "--home", home, "--json")
    assert (ran.code, ran.told["new"], ran.told["quarantined"]) == (0, 20, 0)
    assert ran.peak_mb < 400


# --- boxes -----------------------------------------------------------------------------------------------------


def test_mbox_with_broken_from_lines(shop: Account, tmp_path: Path) -> None:
    box = (
        b"From kunde@example.de Thu Nov 26 10:00:00 2026\n"
        + letter(1, "Erste\n\nFrom now on it is fine.")
        + b"\n"
        b"From \n"
        + b"From kunde@example.de Thu Nov 26 10:00:00 2026\n"
        + letter(2, "Zweite\n>From hier")
        + b"\n"
        b"From kunde2@example.de Thu Nov 26 11:00:00 +0100 2026\n" + letter(3, "Dritte")
    )
    done = take(shop, put(tmp_path, "kasten.mbox", box))
    keys = set(Message.objects.values_list("key", flat=True))
    assert {"<brief.1@example.de>", "<brief.2@example.de>", "<brief.3@example.de>"} == keys
    assert counts(done)[3] == 0
    assert "From now on it is fine." in Message.objects.get(key="<brief.1@example.de>").own_text


@pytest.mark.parametrize("name", ["leer.eml", "leer.mbox", "leer.txt"])
def test_an_empty_file(shop: Account, tmp_path: Path, name: str) -> None:
    done = take(shop, put(tmp_path, name, b""))
    assert Case.objects.count() == 0
    assert done.as_json()["new"] == len(unreadable(shop)) + Message.objects.count()


def test_maildir_without_its_unfinished_mails(shop: Account, tmp_path: Path) -> None:
    for place, number in (("new", 1), ("cur", 2), ("tmp", 3), (".Sent/cur", 4), ("new/.versteckt", 5)):
        put(tmp_path / "Maildir" / place, f"{number}.M1P1.host", letter(number))
    (tmp_path / "Maildir" / "tmp").mkdir(exist_ok=True)
    take(shop, tmp_path / "Maildir")
    assert sorted(Message.objects.values_list("key", flat=True)) == [
        "<brief.1@example.de>",
        "<brief.2@example.de>",
        "<brief.4@example.de>",
    ]


def test_a_folder_of_mails_and_reports(tmp_path: Path) -> None:
    from flow.desk import ALL_ORDERS, report
    from kulanz.facts.models import Order, Stage

    account = factories.account("gemischt", channel="amazon")
    put(tmp_path / "post" / "a", "1.eml", letter(1))
    put(tmp_path / "post", "2.mbox", b"From x Thu Nov 26 10:00:00 2026\n" + letter(2))
    put(tmp_path, "bestellungen.txt", report(ALL_ORDERS, {}))
    put(
        tmp_path / "wawi",
        "stufen.csv",
        "Auftragsnummer;Externe Bestellnummer;Stufe;Zeit\nAU-1;303-1234567-7654321;gepackt;27.11.2026 10:00\n",
    )
    put(tmp_path, ".versteckt.eml", letter(9))
    done = take(account, tmp_path)
    assert counts(done) == (4, 4, 0, 0)
    assert (Message.objects.count(), Order.objects.count()) == (2, 1)
    assert Stage.objects.get(name="gepackt").order == Order.objects.get()
    assert counts(take(account, tmp_path / "post", tmp_path / "bestellungen.txt")) == (3, 0, 3, 0)


# --- one mail is one entry -------------------------------------------------------------------------------------


def test_the_same_mail_by_another_way(shop: Account, tmp_path: Path) -> None:
    take(shop, put(tmp_path, "1.eml", letter(1)))
    other = b"Received: from a by b; Thu, 26 Nov 2026 10:00:01 +0100\n" + letter(1)
    done = take(shop, put(tmp_path, "2.eml", other))
    assert (done.as_json()["new"], done.as_json()["cases"]) == (1, 0)
    assert (
        Message.objects.count(),
        Case.objects.count(),
        CaseEntry.objects.filter(kind="message").count(),
    ) == (1, 1, 1)


def test_another_mail_of_the_same_message_id(shop: Account, tmp_path: Path) -> None:
    """Scripts exist that give every mail the same Message-ID. Each letter counts, and customers never mix."""
    one = letter(1, "Mein Paket fehlt.")
    two = letter(2, "Wo ist die Rechnung?").replace(b"<brief.2@", b"<brief.1@")
    for _ in range(2):
        take(shop, put(tmp_path, "1.eml", one), put(tmp_path, "2.eml", two))
    take(shop, put(tmp_path, "3.eml", b"Received: from a by b\n" + two))
    assert sorted(Message.objects.values_list("sender", "own_text")) == [
        ("kunde1@example.de", "Mein Paket fehlt."),
        ("kunde2@example.de", "Wo ist die Rechnung?"),
    ]
    assert sorted(Case.objects.values_list("customer_name", flat=True)) == ["Kunde 1", "Kunde 2"]
    assert CaseEntry.objects.filter(kind="message").count() == 2


def test_a_form_that_always_uses_one_message_id(shop: Account, tmp_path: Path) -> None:
    """Same sender, same subject: the date tells them apart."""
    mails = [
        letter(1, f"Frage von Kunde {n}", sender="Formular <formular@laden.example>", headers=f"Reply-To: kunde{n}@example.de\n")
        .replace(b"10:00:01", b"10:00:%02d" % n)
        for n in (1, 2, 3)
    ]  # fmt: skip
    take(shop, *(put(tmp_path, f"{n}.eml", raw) for n, raw in enumerate(mails)))
    assert Message.objects.count() == 3
    assert sorted(Customer.objects.values_list("email", flat=True)) == [
        f"kunde{n}@example.de" for n in (1, 2, 3)
    ]
    assert Case.objects.count() == 3


def test_two_accounts_never_mix(tmp_path: Path) -> None:
    one, two = factories.account("eins", channel="shop"), factories.account("zwei", channel="shop")
    path = put(tmp_path, "1.eml", letter(1, "Bestellung B-104822"))
    take(one, path)
    take(two, path)
    assert sorted(Message.objects.values_list("account__name", "key")) == [
        ("eins", "<brief.1@example.de>"),
        ("zwei", "<brief.1@example.de>"),
    ]
    answer = letter(2, "Und noch etwas zu B-104822", headers="In-Reply-To: <brief.1@example.de>\n", sender="Kunde 1 <kunde1@example.de>")  # fmt: skip
    take(two, put(tmp_path, "2.eml", answer))
    by_account = {case.account.name: CaseEntry.objects.filter(case=case, kind="message").count() for case in Case.objects.all()}  # fmt: skip
    assert by_account == {"eins": 1, "zwei": 2}
    assert Case.objects.count() == 2


def test_a_number_in_the_subject_never_leads_to_a_case_of_another_account(tmp_path: Path) -> None:
    one, two = factories.account("eins", channel="shop"), factories.account("zwei", channel="shop")
    take(one, put(tmp_path, "1.eml", letter(1)))
    foreign = Case.objects.get()
    take(two, put(tmp_path, "2.eml", letter(2, subject=f"Fall {foreign.pk}")))
    assert CaseEntry.objects.filter(case=foreign, kind="message").count() == 1
    assert Case.objects.filter(account=two).count() == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_a_stranger_who_knows_a_number_reads_nobody_elses_case(
    shop: Account, tmp_path: Path, reverse: bool
) -> None:
    """The same order number from another address is a case of its own."""
    mails = [letter(1, "Meine Bestellung B-104822"), letter(2, "Meine Bestellung B-104822")]
    for n, raw in enumerate(reversed(mails) if reverse else mails):
        take(shop, put(tmp_path, f"{n}.eml", raw))
    assert Case.objects.count() == 2
