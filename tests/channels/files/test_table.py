from pathlib import Path

import pytest

from kulanz.channels.files.table import delimiter_of, fields, rows_of
from kulanz.channels.textfile import Shape, shape_of
from kulanz.facts.records import Unreadable


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("a;b;c", ";"),
        ("a\tb", "\t"),
        ("a,b", ","),
        ('"a;b",c', ","),
        ("a|b|c", "|"),
        ("a", ""),
        ("a;b,c;d", ";"),
    ],
)
def test_the_delimiter_is_read_off_the_header(header: str, delimiter: str) -> None:
    assert delimiter_of(header) == delimiter


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a; b ;", ["a", "b", ""]),
        ('"a;b";c', ["a;b", "c"]),
        ('"a ""b""\nc";d', ['a "b"\nc', "d"]),
        ('27" Monitor;x', ['27" Monitor', "x"]),
    ],
)
def test_fields(row: str, expected: list[str]) -> None:
    assert fields(row, ";") == expected


def test_rows_with_line_ends_inside_and_blank_lines_between(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'\r\na;b\r\n1;"x\r\ny"\r\n\r\n;\r\n2;z')
    parts = list(rows_of(path, Shape("utf-8", 0), delimiter=";", width=2))
    assert [(part.body, part.line, part.error) for part in parts] == [
        (b'1;"x\r\ny"', 3, ""),
        (b";", 6, ""),
        (b"2;z", 7, ""),
    ]


@pytest.mark.parametrize(
    ("body", "charset", "start"),
    [
        (b"\xef\xbb\xbfa;\xc3\xbc", "utf-8", 3),
        ("Größe;1\n".encode() * 9, "utf-8", 0),
        ("Größe;1\n".encode("cp1252") * 9, "cp1252", 0),
        ("Größe;1\n".encode() * 9 + b"\xc3", "utf-8", 0),
    ],
)
def test_the_character_set(body: bytes, charset: str, start: int, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(body)
    assert shape_of(path) == Shape(charset, start)


def test_utf_16_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a;b".encode("utf-16"))
    with pytest.raises(
        Unreadable, match=r"^Die Datei ist in UTF-16 geschrieben\. Bitte als UTF-8 speichern\.$"
    ):
        shape_of(path)
