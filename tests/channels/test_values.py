import pytest

from kulanz.carriers.registry import CARRIERS
from kulanz.channels import registry, values
from kulanz.channels.shipping import _BEGINNINGS, carrier_key
from kulanz.facts.records import Unreadable


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("3", 3), ("3,00", 3), ("1.000,00", 1000), ("-2", -2), ("0", 0), ("1000000", 1_000_000)],
)
def test_whole_numbers(text: str, pieces: int) -> None:
    assert values.whole(text, "Menge") == pieces


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,5", "Spalte „Menge“: „1,5“ ist keine ganze Zahl"),
        ("viele", "Spalte „Menge“: „viele“ ist keine ganze Zahl"),
        ("1000001", "Spalte „Menge“: „1000001“ liegt über der Grenze von 1000000"),
        ("²", "Spalte „Menge“: „²“ ist keine ganze Zahl"),
    ],
)
def test_what_is_no_whole_number(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        values.whole(text, "Menge")
    assert str(raised.value) == reason


@pytest.mark.parametrize(("text", "read"), [("Ja", True), ("false", False), ("", None), ("vielleicht", None)])
def test_truth(text: str, read: bool | None) -> None:
    assert values.truth(text) is read


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("DHL Paket 5 kg", "dhl"),
        ("dhl", "dhl"),
        ("DHL-Express", "dhl_express"),
        ("Deutsche Post Großbrief", "deutschepost"),
        ("Hermes HSI", "hermes"),
        ("Österreichische Post", "post_at"),
        ("Spedition Müller & Söhne GmbH", "spedition muller & s"),
        ("", ""),
    ],
)
def test_carriers_as_programs_write_them(name: str, key: str) -> None:
    assert carrier_key(name) == key


def test_carriers_of_both_rooms_have_the_same_keys() -> None:
    assert {key for _, key in _BEGINNINGS} == set(CARRIERS)


def test_channels() -> None:
    assert list(registry.CHANNELS) == ["amazon", "otto", "ebay", "kaufland", "shop", "wawi"]
    assert [channel.letter for channel in registry.CHANNELS.values()] == ["A", "O", "E", "K", "S", "W"]
    assert [key for key, channel in registry.CHANNELS.items() if channel.is_erp] == ["wawi"]


def test_every_format_is_found_by_its_source() -> None:
    assert [registry.by_source(fmt.source) for fmt in registry.formats()] == list(registry.formats())
    with pytest.raises(KeyError):
        registry.by_source("mail")
