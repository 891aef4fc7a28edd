"""Channel rules: what is shipped, what a merchant edits, and the grammar of the values."""

from datetime import UTC, date, datetime, time

import pytest

from kulanz.audit.models import AuditEntry
from kulanz.channels import rules
from kulanz.channels.models import ChannelRule
from kulanz.channels.rules import AnswerTime, HouseAnswer, Rule, RuleUnreadable, Sentences

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 12, 7, tzinfo=UTC)
SEEN = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _fresh_rules() -> None:
    rules.forget()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("channel", "name", "expected"),
    [
        ("amazon", "answer", AnswerTime(24)),
        ("amazon", "claim_answer", AnswerTime(48)),
        ("kaufland", "answer", AnswerTime(48, True)),
        ("ebay", "answer", AnswerTime(72, True, True)),
        ("otto", "answer", None),
        ("shop", "answer", None),
        ("shop", "claim_answer", None),
        ("unknown", "answer", None),
    ],
)
def test_shipped_deadlines(channel: str, name: str, expected: AnswerTime | None) -> None:
    assert rules.answer_time(channel, TODAY, name=name) == expected


@pytest.mark.django_db
def test_shipped_house_rule_and_sentences() -> None:
    assert rules.house_answer(TODAY) == HouseAnswer(time(16))
    assert rules.sentences("amazon", TODAY) == Sentences(
        (
            "Antwort binnen 24 Stunden, auch sonntags",
            "Keine Telefonnummer, kein Link nach draußen",
            "Nie an den Paketdienst verweisen",
        ),
        SEEN,
    )
    assert rules.sentences("shop", TODAY) == Sentences((), None)


@pytest.mark.django_db
def test_every_shipped_rule_reads_and_has_a_source() -> None:
    for row in rules.all_rules(TODAY):
        rules.check(row.channel, row.name, row.value)
    assert [row for row in rules.all_rules(TODAY) if not row.source or row.edited] == []


@pytest.mark.django_db(transaction=True)
def test_an_edited_rule_holds_from_its_day_on() -> None:
    rules.edit(
        "otto", "answer", value="2 Werktage", valid_from=TODAY, source="Partnerportal", by="miriam", now=NOW
    )
    assert rules.rule("otto", "answer", TODAY) == Rule(
        "otto", "answer", "2 Werktage", TODAY, "Partnerportal", True
    )
    assert rules.answer_time("otto", TODAY) == AnswerTime(48, True, True)
    assert rules.answer_time("otto", date(2026, 11, 26)) is None
    rules.edit("otto", "answer", value="36 h", valid_from=TODAY, source="Brief", by="miriam", now=NOW)
    assert rules.answer_time("otto", TODAY) == AnswerTime(36)
    assert list(ChannelRule.objects.values_list("value", "edited_by")) == [("36 h", "miriam")]
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", "before", "after__value")) == [
        ("rule.edit", {"value": "keine"}, "2 Werktage"),
        ("rule.edit", {"value": "2 Werktage"}, "36 h"),
    ]


@pytest.mark.django_db
def test_before_its_first_day_the_first_row_holds() -> None:
    assert rules.answer_time("amazon", date(2019, 1, 1)) == AnswerTime(24)


@pytest.mark.django_db
def test_the_rules_are_kept_and_read_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules.answer_time("otto", TODAY) is None
    ChannelRule.objects.create(channel="otto", name="answer", value="24 h", valid_from=TODAY, source="x")
    assert rules.answer_time("otto", TODAY) is None
    monkeypatch.setattr(rules, "KEEP_SECONDS", -1.0)
    assert rules.answer_time("otto", TODAY) == AnswerTime(24)


@pytest.mark.django_db
def test_a_broken_row_sets_no_deadline() -> None:
    ChannelRule.objects.create(channel="amazon", name="answer", value="bald", valid_from=TODAY, source="x")
    ChannelRule.objects.create(channel="house", name="answer", value="bald", valid_from=TODAY, source="x")
    assert rules.answer_time("amazon", TODAY) is None
    assert rules.house_answer(TODAY) is None


@pytest.mark.django_db
def test_edit_refuses_what_it_cannot_read() -> None:
    with pytest.raises(RuleUnreadable, match="„morgen“ ist keine Frist"):
        rules.edit("otto", "answer", value="morgen", valid_from=TODAY, source="x", by="m", now=NOW)
    assert ChannelRule.objects.count() == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("24 Stunden", AnswerTime(24)),
        ("1 Stunde", AnswerTime(1)),
        ("24h", AnswerTime(24)),
        ("48 Stunden Mo–Fr", AnswerTime(48, True)),
        ("48 Stunden Mo-Fr", AnswerTime(48, True)),
        ("3 Werktage", AnswerTime(72, True, True)),
        ("1 Arbeitstag", AnswerTime(24, True, True)),
        ("keine", None),
        ("", None),
    ],
)
def test_answer_times(value: str, expected: AnswerTime | None) -> None:
    assert rules.parse_answer_time(value) == expected


@pytest.mark.parametrize("value", ["0 Stunden", "2161 Stunden", "-3 Stunden", "3", "Stunden", "3 Wochen"])
def test_no_answer_times(value: str) -> None:
    with pytest.raises(RuleUnreadable):
        rules.parse_answer_time(value)


@pytest.mark.parametrize(
    "value", ["25:00 am nächsten Werktag", "16:60 am nächsten Werktag", "16 Uhr", "morgen"]
)
def test_no_house_answers(value: str) -> None:
    with pytest.raises(RuleUnreadable):
        rules.parse_house_answer(value)


def test_hours() -> None:
    nine_to_five = ((time(9), time(12)), (time(13), time(17)))
    saturday = ((time(9, 30), time(12)),)
    assert rules.parse_hours("Mo–Fr 09:00–12:00, 13:00–17:00; Sa 9:30-12") == (
        *[nine_to_five] * 5,
        saturday,
        (),
    )


@pytest.mark.parametrize(
    "value", ["", "Mo", "Mo–Fr 12–9", "Mo–Fr 9–13, 12–17", "Fr–Mo 9–17", "Mo 9–25", "immer"]
)
def test_no_hours(value: str) -> None:
    with pytest.raises(RuleUnreadable):
        rules.parse_hours(value)
