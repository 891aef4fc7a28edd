"""Two people, two accounts: neither sees, finds, exports or changes anything of the other's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import get_resolver

from cli.processes import ROOT
from e2e.served import OWNER, Site, broken, new_owner, run, serving
from e2e.visitor import Answer

pytestmark = pytest.mark.slow
MARKERS = {"nord": "Nordgeheim", "sued": "Suedgeheim"}
"""Stands in every text of the account."""
ORDERS = {"nord": "302-1111111-1111111", "sued": "302-2222222-2222222"}
PEOPLE = {
    "alice": ("lead", "nord"),
    "bob": ("lead", "sued"),
    "anna": ("agent", "nord"),
    "bert": ("agent", "sued"),
}
WITHOUT_ACCOUNT = {
    "user_edit": "people belong to no account; only the owner opens them",
    "user_deed": "people belong to no account; only the owner changes them",
    "shift_remove": "the roster is everybody's",
    "rule_edit": "rules are of a channel; only who sees all accounts changes them",
    "picture": "an article's picture, of no account",
    "case_group": "a list, walked with the pages",
    "approvals_group": "a list, walked with the pages",
}


def mail(name: str, number: int) -> bytes:
    marker = MARKERS[name]
    return (
        f"Message-ID: <{name}-{number}@example.org>\r\nFrom: {marker} Kunde <{name}{number}@example.org>\r\n"
        f"To: service@{name}.example\r\nDate: Mon, 16 Nov 2026 10:0{number}:00 +0100\r\n"
        f"Subject: Dampfkessel {marker}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Der Dampfkessel zischt, {marker}. "
        f"Bestellung {ORDERS[name]}</p>\r\n"
        f'--b\r\nContent-Type: text/plain; name="{marker}.txt"\r\n'
        f'Content-Disposition: attachment; filename="{marker}.txt"\r\n\r\n{marker}\r\n--b--\r\n'
    ).encode()


def report(name: str) -> str:
    header = (ROOT / "demo/bestellungen/amazon-bestellungen.txt").read_text().splitlines()[0].split("\t")
    given = {
        "amazon-order-id": ORDERS[name],
        "purchase-date": "2026-11-15T08:00:00+00:00",
        "last-updated-date": "2026-11-15T09:00:00+00:00",
        "order-status": "Shipped",
        "fulfillment-channel": "Merchant",
        "product-name": f"Dampfkessel {MARKERS[name]}",
        "sku": f"DK-{name}",
        "item-status": "Shipped",
        "quantity": "1",
        "currency": "EUR",
        "item-price": "49.90",
        "ship-city": MARKERS[name],
        "ship-postal-code": "25813",
        "ship-country": "DE",
    }
    row = [given.get(column, "") for column in header]
    return "\t".join(header) + "\r\n" + "\t".join(row) + "\r\n"


def _imported(home: Path, folder: Path, name: str) -> None:
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.eml").write_bytes(mail(name, number))
    (folder / "bestellungen.txt").write_text(report(name))
    broken_line = report(name).replace("49.90", f"viel {MARKERS[name]}").replace("-1111111\t", "-3333333\t")
    run(
        "import",
        str(folder / "bestellungen.txt"),
        "--account",
        name,
        "--channel",
        "amazon",
        "--new",
        home=home,
    )
    run("import", str(folder / "1.eml"), str(folder / "2.eml"), "--account", name, home=home)
    (folder / f"kaputt-{MARKERS[name]}.txt").write_text(broken_line)
    run("import", str(folder / f"kaputt-{MARKERS[name]}.txt"), "--account", name, home=home)


def _furnished(site: Site, name: str) -> None:
    """By the owner at the desk: mailbox, folder, a file, a task, a draft, a note, an answer."""
    olga, marker = site.visitor(OWNER), MARKERS[name]
    account = site.value("SELECT id FROM kulanz_account WHERE name = ?", name)
    case, order = site.rows(
        "SELECT id, order_id FROM kulanz_case WHERE account_id = ? ORDER BY order_id IS NULL, id", account
    )[0]
    box = {"account": account, "username": f"{marker}@example.org", "password": "x", "host": "127.0.0.1"}
    more = {
        "port": 9,
        "tls": "none",
        "folder": "INBOX",
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_tls": "none",
    }
    folder = site.home.parent / marker
    folder.mkdir()
    watched = {"konto": account, "pfad": str(folder), "muster": "*.csv"}
    task = {"token": name, "amount": "1,00", "reason": f"Kratzer {marker}", "text": marker}
    done = [
        olga.post("/einstellungen/postfaecher/neu/", box | more),
        olga.post("/einstellungen/ordner/", watched),
        olga.post(
            "/einstellungen/einlesen/", {"konto": account}, {"datei": (f"{marker}.txt", b"a;b\n", "text/csv")}
        ),
        olga.post(f"/freigaben/neu/?kind=refund&order={order}&case={case}", task),
        olga.post(f"/faelle/{case}/tun/notiz/", {"notiz": f"Notiz {marker}"}),
        olga.post(f"/faelle/{case}/antwort/", {"text": f"Antwort {marker}", "weiter": ""}),
        olga.post(f"/faelle/{case}/entwurf/", {"text": f"Entwurf {marker}", "version": "0"}),
    ]
    assert [answer.status for answer in done] == [302] * 6 + [200], [answer.text[:3000] for answer in done]


def _hired(site: Site) -> None:
    """New people by the owner's page, which shows each first password once."""
    for person, (role, name) in PEOPLE.items():
        account = site.value("SELECT id FROM kulanz_account WHERE name = ?", name)
        given = {"username": person, "role": role, "account_ids": [account]}
        page = site.visitor(OWNER).post("/einstellungen/benutzer/neu/", given).text
        found = re.search(r'id="erstes-passwort">([^<]+)<', page)
        assert found, page[:3000]
        site.passwords[person] = found[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("permissions")
    home = folder / "home"
    password = new_owner(home)
    for name in MARKERS:
        _imported(home, folder / name, name)
    with serving(home, command="web", passwords={OWNER: password}, KULANZ_UNDO_SECONDS="3600") as site:
        for name in MARKERS:
            _furnished(site, name)
        _hired(site)
        yield site
        assert broken(site) == ""


_FIRST = "SELECT id FROM kulanz_{table} WHERE account_id = ? {more} ORDER BY id LIMIT 1"
_OBJECTS = {
    "case_id": ("case", "AND order_id IS NOT NULL"),
    "action_id": ("action", ""),
    "message_id": ("message", "AND has_html"),
    "attachment_id": ("attachment", ""),
    "order_id": ("order", ""),
    "mailbox_id": ("mailbox", ""),
    "upload_id": ("upload", ""),
    "folder_id": ("watchedfolder", ""),
    "record_id": ("rawrecord", "AND state = 'quarantined'"),
}
_WORDS = {"what": "notiz", "name": "freigeben", "kind": "refund"}


@dataclass(frozen=True, slots=True)
class Owned:
    """Addresses of one account's objects, by URL name, and the same of objects that do not exist."""

    there: dict[str, str]
    absent: dict[str, str]


def owned(site: Site, name: str) -> Owned:
    account = site.value("SELECT id FROM kulanz_account WHERE name = ?", name)
    numbers: dict[str, int] = {"account_id": account, "user_id": 1, "shift_id": 1}
    for argument, (table, more) in _OBJECTS.items():
        found = site.value(_FIRST.format(table=table, more=more), account)
        assert found, argument
        numbers[argument] = found
    there, absent = {}, {}
    for pattern in get_resolver().url_patterns:
        route = str(pattern.pattern)
        if "<" in route and pattern.name not in WITHOUT_ACCOUNT:
            words = re.sub(r"<(?:slug|str):(\w+)>", lambda m: _WORDS[m[1]], route)
            there[pattern.name] = "/" + re.sub(r"<int:(\w+)>", lambda m: str(numbers[m[1]]), words)
            absent[pattern.name] = "/" + re.sub(r"<int:(\w+)>", "999999", words)
    return Owned(there, absent)


def rows_of(site: Site, name: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything of one account that somebody could change."""
    account = site.value("SELECT id FROM kulanz_account WHERE name = ?", name)
    tables = (
        "case",
        "action",
        "message",
        "order",
        "mailbox",
        "upload",
        "watchedfolder",
        "rawrecord",
        "policy",
    )
    found = {}
    for table in tables:
        found[table] = site.rows(f"SELECT * FROM kulanz_{table} WHERE account_id = ? ORDER BY id", account)
    for table in ("caseentry", "draft"):
        inside = "SELECT id FROM kulanz_case WHERE account_id = ?"
        found[table] = site.rows(
            f"SELECT * FROM kulanz_{table} WHERE case_id IN ({inside}) ORDER BY id", account
        )
    return found


def other(person: str) -> str:
    return "sued" if PEOPLE[person][1] == "nord" else "nord"


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_of_the_other_account_opens(site: Site, person: str) -> None:
    """Every answer is that for what does not exist: 404, 403 where the role ends, 405 where only deeds are done. A
    deed refused with a sentence (302, 400) gives the same sentence for both, and changes nothing."""
    visitor, theirs = site.visitor(person), owned(site, other(person))
    given = {
        "text": "x",
        "version": "1",
        "notiz": "x",
        "grund": "x",
        "nachweis": "x",
        "mode": "act",
        "title": "x",
    }
    refused = ["case_do", "draft", "reply"]
    refused += ["quarantine_dismiss", "quarantine_replay"] if PEOPLE[person][0] == "lead" else []
    before, sealed = rows_of(site, other(person)), site.value("SELECT MAX(id) FROM kulanz_auditentry")
    found: dict[str, tuple[int, ...]] = {}
    for name, path in theirs.there.items():
        answers = [visitor.get(path), visitor.post(path, given)]
        same = [visitor.get(theirs.absent[name]), visitor.post(theirs.absent[name], given)]
        assert [a.status for a in answers] == [a.status for a in same], path
        assert [MARKERS[other(person)] in a.text for a in answers] == [False, False], path
        found[name] = tuple(a.status for a in answers)
    assert {name: got for name, got in found.items() if not set(got) <= {403, 404, 405}} == {
        name: (405, 400 if name == "draft" else 302) for name in refused
    }
    assert rows_of(site, other(person)) == before
    assert site.value("SELECT MAX(id) FROM kulanz_auditentry") == sealed


@pytest.mark.parametrize("person", PEOPLE)
def test_ones_own_does_open(site: Site, person: str) -> None:
    """Else the test above would pass for a desk that is shut."""
    visitor, own = site.visitor(person), owned(site, PEOPLE[person][1])
    names = ["case", "order", "mail_html", "attachment", "live_case"]
    names += (
        ["quarantine_record", "mailbox_edit", "import_file", "account_edit"]
        if PEOPLE[person][0] == "lead"
        else []
    )
    assert {name: visitor.get(own.there[name]).status for name in names} == dict.fromkeys(names, 200)
    assert MARKERS[PEOPLE[person][1]] in visitor.get(own.there["case"]).text
    assert visitor.get(own.there["attachment"]).text.strip() == MARKERS[PEOPLE[person][1]]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_list_export_or_search_tells_of_it(site: Site, person: str) -> None:
    visitor, marker = site.visitor(person), MARKERS[other(person)]
    account = site.value("SELECT id FROM kulanz_account WHERE name = ?", other(person))
    action = site.value("SELECT id FROM kulanz_action WHERE account_id = ?", account)
    lists = ["/" + str(p.pattern) for p in get_resolver().url_patterns if "<" not in str(p.pattern)]
    lists += [f"/faelle/gruppe/{g}/" for g in ("heute", "versaeumt", "danach", "kunden", "spaeter")]
    lists += [f"/freigaben/gruppe/{g}/" for g in ("vorschlag", "hand", "unklar", "unterwegs")]
    questions = [
        f"konto={account}",
        f"wahl={action}",
        "q=dampfkessel",
        "q=zischt",
        "verlauf=1",
        f"wer={OWNER}",
    ]
    asked = [path for path in lists if "konto/" not in path]
    asked += [f"{path}?{question}" for path in asked for question in questions]
    told: dict[str, Answer] = {path: visitor.get(path) for path in asked}
    assert [
        path for path, answer in told.items() if marker in answer.text or ORDERS[other(person)] in answer.text
    ] == []
    own = MARKERS[PEOPLE[person][1]]
    assert own in told["/faelle/"].text
    assert own in told["/faelle/csv/"].text
    assert own in told["/suche/?q=dampfkessel"].text
    assert own in told["/bestellungen/csv/"].text


@pytest.mark.parametrize("person", PEOPLE)
def test_no_number_of_it_leads_there(site: Site, person: str) -> None:
    """An exact number jumps to what it names; not to what one may not see."""
    visitor, theirs = site.visitor(person), other(person)
    case = site.value(
        "SELECT c.id FROM kulanz_case c JOIN kulanz_account a ON a.id = c.account_id WHERE a.name = ?", theirs
    )
    for text in (
        ORDERS[theirs],
        ORDERS[theirs].replace("-", ""),
        str(case),
        f"{theirs}1@example.org",
        f"DK-{theirs}",
    ):
        for path in ("/suche/", "/bestellungen/"):
            answer = visitor.get(f"{path}?q={quote(text)}")
            assert (answer.status, MARKERS[theirs] in answer.text) == (200, False), (path, text)
    follow = visitor.get(f"/faelle/naechster/?nach={case}")
    assert follow.goes_to != f"/faelle/{case}/"


@pytest.mark.parametrize("person", PEOPLE)
def test_no_deed_over_many_reaches_it(site: Site, person: str) -> None:
    visitor, theirs = site.visitor(person), other(person)
    account = site.value("SELECT id FROM kulanz_account WHERE name = ?", theirs)
    cases = [pk for (pk,) in site.rows("SELECT id FROM kulanz_case WHERE account_id = ?", account)]
    actions = [pk for (pk,) in site.rows("SELECT id FROM kulanz_action WHERE account_id = ?", account)]
    before = rows_of(site, theirs)
    given: list[tuple[str, dict[str, Any]]] = [
        ("/faelle/viele/", {"fall": cases, "was": "schliessen"}),
        ("/faelle/viele/", {"fall": cases, "was": "zuweisen", "an": "1"}),
        ("/freigaben/gemeinsam/", {"marke": actions}),
        ("/einstellungen/nicht-lesbar/alle/", {"konto": account, "quelle": "amazon.orders_all"}),
        ("/einstellungen/einlesen/", {"konto": account, "pfad": "/etc/passwd"}),
        ("/einstellungen/ordner/", {"konto": account, "pfad": "/srv/x", "muster": "*"}),
        ("/einstellungen/postfaecher/neu/", {"account": account, "username": "a@b.example", "password": "x"}),
        (f"/freigaben/neu/?kind=portal_reply&case={cases[0]}", {"token": "9", "reason": "x", "text": "x"}),
    ]
    answers = {path: visitor.post(path, form) for path, form in given}
    assert {
        path: a.status for path, a in answers.items() if a.status >= 500 or MARKERS[theirs] in a.text
    } == {}
    assert rows_of(site, theirs) == before
