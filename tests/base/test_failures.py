"""The log names kind and place of an error in a customer's data, never its words."""

import re

from kulanz.base.failures import where


def test_kind_and_place_without_the_words() -> None:
    try:
        int("Sabine Hoffmann")
    except ValueError as error:
        said = where(error)
    assert re.fullmatch(r"ValueError at test_failures\.py:\d+ test_kind_and_place_without_the_words", said)


def test_an_error_that_was_never_raised() -> None:
    assert where(KeyError("Sabine")) == "KeyError at an unknown place"
