"""Make the sample shop's files anew. The same chance gives the same files, byte for byte.

Run `KULANZ_SHARED=… python demo/build/make.py`. Only this maker needs the shared folder; what it writes is
committed, so the demo itself needs nothing.
"""

import shutil

import dhl
import mails
import orders as ordering
import parcels
import photos
import reports
import shop
import wawi
from world import ANCHOR, BERLIN, DEMO, People, articles

MADE = ("bestellungen", "wawi", "tracking", "mail")


def main() -> None:
    goods, people = articles(), People()
    orders = ordering.all_orders(goods, people)
    parcels.work_out(orders)
    wawi.returns_of_the_crowd(orders)
    for folder in MADE:
        shutil.rmtree(DEMO / folder, ignore_errors=True)
    (DEMO / "anchor.txt").write_text(ANCHOR.replace(tzinfo=BERLIN).isoformat() + "\n", encoding="ascii")
    amazon = DEMO / "bestellungen"
    reports.write_all(amazon / "amazon-bestellungen.txt", orders)
    reports.write_unshipped(amazon / "amazon-unversandt.txt", orders, reports.NOW)
    for place, moment in enumerate(reports.moments_for(orders), 1):
        reports.write_unshipped(amazon / "amazon-unversandt-frueher" / f"{place:02d}.txt", orders, moment)
    shop.write(amazon / "woocommerce", orders)
    dhl.write(DEMO / "tracking", orders)
    photos.make()
    mails.write(DEMO / "mail", orders, goods, people)
    wawi.write(DEMO / "wawi", orders, goods)


if __name__ == "__main__":
    main()
