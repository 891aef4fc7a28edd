from pathlib import Path

import pytest

from channels.mail.samples import mail
from kulanz.channels.mail.boxes import split
from kulanz.channels.mail.model import MAX_MAIL_BYTES
from kulanz.channels.mail.parse import MailTooLarge, read_mail

FIRST = b"From: a@example.de\nSubject: eins\n\nHallo\n"
SECOND = b"From: b@example.de\nSubject: zwei\n\nFrom here on\n>From quoted\n>>From twice\nEnde\n"
BOX = (
    b"From a@example.de Sun Nov 22 18:00:51 2026\n"
    + FIRST
    + b"\nFrom b@example.de Sun Nov 22 18:00:52 2026\n"
    + SECOND
    + b"\n"
)


def test_mbox_mails_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "posteingang.mbox").write_bytes(BOX)
    found = list(split(tmp_path / "posteingang.mbox"))
    assert found == [
        ("posteingang.mbox:Nachricht 1", FIRST),
        (
            "posteingang.mbox:Nachricht 2",
            b"From: b@example.de\nSubject: zwei\n\nFrom here on\nFrom quoted\n>From twice\nEnde\n",
        ),
    ]


def test_mbox_with_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "x.mbox").write_bytes(BOX.replace(b"\n", b"\r\n"))
    assert [read_mail(raw).subject for _, raw in split(tmp_path / "x.mbox")] == ["eins", "zwei"]


def test_a_sentence_that_begins_with_from_does_not_split(tmp_path: Path) -> None:
    (tmp_path / "x.mbox").write_bytes(
        b"From a Sun Nov 22 18:00:51 2026\nSubject: x\n\nHi\n\nFrom my point of view\n"
    )
    assert len(list(split(tmp_path / "x.mbox"))) == 1


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_empty_box(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "leer.mbox").write_bytes(content)
    assert list(split(tmp_path / "leer.mbox")) == []


def test_maildir_reads_new_and_cur_and_skips_tmp(tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp", ".Sent/cur"):
        (tmp_path / "box" / folder).mkdir(parents=True)
        (tmp_path / "box" / folder / "1:2,S").write_bytes(mail(subject=folder))
    found = [(place, read_mail(raw).subject) for place, raw in split(tmp_path / "box")]
    assert found == [("box/new/1:2,S", "new"), ("box/cur/1:2,S", "cur"), ("box/.Sent/cur/1:2,S", ".Sent/cur")]


def test_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(FIRST)
    (tmp_path / "b.mbox").write_bytes(BOX)
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.eml").write_bytes(FIRST)
    assert [place for place, _ in split(tmp_path)] == [
        f"{tmp_path.name}/a.eml",
        f"{tmp_path.name}/b.mbox:Nachricht 1",
        f"{tmp_path.name}/b.mbox:Nachricht 2",
    ]


def test_a_mail_over_the_limit_is_refused_by_name_and_the_next_still_read(tmp_path: Path) -> None:
    line = b"x" * 999_999 + b"\n"
    with (tmp_path / "x.mbox").open("wb") as file:
        file.write(b"From a Sun Nov 22 18:00:51 2026\nSubject: x\n\n")
        for _ in range(70):
            file.write(line)
        file.write(b"\n" + BOX)
    found = list(split(tmp_path / "x.mbox"))
    assert len(found) == 3
    assert MAX_MAIL_BYTES < len(found[0][1]) < MAX_MAIL_BYTES + 3 * 1024 * 1024
    with pytest.raises(MailTooLarge, match="MAX_MAIL_BYTES"):
        read_mail(found[0][1])
    assert read_mail(found[2][1]).subject == "zwei"


def test_missing_path() -> None:
    with pytest.raises(FileNotFoundError):
        list(split(Path("gibt-es-nicht.eml")))
