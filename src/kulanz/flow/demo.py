"""The sample shop: files in the formats of a real shop, moved to the present and taken in as a merchant's own are."""

import email
import email.utils
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from django.conf import settings

from kulanz.facts.models import Account
from kulanz.flow.importing import Imported, import_paths
from kulanz.flow.moved import Move, move_file
from kulanz.flow.sample import Sample, mark, sample_of
from kulanz.flow.sample_day import live_through
from kulanz.people.models import Role, User

Progress = Callable[[str, int], None]
ACCOUNTS = (
    ("amazon", "amazon", "Amazon.de", "amazon@deichkueche.example"),
    ("shop", "shop", "Shop", "service@deichkueche.example"),
    ("wawi", "wawi", "Wawi", ""),
)
USERS = (
    ("miriam", "Miriam", "Köster", Role.OWNER),
    ("jonas", "Jonas", "Weidlich", Role.AGENT),
    ("deniz", "Deniz", "Aydın", Role.AGENT),
    ("lager", "Lager", "", Role.WAREHOUSE),
    ("buchhaltung", "Buchhaltung", "", Role.ACCOUNTING),
)
FEEDS = (
    ("wawi/artikel.csv", "wawi"),
    ("bestellungen/amazon-bestellungen.txt", "amazon"),
    ("bestellungen/amazon-unversandt-frueher", "amazon"),
    ("bestellungen/amazon-unversandt.txt", "amazon"),
    ("bestellungen/woocommerce", "shop"),
    ("wawi", "wawi"),
    ("tracking", "wawi"),
)
"""In the order a shop would have got them; articles first, mails last. The same file twice counts once."""
MAILS = (
    ("mail/amazon", "amazon", False),
    ("mail/amazon-gesendet", "amazon", True),
    ("mail/shop", "shop", False),
    ("mail/shop-gesendet", "shop", True),
)


@dataclass(frozen=True, slots=True)
class Built:
    imported: dict[str, int]
    """Sums over all files: raw, new, duplicate, quarantined, cases."""
    problems: list[str]


def source() -> Path:
    """The sample's files in the checkout."""
    return Path(settings.SOURCE).parents[1] / "demo"


def build(home: Path, now: datetime, progress: Progress = lambda what, count: None) -> Built:
    """Fill a migrated, empty sample home: accounts, users, pictures, then every file through the import."""
    sample = sample_of(home)
    password = sample.password if sample else ""
    accounts = {
        name: Account.objects.create(
            name=name,
            channel=channel,
            title=title,
            sender=sender,
            sender_name="Deichküche Kundenservice" if sender else "",
        )
        for name, channel, title, sender in ACCOUNTS
    }
    for username, first, last, role in USERS:
        user = User(username=username, first_name=first, last_name=last, role=role)
        user.set_password(password)
        user.save()
    shutil.copytree(
        source() / "bilder", home / "bilder", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.md")
    )
    inbox = home / "inbox"
    anchor = datetime.fromisoformat((source() / "anchor.txt").read_text().strip())
    _copy_moved(inbox, Move(anchor, now), progress)
    total = Total()
    for place, name in FEEDS:
        total.add(import_paths([inbox / place], account=accounts[name], now=now, progress=progress))
    for name, sent, paths in _mails_in_order(inbox):
        total.add(import_paths(paths, account=accounts[name], now=now, sent=sent, progress=progress))
    live_through(now)
    mark(home, Sample(password, now))
    return Built(total.counts, total.problems)


class Total:
    """Sums what several imports did."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("raw", "new", "duplicate", "quarantined", "cases"), 0)
        self.problems: list[str] = []

    def add(self, done: Imported) -> None:
        told = done.as_json()
        for key in self.counts:
            self.counts[key] += int(str(told[key]))
        self.problems += done.problems


def _copy_moved(inbox: Path, move: Move, progress: Progress) -> None:
    for path in sorted(_files()):
        target = inbox / path.relative_to(source())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(move_file(path.name, path.read_bytes(), move))
        os.utime(target, (move.now.timestamp(),) * 2)
        progress("auf heute stellen", 1)


def _files() -> Iterator[Path]:
    folders = {Path(place).parts[0] for place, *_ in (*FEEDS, *MAILS)}
    for folder in folders:
        yield from (
            path for path in (source() / folder).rglob("*") if path.is_file() and path.suffix != ".md"
        )


def _mails_in_order(inbox: Path) -> Iterator[tuple[str, bool, list[Path]]]:
    """Mails as they came and went, so that an answer meets the question before it; runs of one account together."""
    dated = [
        (_sent_at(path), name, sent, path)
        for place, name, sent in MAILS
        for path in sorted((inbox / place).rglob("*"))
        if path.is_file()
    ]
    dated.sort(key=lambda mail: (mail[0], str(mail[3])))
    for (name, sent), run in groupby(dated, key=lambda mail: (mail[1], mail[2])):
        yield name, sent, [path for *_, path in run]


def _sent_at(path: Path) -> datetime:
    """By the mail's own date; one without goes first."""
    with path.open("rb") as file:
        written = email.message_from_binary_file(file).get("Date", "")
    try:
        sent = email.utils.parsedate_to_datetime(str(written))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)
