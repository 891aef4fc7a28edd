"""The states an installation is looked at in: empty, the sample shop with one of everything, many cases."""

import os
import subprocess
import sys
from pathlib import Path

from cli.processes import ROOT, environment
from e2e.served import OWNER, Site, copy_of, run

BROKEN = "order-id\torder-item-id\tpurchase-date\tquantity-purchased\titem-price\n302-1\t1\tgestern\tzwei\t12,50 EUR\n"


def empty(home: Path) -> None:
    home.mkdir()


def filled(home: Path, built: Path) -> None:
    """The sample shop with one of everything that its own files do not bring."""
    copy_of(built, home.parent / "copy").rename(home)
    file = home.parent / "bericht.txt"
    file.write_text(BROKEN)
    run("import", str(file), "--account", "amazon", home=home)


def many(home: Path) -> None:
    """As the bench builds and keeps it."""
    words = (
        "import sys; from pathlib import Path; from bench.desk_data import build; build(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", words, str(home)],
        cwd=ROOT,
        env=environment(PYTHONPATH=f"{ROOT / 'src'}{os.pathsep}{ROOT}"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def furnish(site: Site) -> None:
    """What only the desk itself makes: a mailbox that does not answer, a file handed in, tasks, an answer."""
    olga = site.visitor(OWNER)
    (account,) = site.rows("SELECT id FROM kulanz_account WHERE channel = 'shop' LIMIT 1")[0]
    case, order = site.rows(
        "SELECT c.id, c.order_id FROM kulanz_case c JOIN kulanz_order o ON o.id = c.order_id WHERE o.total_cents > 100"
        " AND c.account_id = ? AND NOT EXISTS (SELECT 1 FROM kulanz_refund r WHERE r.order_id = o.id) LIMIT 1",
        account,
    )[0]
    box = {"account": account, "username": "service@laden.example", "password": "x", "host": "127.0.0.1"}
    more = {"port": 9, "tls": "none", "folder": "INBOX", "reads_only": "on"}
    table = {"datei": ("tabelle.csv", b"Auftrag;Artikel;Menge\nA-1;Kanne;2\n", "text/csv")}
    task = {"token": "1", "amount": "1,00", "reason": "Kratzer", "text": "Wir erstatten 1 Euro."}
    answers = [
        olga.post("/einstellungen/postfaecher/neu/", box | more),
        olga.post("/einstellungen/einlesen/", {"konto": account}, table),
        olga.post(f"/freigaben/neu/?kind=refund&order={order}&case={case}", task),
        olga.post(f"/faelle/{case}/antwort/", {"text": "Guten Tag, es kommt morgen.", "weiter": ""}),
        olga.post(f"/faelle/{case + 1}/entwurf/", {"text": "Guten Tag,", "version": "0"}),
        olga.post(
            "/einstellungen/dienstplan/", {"wer": 1, "von": "2030-01-02T08:00", "bis": "2030-01-02T16:00"}
        ),
    ]
    assert [answer.status for answer in answers] == [302, 302, 302, 302, 200, 302], [
        answer.text[:3000] for answer in answers
    ]
