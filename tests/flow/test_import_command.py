"""`./kulanz import` and `./kulanz read` as a merchant calls them."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from channels.mail.samples import DATA, amazon, mail
from flow.desk import ALL_ORDERS, ROOT, letter, put, report, run

READ_KEYS = {
    "sender", "subject", "kind", "thread_keys", "order_numbers", "tracking_numbers", "own_text", "quoted_text",
    "attachments", "warnings",
}  # fmt: skip
COUNT_KEYS = {"raw", "new", "duplicate", "quarantined", "cases"}


def imported(home: Path, *arguments: object) -> dict[str, object]:
    ran = run("import", *arguments, "--home", home, "--json")  # type: ignore[arg-type]
    assert ran.code == 0, ran.err
    assert set(ran.told) >= COUNT_KEYS
    return {name: ran.told[name] for name in ("raw", "new", "duplicate", "quarantined", "cases")}


def test_two_paths_twice_and_a_similar_account(home: Path, tmp_path: Path) -> None:
    one = put(tmp_path, "post/1.eml", letter(1))
    two = put(tmp_path, "b.txt", report(ALL_ORDERS, {}, {"amazon_order_id": "303-2", "quantity": "zwei"}))
    first = imported(home, one, two, "--account", "Deichküche")
    assert first == {"raw": 3, "new": 3, "duplicate": 0, "quarantined": 1, "cases": 1}
    again = imported(home, one, two, "--account", "deichküche")
    assert again == {"raw": 3, "new": 0, "duplicate": 3, "quarantined": 0, "cases": 0}

    slip = run("import", one, "--account", "Deichkueche", "--home", home, "--json")
    assert slip.code != 0
    assert "eichküche" in slip.err + slip.out
    assert "--new" in slip.err + slip.out
    other = imported(home, one, "--account", "Deichkueche", "--new")
    assert other == {"raw": 1, "new": 1, "duplicate": 0, "quarantined": 0, "cases": 1}

    gone = run("import", tmp_path / "gibt-es-nicht.eml", "--account", "Deichküche", "--home", home, "--json")
    assert gone.code != 0
    assert "gibt-es-nicht.eml" in gone.err + gone.out
    assert "Traceback" not in gone.err


def test_for_people(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "post", "b.txt", report(ALL_ORDERS, {"quantity": "zwei"}))
    ran = run("import", tmp_path / "post", "--account", "laden", "--home", home)
    assert ran.code == 0
    assert "b.txt, Zeile 2" in ran.out
    assert "zwei" in ran.out


def read_json(path: Path) -> dict[str, object]:
    ran = subprocess.run(
        [str(ROOT / "kulanz"), "read", str(path), "--json"], capture_output=True, text=True, check=True
    )
    told = json.loads(ran.stdout)
    assert set(told) >= READ_KEYS
    return told


def test_read_a_german_amazon_mail(tmp_path: Path) -> None:
    told = read_json(put(tmp_path, "1.eml", amazon("Hallo, wo bleibt mein Paket 00340434161094042557?")))
    assert told["kind"] == "buyer_message"
    assert told["order_numbers"] == ["303-1234567-7654321"]
    assert told["tracking_numbers"] == ["00340434161094042557"]
    assert told["own_text"] == "Hallo, wo bleibt mein Paket 00340434161094042557?"
    assert told["attachments"] == []
    assert {key.split(":")[0] for key in told["thread_keys"]} >= {"amazon-case", "order", "alias"}  # type: ignore[attr-defined]


def test_read_attachments(tmp_path: Path) -> None:
    content = os.urandom(5000)
    told = read_json(put(tmp_path, "1.eml", mail(attachments=(("Fotos äöü.jpg", content),))))
    assert told["attachments"] == [
        {
            "name": "Fotos äöü.jpg",
            "type": "application/octet-stream",
            "bytes": 5000,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ruby_mail/multipart_report_emails/report_422.eml", "bounce"),
        ("ruby_mail/multipart_report_emails/multi_address_bounce1.eml", "bounce"),
    ],
)
def test_read_bounces(name: str, kind: str) -> None:
    assert read_json(DATA / name)["kind"] == kind


def test_read_what_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "gross.eml"
    with path.open("wb") as out:
        out.write(letter(1))
        out.truncate(100 * 1024 * 1024)
    ran = run("read", path, "--json")
    assert ran.code != 0
    assert "MAX_MAIL_BYTES" in ran.err
    assert "Traceback" not in ran.err
    assert ran.peak_mb < 400
