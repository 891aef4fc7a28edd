import pytest

from kulanz.carriers import registry
from kulanz.carriers.states import DOTS, STATES, counts, on_the_way_back
from kulanz.facts.models import Parcel


def test_every_state_says_what_it_means_and_fits_its_column() -> None:
    longest = Parcel._meta.get_field("state").max_length
    assert [
        key for key, state in STATES.items() if len(key) > longest or not state.sentence.endswith(".")
    ] == []
    assert [key for key, state in STATES.items() if not 0 <= state.lit <= len(DOTS)] == []


def test_what_is_over() -> None:
    assert [key for key, state in STATES.items() if state.is_over] == [
        "CANCELLED",
        "DELIVERED",
        "DELIVERED_NEIGHBOUR",
        "DELIVERED_SAFE_PLACE",
        "DELIVERED_DAMAGED",
        "COLLECTED",
        "RETURNED",
        "LOST",
        "DESTROYED",
    ]


def test_all_five_dots_only_for_what_left_the_carriers_hands() -> None:
    assert [key for key, state in STATES.items() if (state.lit == 5) != state.is_delivered] == []


@pytest.mark.parametrize(
    ("state", "back"),
    [
        ("DELIVERED", "RETURNED"),
        ("COLLECTED", "RETURNED"),
        ("IN_TRANSIT", "RETURNING"),
        ("LOST", "LOST"),
        ("INFO", "INFO"),
        ("RETURNING", "RETURNING"),
    ],
)
def test_a_parcel_on_its_way_back(state: str, back: str) -> None:
    assert on_the_way_back(state) == back


def test_information_changes_nothing() -> None:
    assert [key for key in ("", *STATES) if not counts(key)] == ["", "INFO"]


@pytest.mark.parametrize(
    ("carrier", "number", "page"),
    [
        (
            "dhl",
            "00340434161094260074",
            "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode=00340434161094260074",
        ),
        ("dpd", "1 2&x", "https://tracking.dpd.de/status/de_DE/parcel/1%202%26x"),
        ("amazon", "TBA1", ""),
        ("kutsche", "1", ""),
        ("dhl", "", ""),
    ],
)
def test_tracking_pages(carrier: str, number: str, page: str) -> None:
    assert registry.tracking_page(carrier, number) == page


def test_titles() -> None:
    assert [registry.title(key) for key in ("dhl", "post_at", "kutsche")] == [
        "DHL",
        "Österreichische Post",
        "kutsche",
    ]
