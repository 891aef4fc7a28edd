"""The sample shop through the merchant's own intake: everything is read, linked and counted as the files say."""

import csv
from pathlib import Path

import pytest

import factories
from flow.desk import ROOT, counts, take
from kulanz.cases.models import Case, CaseEntry
from kulanz.facts.models import Invoice, Message, Order, Parcel, Product, Refund, Return, Scan, Stage, Stock
from kulanz.intake.models import RawRecord

DEMO = ROOT / "demo"


def rows_of(name: str) -> list[dict[str, str]]:
    raw = (DEMO / "wawi" / name).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


@pytest.mark.django_db
def test_the_sample_shop() -> None:
    amazon = factories.account("amazon", channel="amazon", sender="amazon@deichkueche.example")
    shop = factories.account("shop", channel="shop", sender="service@deichkueche.example")
    wawi = factories.account("wawi", channel="wawi")
    orders, mail = DEMO / "bestellungen", DEMO / "mail"
    for account, paths, sent in (
        (amazon, sorted(orders.glob("amazon*")), False),
        (shop, [orders / "woocommerce"], False),
        (wawi, [DEMO / "wawi", DEMO / "tracking"], False),
        (amazon, [mail / "amazon"], False),
        (shop, [mail / "shop"], False),
        (amazon, [mail / "amazon-gesendet"], True),
        (shop, [mail / "shop-gesendet"], True),
    ):
        done = take(account, *paths, sent=sent)
        assert counts(done)[2:] in ((0, 0), (done.received.duplicate, 0)), done.problems
    assert not RawRecord.objects.exclude(state="read").exists()

    assert Order.objects.filter(account=amazon).count() == len(_amazon_numbers())
    wawi_orders = {row["Externe Bestellnummer"] for row in rows_of("stufen.csv")} - {""}
    assert set(Order.objects.values_list("number", flat=True)) >= wawi_orders
    for model in (Stage, Invoice, Refund, Return, Parcel):
        assert model.objects.filter(order=None).count() == 0, model
    assert set(Parcel.objects.values_list("number", flat=True)) == {
        row["Sendungsnummer"] for row in rows_of("stufen.csv") if row["Sendungsnummer"]
    }
    assert not Scan.objects.exclude(number__in=Parcel.objects.values("number")).exists()
    invoices = {row["Rechnungsnummer"] for row in rows_of("rechnungen.csv")}
    assert set(Invoice.objects.filter(kind="invoice").values_list("number", flat=True)) == invoices
    assert Product.objects.filter(account=wawi).count() == len(rows_of("artikel.csv"))
    assert Stock.objects.count() == len(rows_of("bestand.csv"))

    assert Message.objects.count() == len(list(mail.rglob("*.eml")))
    buyers = Message.objects.filter(kind="buyer_message", direction="in")
    assert CaseEntry.objects.filter(message__in=buyers).count() == buyers.count()
    assert 60 <= Case.objects.count() <= buyers.count() + 20
    assert not Message.objects.filter(kind__in=("auto_reply", "other"), pk__in=_opening()).exists()


def _opening() -> list[int]:
    first = {}
    for case, message in (
        CaseEntry.objects.exclude(message=None).order_by("-at").values_list("case_id", "message_id")
    ):
        first[case] = message
    return list(first.values())


def _amazon_numbers() -> set[str]:
    numbers = set()
    for path in (DEMO / "bestellungen").rglob("amazon*/*.txt"):
        numbers |= _first_column(path)
    for path in (DEMO / "bestellungen").glob("*.txt"):
        numbers |= _first_column(path)
    return numbers


def _first_column(path: Path) -> set[str]:
    return {line.split("\t", 1)[0] for line in path.read_text("utf-8").splitlines()[1:] if line}
