"""What benches are made of: percentiles, goals, letters, bytes of a first view."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bench.desk import Answer
from bench.figures import Figure, as_text, figure
from bench.first_view import _fonts, _is_kept
from bench.letters import _with_check_digit, as_answer, as_mail, letters
from bench.timing import percentile, scaled

from kulanz.channels.mail.parse import read_mail


@pytest.mark.parametrize(
    ("share", "found"), [(0.0, 1), (0.05, 1), (0.06, 2), (0.5, 10), (0.95, 19), (0.96, 20), (1.0, 20)]
)
def test_percentile_is_the_nearest_rank(share: float, found: int) -> None:
    assert percentile([20, *range(1, 20)], share) == found


def test_nothing_measured_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        ("per_cpu_second", 300, True),
        ("per_cpu_second", 299.9, False),
        ("per_cpu_second", None, False),
        (None, 1, None),
    ],
)
def test_a_goal_is_met_from_its_value_on(goal: str | None, value: float | None, met: bool | None) -> None:
    assert figure("mail", goal, "x", value).met is met


def test_a_limit_is_met_up_to_its_value() -> None:
    assert [figure("pages", "queries", "x", value).met for value in (18, 19, 20)] == [True, True, False]


def test_text_marks_what_is_met() -> None:
    figures = [
        Figure("a", 1, "ms", 2, "at_most", True),
        Figure("b", 3, "ms", 2, "at_most", False, "c", 6, 2),
        Figure("d", None, "s"),
    ]
    assert as_text("x", figures).splitlines() == [
        "x",
        "  ✓ a: 1 ms (Ziel ≤ 2)",
        "  ✕ b: 3 ms (Ziel ≤ 2); c: 6, Verhältnis 2",
        "  · d: — s",
    ]


@pytest.mark.parametrize(("scale", "count"), [("1", 200), ("0.1", 20), ("0.001", 5)])
def test_counts_follow_the_scale(scale: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KULANZ_BENCH_SCALE", scale)
    assert scaled(200, least=5) == count


def test_a_seed_names_the_same_letters() -> None:
    assert list(letters(30, 5)) == list(letters(30, 5))
    assert list(letters(30, 5)) != list(letters(30, 6))


def test_letters_lie_in_the_ninety_days_before() -> None:
    newest = datetime(2026, 11, 20, tzinfo=UTC)
    times = [letter.sent_at for letter in letters(100, 1, newest)]
    assert times == sorted(times)
    assert newest - timedelta(days=90) < times[0] < times[-1] < newest


def test_a_letter_is_read_as_it_was_meant() -> None:
    for letter in letters(20, 3):
        mail = read_mail(as_mail(letter))
        assert (mail.kind, mail.subject) == ("buyer_message", letter.subject)
        assert letter.text in " ".join(mail.own_text.split())
        if letter.answered_at:
            assert read_mail(as_answer(letter)).thread_keys[0] == f"mid:{letter.message_id}"


def test_a_parcel_number_ends_in_its_check_digit() -> None:
    # An example of GS1's general specifications (SSCC).
    assert _with_check_digit("37610425002123456") == "376104250021234569"


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("max-age=315360000, public, immutable", True),
        ("max-age=3600, public", True),
        ("max-age=0, no-cache, no-store, must-revalidate, private", False),
        ("no-cache", False),
        ("", False),
    ],
)
def test_what_a_browser_keeps(rule: str, kept: bool) -> None:
    headers: dict[str, Any] = {"cache-control": rule} if rule else {}
    assert _is_kept(Answer(200, headers, b"", 1.0)) is kept


SHEET = """
@font-face { src: url("files/a.woff2"); unicode-range: U+0000-00FF, U+20AC; }
@font-face { src: url(files/b.woff2) format("woff2"); unicode-range: U+0100-017F; }
@font-face { src: url('data:font/woff2;base64,AA'); }
"""


@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("Grün", ["/static/files/a.woff2"]),
        ("Şenay", ["/static/files/a.woff2", "/static/files/b.woff2"]),
        ("", []),
    ],
)
def test_fonts_load_for_the_characters_they_hold(text: str, fonts: list[str]) -> None:
    assert list(_fonts(SHEET, "/static/inter.css", set(text))) == fonts
