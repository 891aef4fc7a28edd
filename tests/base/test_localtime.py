from datetime import UTC, datetime

import pytest

from kulanz.base.localtime import TimeUnreadable, parse_time


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-26T10:52:28+00:00", (2026, 11, 26, 10, 52, 28)),
        ("2026-11-26T10:52:28Z", (2026, 11, 26, 10, 52, 28)),
        ("2026-11-26 10:52:28 UTC", (2026, 11, 26, 10, 52, 28)),
        ("2026-11-26T10:52:28+01:00", (2026, 11, 26, 9, 52, 28)),
        ("2026-11-26 10:52", (2026, 11, 26, 9, 52)),
        ("26.11.2026", (2026, 11, 25, 23, 0)),
        ("26.11.26 7:05", (2026, 11, 26, 6, 5)),
        ("26.07.2026, 10:52:28 Uhr", (2026, 7, 26, 8, 52, 28)),
        ("29.03.2026 02:30", (2026, 3, 29, 1, 30)),  # no clock in Berlin ever showed this
    ],
)
def test_times_as_files_write_them(text: str, read: tuple[int, ...]) -> None:
    assert parse_time(text, "Europe/Berlin") == (datetime(*read, tzinfo=UTC), False)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "zone", "ambiguous"),
    [
        ("25.10.2026 02:30", "Europe/Berlin", True),
        ("2026-10-25T02:00:00", "Europe/Berlin", True),
        ("2026-10-25T01:59:59", "Europe/Berlin", False),
        ("2026-10-25T03:00:00", "Europe/Berlin", False),
        ("2026-10-25T02:30:00+01:00", "Europe/Berlin", False),
        ("25.10.2026 02:30", "UTC", False),
    ],
)
def test_an_hour_that_comes_twice_is_marked(text: str, zone: str, ambiguous: bool) -> None:
    assert parse_time(text, zone)[1] is ambiguous


def test_the_earlier_of_two_hours_is_taken() -> None:
    assert parse_time("25.10.2026 02:30", "Europe/Berlin")[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "gestern", "31.02.2026", "11/26/2026", "2026-13-01", "26.11.2026 25:00", "1989-12-31", "9999-12-31"],
)
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(TimeUnreadable, match=r"^Zeit „"):
        parse_time(text, "Europe/Berlin")
