"""CSV: what a spreadsheet would run, and how money, times and limits look."""

from datetime import UTC, date, datetime

import pytest

from kulanz.web import export


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("Sabine Hoffmann", "Sabine Hoffmann"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+49 4841 123", "'+49 4841 123"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-12,50", "-12,50"),
        ("+3", "+3"),
        (-7, "-7"),
        (True, "ja"),
        (False, "nein"),
        (date(2026, 11, 27), "27.11.2026"),
        (datetime(2026, 11, 27, 12, 7, tzinfo=UTC), "27.11.2026 13:07"),
        ("a\x00b", "ab"),
    ],
)
def test_cells(value: object, text: str) -> None:
    assert export.cell(value) == text


@pytest.mark.parametrize(("cents", "text"), [(None, ""), (0, "0,00"), (123456, "1234,56"), (-5, "-0,05")])
def test_amounts(cents: int | None, text: str) -> None:
    assert export.amount(cents) == text


def test_a_file_stops_at_its_limit_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "EXPORT_ROWS", 2)
    response = export.csv_response("zahlen", ["n"], ((n,) for n in range(5)))
    lines = b"".join(response.streaming_content).decode("utf-8-sig").split("\r\n")
    assert lines == ["n", "0", "1", "Gekürzt: höchstens 2 Zeilen je Datei. Bitte filtern.", ""]
    assert response["Content-Disposition"] == 'attachment; filename="kulanz-zahlen.csv"'
