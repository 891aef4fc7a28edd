"""An installation with many cases, made by the public import and the desk itself, and kept for the next time.

`build` is shared by the benches of search and pages and by the walk over all pages: the first call of a day makes
the data and keeps a backup (`kulanz backup`), later ones put it back (`kulanz restore`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.command import kulanz
from bench.desk import Desk, case_ids
from bench.figures import BenchError
from bench.letters import (
    Letter,
    as_answer,
    as_mail,
    letters,
    write_amazon,
    write_mails,
    write_stages,
    write_woocommerce,
)

COUNT = 20_000
CLOSED_SHARE = 0.1
"""Of the answered cases these are closed at the desk, a page at a time."""
LATER = 12
KEPT_BACKUPS = 4
SOURCE = Path(__file__).resolve().parents[1] / "src/kulanz"


@dataclass(frozen=True, slots=True)
class Built:
    cases: int
    seconds: float
    """Wall time of making or putting back."""
    from_cache: bool


def build(
    home: Path,
    count: int = COUNT,
    seed: int = 20261122,
    *,
    database: str = "",
    said: Callable[[str], None] = lambda text: None,
) -> Built:
    """Fill an empty home (and its database) with `count` cases: Amazon and shop orders, ERP stages with parcels,
    letters, answers, closed and later ones. Dates lie in the ninety days before today's midnight, UTC."""
    started = time.perf_counter()
    newest = newest_of_today()
    kept = _kept_at(count, seed, newest, database)
    if kept.exists():
        kulanz("restore", str(kept), home=home, database=database)
        os.utime(kept)
        return Built(count, time.perf_counter() - started, True)
    cases = _make(home, count, seed, newest, database, said)
    kept.parent.mkdir(parents=True, exist_ok=True)
    half = kept.with_name(f"{os.getpid()}-{kept.name}")
    kulanz("backup", "--to", str(half), home=home, database=database)
    half.replace(kept)
    _forget_old(kept.parent)
    return Built(cases, time.perf_counter() - started, False)


def newest_of_today() -> datetime:
    """Before this all letters were written: today's midnight, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _kept_at(count: int, seed: int, newest: datetime, database: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kulanz/bench"
    engine = "postgresql" if database else "sqlite"
    return cache / f"{engine}-{count}-{seed}-{newest:%Y%m%d}-{schema_digest()}.kulanz"


def schema_digest() -> str:
    """Over the migrations, how cases are indexed, and what makes these data: another digest, other data."""
    total = hashlib.sha256()
    ours = [Path(__file__), Path(__file__).with_name("letters.py"), Path(__file__).with_name("words.py")]
    index = [SOURCE / name for name in ("cases/search.py", "cases/tokens.py", "base/folding.py")]
    for path in [*sorted((SOURCE / "migrations").glob("*.py")), *index, *ours]:
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.kulanz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[KEPT_BACKUPS:]:
        path.unlink(missing_ok=True)


def _make(
    home: Path, count: int, seed: int, newest: datetime, database: str, said: Callable[[str], None]
) -> int:
    told = list(letters(count, seed, newest))
    cases = 0
    with tempfile.TemporaryDirectory(prefix="kulanz-bench-") as name:
        for account, channel, sent, paths in _files(Path(name), told):
            said(f"{account}: {', '.join(path.name for path in paths)}")
            words = ["import", "--account", account, "--channel", channel, "--new", "--json"]
            done = kulanz(
                *words, *(["--sent"] if sent else []), *map(str, paths), home=home, database=database
            ).json
            if done["quarantined"]:
                raise BenchError(f"{paths[0].name}: {done['problems'][:3]}")
            cases += done["cases"]
    if cases != count:
        raise BenchError(f"{count} letters opened {cases} cases")
    said("close and put off at the desk")
    _at_the_desk(home, database, sum(1 for letter in told if letter.answered_at))
    return cases


def _files(folder: Path, told: list[Letter]) -> list[tuple[str, str, bool, list[Path]]]:
    """Account, channel, whether they are our own mails, files: in the order a shop gets them."""
    amazon = [letter for letter in told if letter.bought.amazon]
    shop = [letter for letter in told if not letter.bought.amazon]
    names = (
        "amazon.txt",
        "shop.json",
        "stufen.csv",
        "amazon.mbox",
        "shop.mbox",
        "gesendet-a.mbox",
        "gesendet-s.mbox",
    )
    paths = {name: folder / name for name in names}
    write_amazon(paths["amazon.txt"], (letter.bought for letter in amazon))
    write_woocommerce(paths["shop.json"], (letter.bought for letter in shop))
    write_stages(paths["stufen.csv"], (letter.bought for letter in told))
    write_mails(paths["amazon.mbox"], map(as_mail, amazon))
    write_mails(paths["shop.mbox"], map(as_mail, shop))
    write_mails(paths["gesendet-a.mbox"], (as_answer(letter) for letter in amazon if letter.answered_at))
    write_mails(paths["gesendet-s.mbox"], (as_answer(letter) for letter in shop if letter.answered_at))
    return [
        ("Amazon.de", "amazon", False, [paths["amazon.txt"]]),
        ("Shop", "shop", False, [paths["shop.json"]]),
        ("Wawi", "wawi", False, [paths["stufen.csv"]]),
        ("Amazon.de", "amazon", False, [paths["amazon.mbox"]]),
        ("Shop", "shop", False, [paths["shop.mbox"]]),
        ("Amazon.de", "amazon", True, [paths["gesendet-a.mbox"]]),
        ("Shop", "shop", True, [paths["gesendet-s.mbox"]]),
    ]


def _at_the_desk(home: Path, database: str, answered: int) -> None:
    """What only people do: close answered cases by the page, put a few off until Monday, note something."""
    with Desk(home, database) as desk:
        client = desk.signed_in()
        closed, wanted = 0, round(answered * CLOSED_SHARE)
        while closed < wanted:
            ids = case_ids(client, "/faelle/gruppe/kunden/")
            client.post("/faelle/viele/", {"was": "schliessen", "fall": ids})
            closed += len(ids)
        for case_id in case_ids(client)[:LATER]:
            client.post(f"/faelle/{case_id}/tun/notiz/", {"notiz": "Kollegin hat nachgefragt."})
            client.post(f"/faelle/{case_id}/tun/spaeter/", {"bis": "montag"})
