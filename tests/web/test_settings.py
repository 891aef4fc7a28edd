"""Einstellungen: accounts, mailboxes, folders, files, users, rules, what Kulanz may do, the audit page."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from factories import NOW
from kulanz.audit.models import AuditEntry
from kulanz.base import secrets
from kulanz.channels import connections
from kulanz.channels.models import ChannelRule, ColumnMapping, Mailbox, WatchedFolder
from kulanz.facts.models import Account
from kulanz.intake.models import RawBatch, RawRecord, RawState, Upload
from kulanz.outbox.models import Halt, Policy
from kulanz.people.models import User
from kulanz.work.models import Schedule

from .desk import Desk, action, client, csv_of, desk


@pytest.fixture
def it(db: None) -> Desk:
    return desk()


def said(response: object) -> list[str]:
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]


ACCOUNT = {"title": "OTTO Market", "channel": "otto", "land": "SH", "zone": "Europe/Berlin", "active": "on"}


def test_an_account_is_opened_and_changed(it: Desk) -> None:
    alice = client(it.alice)
    alice.post(reverse("account_new"), ACCOUNT)
    otto = Account.objects.get(channel="otto")
    assert (otto.name, otto.title, otto.land) == ("otto-market", "OTTO Market", "SH")
    alice.post(
        reverse("account_edit", args=[otto.pk]),
        ACCOUNT | {"channel": "ebay", "sender": "x@y.example", "name": "otto"},
    )
    otto.refresh_from_db()
    assert (otto.channel, otto.sender, otto.name) == ("otto", "x@y.example", "otto")
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "account.create",
        "account.change",
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"zone": "Europa/Berlin"},
            "Die Zeitzone „Europa/Berlin“ gibt es nicht, zum Beispiel „Europe/Berlin“.",
        ),
        ({"name": "amazon"}, "Ein Konto mit dem Kurznamen „amazon“ gibt es schon."),
        ({"name": "ä b"}, "Der Kurzname besteht aus a–z, 0–9, Punkt und Strich, höchstens 60 Zeichen."),
    ],
)
def test_a_wrong_account_says_why(it: Desk, values: dict[str, str], words: str) -> None:
    page = client(it.alice).post(reverse("account_new"), ACCOUNT | values)
    assert page.context["form"].non_field_errors() == [words]


def connect(it: Desk, person: User, **values: str):  # type: ignore[no-untyped-def]
    given = {"account": str(it.shop.pk), "username": "service@gmx.de", "password": "geheim-4711"}
    return client(person).post(reverse("mailbox_new"), given | values)


def test_three_fields_connect_a_mailbox_and_the_page_opens_no_connection(it: Desk) -> None:
    """Sockets are off in tests: the page only writes rows."""
    answer = connect(it, it.bob)
    mailbox = Mailbox.objects.get()
    assert answer.url == reverse("mailbox_check", args=[mailbox.pk])
    assert (mailbox.host, mailbox.port, mailbox.tls, mailbox.smtp_host, mailbox.smtp_port) == (
        "imap.gmx.net", 993, "tls", "mail.gmx.net", 587,
    )  # fmt: skip
    assert secrets.read(mailbox.secret_name) == "geheim-4711"
    (asked,) = Schedule.objects.filter(name=connections.CHECK_MAILBOX)
    assert asked.subject_id == mailbox.pk
    assert "geheim" not in str(list(AuditEntry.objects.values()))
    page = client(it.bob).get(reverse("mailbox_edit", args=[mailbox.pk])).content.decode()
    assert "geheim" not in page


def test_the_password_goes_to_no_other_server_without_being_typed_again(it: Desk) -> None:
    connect(it, it.bob)
    mailbox = Mailbox.objects.get()
    given = {
        "account": str(it.shop.pk),
        "username": "service@gmx.de",
        "host": "imap.gmx.net",
        "folder": "INBOX",
    }
    at, elsewhere = reverse("mailbox_edit", args=[mailbox.pk]), {"smtp_host": "mail.fremd.example"}
    refused = client(it.bob).post(at, given | elsewhere)
    assert refused.context["form"].non_field_errors() == [
        "Für einen anderen Server zum Senden brauchen wir das Passwort neu."
    ]
    assert Mailbox.objects.get().smtp_host == "mail.gmx.net"
    client(it.bob).post(at, given | elsewhere | {"password": "neu-4712"})
    assert Mailbox.objects.get().smtp_host == "mail.fremd.example"


def test_the_check_is_polled_until_it_has_ended(it: Desk) -> None:
    connect(it, it.alice)
    mailbox = Mailbox.objects.get()
    at, alice = reverse("mailbox_check", args=[mailbox.pk]), client(it.alice)
    assert 'hx-trigger="every 2s"' in alice.get(at).content.decode()
    rows = Schedule.objects.filter(name=connections.CHECK_MAILBOX)
    rows.update(error="Anmeldung nicht möglich", failing_since=NOW)
    failed = alice.get(at, headers={"HX-Request": "true"})
    assert (failed.context["check"].state, b"every 2s" in failed.content) == ("failed", False)
    alice.post(at)
    assert alice.get(at).context["check"].state == "waiting"
    rows.update(last_ok_at=NOW)
    Mailbox.objects.update(folders=["INBOX", "INBOX/Gesendet", "Spam"])
    assert alice.get(at).context["sent"] == "INBOX/Gesendet"
    alice.post(reverse("mailbox_sent", args=[mailbox.pk]))
    sent = Mailbox.objects.get(is_sent_folder=True)
    assert (sent.folder, sent.secret_name, sent.smtp_host) == ("INBOX/Gesendet", mailbox.secret_name, "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"host": "mail.example", "tls": "none"},
            "Ohne Verschlüsselung spricht Kulanz nur mit diesem Rechner, nicht mit mail.example.",
        ),
        ({"username": "kein@@postfach"}, "„kein@@postfach“ ist keine Mailadresse."),
    ],
)
def test_a_wrong_mailbox_says_why(it: Desk, values: dict[str, str], words: str) -> None:
    page = connect(it, it.alice, **values)
    assert page.context["form"].non_field_errors() == [words]
    assert Mailbox.objects.count() == 0


def test_bob_cannot_connect_a_mailbox_to_an_account_he_does_not_see(it: Desk) -> None:
    assert connect(it, it.bob, account=str(it.amazon.pk)).status_code == 200
    assert Mailbox.objects.count() == 0
    connect(it, it.alice, account=str(it.amazon.pk))
    mailbox = Mailbox.objects.get()
    bob = client(it.bob)
    assert [
        bob.get(reverse(n, args=[mailbox.pk])).status_code for n in ("mailbox_edit", "mailbox_check")
    ] == [404, 404]
    assert bob.post(reverse("mailbox_remove", args=[mailbox.pk])).status_code == 404
    client(it.alice).post(reverse("mailbox_remove", args=[mailbox.pk]))
    assert (Mailbox.objects.count(), Schedule.objects.count(), secrets.read(mailbox.secret_name)) == (
        0,
        0,
        None,
    )


def test_folders_are_for_the_owner_and_never_our_own_home(it: Desk, tmp_path: Path, settings: object) -> None:
    at, alice = reverse("folders"), client(it.alice)
    given = {"konto": str(it.shop.pk), "pfad": str(tmp_path), "muster": "*.csv"}
    assert client(it.bob).post(at, given).status_code == 403
    alice.post(at, given)
    (folder,) = WatchedFolder.objects.all()
    assert (folder.path, folder.pattern) == (str(tmp_path.resolve()), "*.csv")
    home = str(settings.HOME)  # type: ignore[attr-defined]
    refused = [
        alice.post(at, given | {"pfad": path}, follow=True)
        for path in (home, "relativ", str(tmp_path / "nichts"))
    ]
    assert [said(answer)[-1].split()[0] for answer in refused] == ["Im", "Bitte", "Den"]
    assert WatchedFolder.objects.count() == 1
    alice.post(reverse("folder_remove", args=[folder.pk]))
    assert WatchedFolder.objects.count() == 0


def upload(it: Desk, person: User, name: str, body: bytes) -> Upload:
    file = SimpleUploadedFile(name, body)
    client(person).post(reverse("import"), {"konto": str(it.shop.pk), "datei": file})
    return Upload.objects.latest("pk")


TABLE = "Beleg;Kundin;Summe\nB-1;Frau Wöhrle;12,50\n".encode()


def test_an_unknown_table_shows_its_mapping_before_it_is_applied(it: Desk) -> None:
    handed = upload(it, it.bob, "export.csv", TABLE)
    bob, at = client(it.bob), reverse("import_start", args=[handed.pk])
    page = bob.get(reverse("import_file", args=[handed.pk]) + "?ziel=refunds")
    assert page.context["found"].header == ("Beleg", "Kundin", "Summe")
    assert (ColumnMapping.objects.count(), Upload.objects.get().state) == (0, "asked")
    missing = bob.post(at, {"ziel": "refunds"}, follow=True)
    assert said(missing)[0].startswith("Es fehlt noch eine Spalte für")
    foreign = bob.post(at, {"ziel": "refunds", "spalte-order_number": "Fremd"}, follow=True)
    assert said(foreign) == ["Diese Spalten hat die Datei nicht."]
    names = [column["key"] for column in page.context["columns"]]
    chosen = {f"spalte-{name}": "Beleg" if name != "cents" else "Summe" for name in names}
    bob.post(at, {"ziel": "refunds"} | chosen)
    mapping = ColumnMapping.objects.get()
    handed.refresh_from_db()
    assert (mapping.approved_by, handed.state, handed.mapping_id, handed.source) == (
        "bob", "waiting", mapping.pk, "files.refunds",
    )  # fmt: skip
    assert Schedule.objects.filter(name="take_in_upload", subject_id=handed.pk).count() == 1


def test_columns_put_right_are_read_again_from_what_is_kept(it: Desk) -> None:
    def approve(target: str, **columns: str) -> ColumnMapping:
        return connections.approve_mapping(
            account_id=it.shop.pk, name="x", target=target, header_key="k", columns=columns, by="bob", now=NOW
        )

    mapping = approve("refunds", order_number="Beleg", cents="Summe")
    values = {"account": it.shop, "source": "files.refunds", "received_at": NOW}
    for number, of in enumerate((mapping.pk, None)):
        batch = RawBatch.objects.create(**values, name="x", source_at=NOW, mapping_id=of)
        RawRecord.objects.create(**values, batch=batch, digest=bytes([number]), state="read")
    approve("refunds", order_number="Beleg", cents="Summe")
    states = RawRecord.objects.filter(source="files.refunds").order_by("pk").values_list("state", flat=True)
    assert list(states.all()) == ["read", "read"]
    approve("refunds", order_number="Nummer", cents="Summe")
    assert list(states.all()) == ["new", "read"]


def test_who_may_hand_in_what(it: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "geheim.csv"
    secret.write_bytes(TABLE)
    at, values = reverse("import"), {"konto": str(it.shop.pk), "pfad": str(secret)}
    assert said(client(it.bob).post(at, values, follow=True)) == [
        "Dateien vom Server liest nur die Inhaberin oder der Inhaber ein."
    ]
    assert said(client(it.bob).post(at, values | {"konto": str(it.amazon.pk)}, follow=True)) == [
        "Bitte wählen Sie ein Konto."
    ]
    client(it.alice).post(at, values)
    handed = Upload.objects.get()
    assert (handed.path, handed.blob_id, handed.made_by) == (str(secret), None, "alice")
    of_amazon = upload(it, it.alice, "x.csv", TABLE)
    Upload.objects.filter(pk=of_amazon.pk).update(account=it.amazon)
    assert client(it.bob).get(reverse("import_file", args=[of_amazon.pk])).status_code == 404


def test_a_file_too_large_names_the_limit(it: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kulanz.intake.uploads.UPLOAD_BYTES", 10)
    file = SimpleUploadedFile("x.csv", TABLE)
    answer = client(it.alice).post(reverse("import"), {"konto": str(it.shop.pk), "datei": file}, follow=True)
    assert "Grenze UPLOAD_BYTES" in said(answer)[0]
    assert Upload.objects.count() == 0


def test_the_first_password_is_shown_once(it: Desk) -> None:
    alice = client(it.alice)
    page = alice.post(reverse("user_new"), {"username": "neu", "role": "agent", "all_accounts": "on"})
    assert page["Cache-Control"] == "no-store"
    password = page.context["password"]
    new = User.objects.get(username="neu")
    assert new.check_password(password)
    assert password not in alice.get(reverse("user_edit", args=[new.pk])).content.decode()
    alice.post(reverse("user_deed", args=[new.pk, "abschalten"]))
    assert not User.objects.get(pk=new.pk).is_active
    assert said(alice.post(reverse("user_deed", args=[it.alice.pk, "abschalten"]), follow=True)) == [
        "Gespeichert.",
        "Sich selbst können Sie nicht abschalten.",
    ]


def test_a_rule_is_dated_and_keeps_its_source(it: Desk) -> None:
    at = reverse("rule_edit", args=["amazon", "answer"])
    wrong = client(it.alice).post(at, {"value": "bald", "valid_from": "2026-11-27", "source": "x"})
    assert list(wrong.context["form"].errors) == ["value"]
    client(it.alice).post(at, {"value": "12 Stunden", "valid_from": "2026-11-27", "source": "Hilfeseite"})
    (rule,) = ChannelRule.objects.all()
    assert (rule.value, rule.source, rule.edited_by) == ("12 Stunden", "Hilfeseite", "alice")


def test_what_kulanz_may_do_shows_what_it_would_match(it: Desk) -> None:
    action(it.amazon, "gross", amount_cents=9900)
    at = reverse("policy_edit", args=[it.amazon.pk, "refund"])
    alice = client(it.alice)
    page = alice.post(at, {"mode": "act", "limit": "20", "pruefen": "1"})
    assert (page.context["matching"], page.context["matching_cents"], Policy.objects.count()) == (1, 1299, 0)
    alice.post(at, {"mode": "act", "limit": "20"})
    (rule,) = Policy.objects.all()
    assert (rule.mode, rule.limit_cents) == ("act", 2000)
    own = reverse("policy_edit", args=[it.shop.pk, "refund"])
    refused = client(it.bob).post(own, {"mode": "act", "limit": "20"})
    assert refused.context["form"].non_field_errors() == [
        "Das darf nur die Leitung; „selbst handeln“ nur die Inhaberin oder der Inhaber."
    ]
    answers = alice.post(reverse("policy_edit", args=[it.amazon.pk, "reply"]), {"mode": "act", "limit": "1"})
    assert answers.context["form"].non_field_errors() == ["Antworten gehen nie ohne einen Menschen hinaus."]


def test_halt_stands_on_every_page_until_it_ends(it: Desk) -> None:
    bob = client(it.bob)
    bob.post(reverse("halt"), {"grund": " "})
    assert Halt.objects.count() == 0
    bob.post(reverse("halt"), {"grund": "falsche Preise"})
    assert "Alles angehalten" in client(it.charlie).get(reverse("orders")).content.decode()
    assert client(it.charlie).post(reverse("resume")).status_code == 403
    bob.post(reverse("resume"))
    assert Halt.objects.get().ended_by == "bob"
    assert "Alles angehalten" not in client(it.charlie).get(reverse("orders")).content.decode()


def test_unreadable_records_are_shown_escaped_and_handled(it: Desk) -> None:
    alice = client(it.alice)
    page = alice.get(reverse("quarantine_record", args=[it.raw.pk]))
    assert page.context["shown"].text == "306-1\t12,5"
    assert [row[0].line for row in alice.get(reverse("quarantine")).context["rows"]] == [7]
    assert csv_of(alice.get(reverse("quarantine_export")))[1][2:4] == ["bericht.txt", "7"]
    alice.post(reverse("quarantine_dismiss", args=[it.raw.pk]), {"grund": "Testdatei"})
    it.raw.refresh_from_db()
    assert it.raw.state == RawState.DISMISSED


def test_the_audit_page_filters_and_pages(it: Desk) -> None:
    alice = client(it.alice)
    alice.post(reverse("account_new"), ACCOUNT)
    alice.post(reverse("halt"), {"grund": "Probe"})
    page = alice.get(reverse("audit"))
    assert [row["verb"] for row in page.context["rows"]] == ["alles angehalten", "Konto angelegt"]
    assert [row["line"].why for row in alice.get(reverse("audit") + "?was=outbox.halt").context["rows"]] == [
        "Probe"
    ]
    assert list(alice.get(reverse("audit") + "?von=2099-01-01").context["rows"]) == []
    rows = csv_of(alice.get(reverse("audit_export") + "?wer=alice"))
    assert [row[2:4] for row in rows[1:]] == [["alice", "alles angehalten"], ["alice", "Konto angelegt"]]


def test_the_roster(it: Desk) -> None:
    bob, at = client(it.bob), reverse("roster")
    bob.post(at, {"wer": str(it.charlie.pk), "von": "2099-11-28T09:00", "bis": "2099-11-28T17:00"})
    bob.post(at, {"wer": "x", "von": "", "bis": ""})
    assert list(bob.get(at).context["shifts"]) == []  # a roster ends after a year


def test_each_changes_the_own_profile(it: Desk) -> None:
    client(it.lager).post(reverse("profile"), {"language": "en", "theme": "dark", "signature": "Gruß"})
    it.lager.refresh_from_db()
    assert (it.lager.language, it.lager.theme, it.lager.single_keys, it.lager.role) == (
        "en",
        "dark",
        False,
        "lager",
    )
