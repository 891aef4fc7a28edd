"""Subject and References of an answer: tables."""

import pytest

from kulanz.replies.compose import REFERENCES, answer_subject, is_message_id, references


@pytest.mark.parametrize(
    ("subject", "number", "keep", "expected"),
    [
        ("Wo ist mein Paket?", "", False, "Re: Wo ist mein Paket?"),
        ("Re: AW: Re[2]: Wo ist mein Paket?", "", False, "Re: Wo ist mein Paket?"),
        ("WG: Antwort: Paket", "", False, "Re: Paket"),
        ("Retoure", "", False, "Re: Retoure"),
        ("", "", False, "Re: Ihre Nachricht"),
        ("Re:", "303-1234567-1234567", False, "Re: Ihre Bestellung"),
        ("Frage", "303-1234567-1234567", True, "Re: Frage (Bestellung: 303-1234567-1234567)"),
        ("Frage (Bestellung: 303-1)", "303-1", True, "Re: Frage (Bestellung: 303-1)"),
        ("Frage\r\nBcc: x@y.de", "", False, "Re: Frage Bcc: x@y.de"),
    ],
)
def test_the_subject_of_an_answer(subject: str, number: str, keep: bool, expected: str) -> None:
    assert answer_subject(subject, number, keep_number=keep) == expected


def test_a_long_subject_is_cut_before_the_order_number() -> None:
    made = answer_subject("x" * 500, "303-1234567-1234567", keep_number=True)
    assert len(made) == 200
    assert made.endswith(" (Bestellung: 303-1234567-1234567)")


def test_references_run_from_the_oldest_to_the_answered() -> None:
    keys = ["mid:<3@a>", "mid:<2@a>", "mid:<1@a>", "order:303-1", "mid:sha256:abc"]
    assert references(keys, "<4@a>") == ["<1@a>", "<2@a>", "<3@a>", "<4@a>"]
    assert references(keys, "sha256:feed") == ["<1@a>", "<2@a>", "<3@a>"]


def test_of_many_references_the_first_and_the_newest_stay() -> None:
    keys = [f"mid:<{n}@a>" for n in range(99, 0, -1)]
    made = references(keys, "<100@a>")
    assert (len(made), made[0], made[1], made[-1]) == (REFERENCES, "<1@a>", "<82@a>", "<100@a>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("<a@b>", True), ("sha256:1", False), ("<a b@c>", False), ("<ä@b>", False), ("<a@b>\r\nBcc: x", False)],
)
def test_what_may_stand_in_a_header(text: str, expected: bool) -> None:
    assert is_message_id(text) is expected
