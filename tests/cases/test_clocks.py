"""Both clocks: vectors of docs/rules.md, both changes of summer time, and how a clock reads."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kulanz.cases.clocks import (
    CALM,
    STOP,
    WARN,
    Clock,
    Reading,
    absolute,
    business_hours,
    claim_clock,
    earliest,
    house_clock,
    is_holiday,
    local_day,
    platform_clock,
    reading,
    workday_hours,
)
from kulanz.channels.rules import AnswerTime, HouseAnswer, parse_hours

BERLIN = "Europe/Berlin"
HOURS = parse_hours("Mo–Fr 09:00–12:00, 13:00–17:00")


def berlin(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(BERLIN))


@pytest.mark.parametrize(
    ("since", "hours", "due"),
    [
        ("2026-10-24 18:00", 24, "2026-10-25 17:00"),  # summer time ends: an hour earlier on the wall
        ("2026-03-28 18:00", 24, "2026-03-29 19:00"),  # summer time begins: an hour later
        ("2026-11-26 16:07", 24, "2026-11-27 16:07"),
        ("2026-11-27 22:00", 48, "2026-11-29 22:00"),  # nights and weekends count
    ],
)
def test_absolute(since: str, hours: int, due: str) -> None:
    assert absolute(berlin(since), hours) == berlin(due)


@pytest.mark.parametrize(
    ("since", "hours", "land", "due"),
    [
        ("2026-12-18 16:00", 8, "NW", "2026-12-21 17:00"),
        ("2026-12-24 10:00", 24, "NW", "2026-12-30 14:00"),
        ("2026-11-01 12:00", 1, "NW", "2026-11-02 10:00"),  # a Sunday waits for Monday
        ("2026-10-30 16:30", 1, "BW", "2026-11-02 09:30"),
        ("2026-06-03 16:30", 1, "NW", "2026-06-05 09:30"),  # Corpus Christi is a holiday in NW …
        ("2026-06-03 16:30", 1, "BE", "2026-06-04 09:30"),  # … and none in Berlin
        ("2026-10-23 16:00", 2, "NW", "2026-10-26 10:00"),  # over the end of summer time
        ("2026-03-27 16:00", 2, "NW", "2026-03-30 10:00"),  # over its beginning
        ("2026-11-27 12:30", 1, "NW", "2026-11-27 14:00"),  # in the lunch break
    ],
)
def test_business_hours(since: str, hours: int, land: str, due: str) -> None:
    assert business_hours(berlin(since), hours, windows=HOURS, zone=BERLIN, land=land) == berlin(due)


def test_business_hours_without_any_window() -> None:
    with pytest.raises(ValueError, match="DAYS_AHEAD"):
        business_hours(berlin("2026-11-27 12:00"), 1, windows=((),) * 7, zone=BERLIN, land="NW")


@pytest.mark.parametrize(
    ("since", "hours", "due"),
    [
        ("2026-11-26 10:00", 48, "2026-11-30 10:00"),
        ("2026-11-28 10:00", 48, "2026-12-02 00:00"),  # from Saturday it begins on Monday at midnight
        ("2026-12-23 10:00", 48, "2026-12-28 10:00"),  # Christmas is nationwide
        ("2026-10-30 10:00", 48, "2026-11-03 10:00"),  # All Saints is not, and a Sunday anyway
        ("2026-06-03 10:00", 48, "2026-06-05 10:00"),  # Corpus Christi is no nationwide holiday
        ("2026-10-23 10:00", 48, "2026-10-27 10:00"),  # over the end of summer time
        ("2026-11-27 10:00", 72, "2026-12-02 10:00"),
    ],
)
def test_workday_hours(since: str, hours: int, due: str) -> None:
    assert workday_hours(berlin(since), hours, BERLIN) == berlin(due)


def test_germany_has_nine_nationwide_holidays() -> None:
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert sum(is_holiday(day) for day in days) == 9


@pytest.mark.parametrize(
    ("answer", "since", "expected"),
    [
        (
            AnswerTime(24),
            "2026-11-26 16:07",
            Clock(berlin("2026-11-27 16:07"), "24 h ab Do., 16:07. Läuft nachts und am Wochenende."),
        ),
        (
            AnswerTime(48, True),
            "2026-11-26 13:15",
            Clock(
                berlin("2026-11-30 13:15"),
                "48 h ab Do., 13:15. Wochenenden und bundesweite Feiertage zählen nicht.",
            ),
        ),
        (
            AnswerTime(72, True, True),
            "2026-11-27 09:00",
            Clock(
                berlin("2026-12-02 09:00"),
                "3 Werktage ab Fr., 09:00. Wochenenden und bundesweite Feiertage zählen nicht.",
            ),
        ),
        (None, "2026-11-26 16:07", Clock(None)),
    ],
)
def test_platform_clock(answer: AnswerTime | None, since: str, expected: Clock) -> None:
    assert platform_clock(answer, berlin(since), zone=BERLIN) == expected


def test_a_clock_without_anything_unanswered_does_not_run() -> None:
    assert platform_clock(AnswerTime(24), None, zone=BERLIN) == Clock(None)
    assert house_clock(HouseAnswer(time(16)), None, zone=BERLIN, land="NW") == Clock(None)
    assert house_clock(None, berlin("2026-11-26 16:07"), zone=BERLIN, land="NW") == Clock(None)


@pytest.mark.parametrize(
    ("since", "land", "due"),
    [
        ("2026-11-26 16:07", "NW", "2026-11-27 16:00"),
        ("2026-11-27 09:40", "NW", "2026-11-30 16:00"),
        ("2026-11-28 09:40", "NW", "2026-11-30 16:00"),
        ("2026-11-29 23:59", "NW", "2026-11-30 16:00"),
        ("2026-12-24 09:00", "NW", "2026-12-28 16:00"),
        ("2026-06-03 09:00", "NW", "2026-06-05 16:00"),
        ("2026-06-03 09:00", "BE", "2026-06-04 16:00"),
        ("2026-10-23 20:00", "NW", "2026-10-26 16:00"),
    ],
)
def test_house_clock(since: str, land: str, due: str) -> None:
    expected = Clock(berlin(due), "Hausregel: bis 16 Uhr am nächsten Werktag.")
    assert house_clock(HouseAnswer(time(16)), berlin(since), zone=BERLIN, land=land) == expected


def test_the_day_of_a_message_is_the_local_one() -> None:
    """23:30 UTC on Thursday is Friday in Berlin."""
    since = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    clock = house_clock(HouseAnswer(time(16, 30)), since, zone=BERLIN, land="NW")
    assert clock == Clock(berlin("2026-11-30 16:30"), "Hausregel: bis 16:30 Uhr am nächsten Werktag.")


def test_claim_clock_and_the_earlier_of_two() -> None:
    claim = claim_clock(AnswerTime(48), berlin("2026-11-26 16:07"), zone=BERLIN)
    assert claim == Clock(
        berlin("2026-11-28 16:07"),
        "Stellungnahme zum Antrag: 48 h ab Do., 16:07. Läuft nachts und am Wochenende.",
    )
    answer = Clock(berlin("2026-11-27 16:07"), "x")
    assert earliest(claim, answer) == earliest(answer, claim) == answer
    assert earliest(Clock(None), claim) == earliest(claim, Clock(None)) == claim


NOW = berlin("2026-11-27 13:07")


@pytest.mark.parametrize(
    ("due", "whose", "house", "text", "level", "title"),
    [
        ("2026-11-27 13:55", "Amazon", False, "Amazon: noch 48 min", STOP, "Fr., 27.11.2026, 13:55 Uhr"),
        ("2026-11-27 16:07", "Amazon", False, "Amazon: noch 3 h", WARN, "Fr., 27.11.2026, 16:07 Uhr"),
        ("2026-11-27 17:06", "Amazon", False, "Amazon: noch 3 h", WARN, "Fr., 27.11.2026, 17:06 Uhr"),
        ("2026-11-27 17:07", "Amazon", False, "Amazon: noch 4 h", CALM, "Fr., 27.11.2026, 17:07 Uhr"),
        ("2026-11-27 14:07", "Amazon", False, "Amazon: noch 1 h", WARN, "Fr., 27.11.2026, 14:07 Uhr"),
        ("2026-11-27 14:06", "Amazon", False, "Amazon: noch 59 min", STOP, "Fr., 27.11.2026, 14:06 Uhr"),
        (
            "2026-11-27 13:07",
            "Amazon",
            False,
            "Amazon: seit 13:07 vorbei",
            STOP,
            "Fr., 27.11.2026, 13:07 Uhr",
        ),
        (
            "2026-11-27 08:12",
            "Amazon",
            False,
            "Amazon: seit 08:12 vorbei",
            STOP,
            "Fr., 27.11.2026, 08:12 Uhr",
        ),
        (
            "2026-11-26 08:12",
            "Amazon",
            False,
            "Amazon: seit Do. 08:12 vorbei",
            STOP,
            "Do., 26.11.2026, 08:12 Uhr",
        ),
        (
            "2026-11-12 08:12",
            "Amazon",
            False,
            "Amazon: seit 12.11. vorbei",
            STOP,
            "Do., 12.11.2026, 08:12 Uhr",
        ),
        (
            "2025-11-12 08:12",
            "Amazon",
            False,
            "Amazon: seit 12.11.2025 vorbei",
            STOP,
            "Mi., 12.11.2025, 08:12 Uhr",
        ),
        ("2026-11-28 09:40", "Amazon", False, "Amazon: Sa. 09:40", CALM, "Sa., 28.11.2026, 09:40 Uhr"),
        ("2026-12-08 16:00", "Amazon", False, "Amazon: Di. 08.12.", CALM, "Di., 08.12.2026, 16:00 Uhr"),
        ("2026-11-27 16:00", "wir", True, "wir: heute 16 Uhr", CALM, "Fr., 27.11.2026, 16:00 Uhr"),
        ("2026-11-27 14:00", "wir", True, "wir: heute 14 Uhr", CALM, "Fr., 27.11.2026, 14:00 Uhr"),
        ("2026-11-27 16:30", "wir", True, "wir: heute 16:30", CALM, "Fr., 27.11.2026, 16:30 Uhr"),
        ("2026-11-30 16:00", "wir", True, "wir: Mo. 16 Uhr", CALM, "Mo., 30.11.2026, 16:00 Uhr"),
        ("2026-11-27 12:00", "wir", True, "wir: seit 12:00 vorbei", STOP, "Fr., 27.11.2026, 12:00 Uhr"),
    ],
)
def test_reading(due: str, whose: str, house: bool, text: str, level: str, title: str) -> None:
    read = reading(berlin(due), NOW, BERLIN, whose, house=house)
    assert read == Reading(text, level, title, text.partition(": ")[2])


def test_reading_of_a_clock_that_does_not_run() -> None:
    assert reading(None, NOW, BERLIN, "Amazon") == Reading("", CALM, "")


def test_an_hour_before_midnight_is_tomorrow_by_its_day() -> None:
    late = berlin("2026-11-27 23:30")
    assert reading(berlin("2026-11-28 00:10"), late, BERLIN).text == "Sa. 00:10"
    assert reading(berlin("2026-11-28 00:10"), late, BERLIN).level == STOP


def test_local_day() -> None:
    assert local_day(berlin("2026-11-30 08:00"), BERLIN) == "Mo., 30.11., 08:00"


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@given(moments, st.floats(0.5, 60), st.floats(0.5, 60))
def test_business_hours_add_up(since: datetime, first: float, then: float) -> None:
    """Spending hours in two parts ends where spending them at once does."""
    at_once = business_hours(since, first + then, windows=HOURS, zone=BERLIN, land="NW")
    halfway = business_hours(since, first, windows=HOURS, zone=BERLIN, land="NW")
    in_parts = business_hours(halfway, then, windows=HOURS, zone=BERLIN, land="NW")
    assert abs((at_once - in_parts).total_seconds()) < 1


@given(moments, moments)
def test_a_later_message_is_never_due_earlier(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    rule = HouseAnswer(time(16))
    due = [house_clock(rule, at, zone=BERLIN, land="BY").due_at for at in (earlier, later)]
    assert due[0] is not None and due[1] is not None and due[0] <= due[1]
    assert workday_hours(earlier, 48, BERLIN) <= workday_hours(later, 48, BERLIN)
