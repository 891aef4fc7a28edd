"""Search over all an agent may type: any number, names, words in any spelling.

One document a case: the set of its tokens (see tokens). On SQLite a contentless FTS5 table, its rowid the document's
rank, each token led by the letter of its shard of 4,096 ranks: a prefix that stands in every case then merges only
the newest shard, since the newest 25 are asked for. On PostgreSQL a tsvector made of just these tokens, with GIN.
Accounts are tokens as well, so a query never leaves what its user may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from kulanz.cases import tokens
from kulanz.cases.models import Case, CaseEntry, SearchDoc
from kulanz.cases.tokens import MAX_TOKENS, Query, Way
from kulanz.people.models import User

SHARD = 4096
"""Fewer: a search with few hits asks more shards. More: one with thousands merges more of them at once."""
FIRST_LETTER = 0x4E00
SHARDS = 20_000
"""Letters of one script; after so many the first ones come again, which costs time, not hits."""
RARE = 150
"""A word in fewer cases is looked up first."""
STEP_LIMIT = 64
"""Shards asked in one statement at most."""
REINDEX_CHUNK = 500
TIDY_PAGES = 1_000
"""Pages of the index written in one transaction while it is tidied: about 0.1 s, so nobody waits long behind it."""
PAGE_LIMIT = 200

_TABLE = "kulanz_searchdoc"
_FTS = "kulanz_casewords"


def find(text: str, *, user: User, limit: int = 25, after: int | None = None) -> list[int]:
    """Ids of cases in which every typed word stands, newest news first; a case's own number comes before all.

    Numbers win: where the digits are one number somewhere, their parts are not looked for.
    `after` is the last id of the page before. Users who may not read mails find nothing.
    """
    if not user.answers:
        return []
    limit = min(limit, PAGE_LIMIT)
    query = tokens.parse(text)
    accounts = None if user.all_accounts else sorted(user.accounts.values_list("pk", flat=True))
    if accounts == [] or not query.ways:
        return []
    numbers = query.as_numbers
    if numbers is not None and _pages(numbers, accounts, 1, None):
        query = numbers
    exact = _exact(query, accounts)
    below = None
    if after is not None and after != exact:
        below = _rank(after)
        if below is None:
            return []
    page = [pk for pk in _pages(query, accounts, limit + 1, below) if pk != exact]
    if exact is not None and after is None:
        page = [exact, *page]
    return page[:limit]


def add(
    case_id: int,
    account_id: int,
    *,
    words: Iterable[str] = (),
    names: Iterable[str] = (),
    numbers: Iterable[str] = (),
    opened: bool = False,
    news: bool = True,
) -> None:
    """More text of a case. `opened`: it has no document yet; `news`: it goes to the top of the results."""
    fresh = {account_token(account_id)}
    for text in words:
        fresh |= tokens.words(text)
    for text in names:
        fresh |= tokens.names(text)
    fresh |= tokens.numbers(list(numbers))
    _write(case_id, account_id, fresh, opened=opened, news=news, anew=False)


def index_case(case_id: int) -> None:
    """Make the document of one case again, from all that is known; its place in the results stays."""
    for pk, account_id, found in _documents([case_id]):
        _write(pk, account_id, found, opened=False, news=False, anew=True)


def forget(case_id: int) -> None:
    """The case has nothing to be found by any more."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"SELECT rank, tokens FROM {_TABLE} WHERE case_id = %s", [case_id])  # noqa: S608
            standing = cursor.fetchone()
            if standing is not None:
                _drop(cursor, *standing)
        cursor.execute(f"DELETE FROM {_TABLE} WHERE case_id = %s", [case_id])  # noqa: S608


def reindex(progress: Callable[[int, int], None] | None = None) -> int:
    """Make every document again, in the order of the newest events; how many. Told (done, all) after each chunk."""
    ids = list(Case.objects.order_by("touched_at", "pk").values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {_FTS} ({_FTS}) VALUES ('delete-all')")  # noqa: S608
        SearchDoc.objects.all().delete()
    for start in range(0, len(ids), REINDEX_CHUNK):
        chunk = ids[start : start + REINDEX_CHUNK]
        with transaction.atomic():
            documents = {pk: (account_id, found) for pk, account_id, found in _documents(chunk)}
            for pk in chunk:
                if pk in documents:
                    _write(pk, *documents[pk], opened=False, news=True, anew=True)
        if progress is not None:
            progress(min(start + REINDEX_CHUNK, len(ids)), len(ids))
    return len(ids)


def tidy() -> int:
    """Merge the pieces of SQLite's index that many small writes left behind; how many transactions it took.

    After 40,000 mails one by one: 17 pieces and 31 MB become 1 and 10 MB in 0.6 s, and a search costs half of what it
    did. PostgreSQL's autovacuum does the same by itself. Source: SQLite's documentation of FTS5, "The 'merge' Command":
    a negative number begins, positive ones go on, until a step changes fewer than two rows.
    """
    if connection.vendor != "sqlite":
        return 0
    pages, steps = -TIDY_PAGES, 0
    with connection.cursor() as cursor:
        while True:
            before = cursor.execute("SELECT total_changes()").fetchone()[0]
            cursor.execute(f"INSERT INTO {_FTS} ({_FTS}, rank) VALUES ('merge', %s)", [pages])  # noqa: S608
            steps += 1
            if cursor.execute("SELECT total_changes()").fetchone()[0] - before < 2:
                return steps
            pages = TIDY_PAGES


def order_words(order_ids: Collection[int]) -> dict[int, tuple[list[str], list[str], str]]:
    """For each order: (titles, numbers, picture of its first line that has one). One statement."""
    found: dict[int, tuple[list[str], list[str], list[str]]] = {pk: ([], [], []) for pk in order_ids}
    if not found:
        return {}
    places = ", ".join(["%s"] * len(found))
    sql = " UNION ALL ".join(part.replace("{ids}", places) for part in _ORDER_PARTS)
    with connection.cursor() as cursor:
        cursor.execute(sql + " ORDER BY 3, 4", [*found] * len(_ORDER_PARTS))
        for order_id, text, slot, _ in cursor.fetchall():
            found[order_id][slot].append(text)
    return {
        pk: (titles, numbers, next(iter(pictures), "")) for pk, (titles, numbers, pictures) in found.items()
    }


_ORDER_PARTS = (
    "SELECT order_id, title, 0, id FROM kulanz_orderline WHERE order_id IN ({ids}) AND title <> ''",
    "SELECT order_id, sku, 1, id FROM kulanz_orderline WHERE order_id IN ({ids}) AND sku <> ''",
    "SELECT id, number, 1, id FROM kulanz_order WHERE id IN ({ids})",
    "SELECT order_id, number, 1, id FROM kulanz_ordernumber WHERE order_id IN ({ids})",
    "SELECT order_id, number, 1, id FROM kulanz_parcel WHERE order_id IN ({ids})",
    "SELECT order_id, delivery_note, 1, id FROM kulanz_parcel WHERE order_id IN ({ids}) AND delivery_note <> ''",
    "SELECT order_id, number, 1, id FROM kulanz_invoice WHERE order_id IN ({ids})",
    "SELECT l.order_id, p.picture, 2, l.id FROM kulanz_orderline l JOIN kulanz_product p ON p.sku = l.sku"
    " WHERE l.order_id IN ({ids}) AND p.picture <> '' AND l.sku <> ''",
)


def account_token(account_id: int) -> str:
    """No text gives this token: `§` is no letter."""
    return f"§{account_id}"


def _documents(case_ids: Sequence[int]) -> Iterable[tuple[int, int, set[str]]]:
    """(case, account, tokens) of these cases, read in a fixed number of statements."""
    cases = list(
        Case.objects.filter(pk__in=case_ids).values_list(
            "pk", "account_id", "title", "customer_name", "order_number", "order_id", "customer__email"
        )
    )
    said: dict[int, set[str]] = defaultdict(set)
    entries = CaseEntry.objects.filter(case_id__in=case_ids).exclude(kind="event", message=None)
    for case_id, text, own, subject, name, sender, orders, parcels in entries.values_list(
        "case_id",
        "text",
        "message__own_text",
        "message__subject",
        "message__sender_name",
        "message__sender",
        "message__order_numbers",
        "message__tracking_numbers",
    ):
        found = said[case_id]
        for words in (own if own is not None else text, sender):
            found |= tokens.words(words or "")
        for title in (subject, name):
            found |= tokens.names(title or "")
        found |= tokens.numbers([*(orders or ()), *(parcels or ())])
    orders_of = order_words({row[5] for row in cases if row[5] is not None})
    for pk, account_id, title, name, order_number, order_id, email in cases:
        found = {account_token(account_id)} | said[pk] | tokens.words(email or "")
        titles, known, _ = orders_of.get(order_id, ((), (), ""))
        for text in (title, name, *titles):
            found |= tokens.names(text)
        found |= tokens.numbers([order_number, *known])
        yield pk, account_id, found


def _write(case_id: int, account_id: int, fresh: set[str], *, opened: bool, news: bool, anew: bool) -> None:
    fresh.discard("")
    if connection.vendor == "sqlite":
        _write_sqlite(case_id, account_id, fresh, opened=opened, news=news, anew=anew)
    else:
        _write_postgres(case_id, account_id, _capped(fresh, set()), news=news, anew=anew)


def _capped(fresh: set[str], standing: set[str]) -> list[str]:
    """Both, at most MAX_TOKENS: what stands stays, the account's token always."""
    everything = fresh | standing
    if len(everything) <= MAX_TOKENS:
        return list(everything)
    kept = sorted(standing) or sorted(token for token in fresh if token.startswith("§"))
    return (kept + sorted(fresh - set(kept)))[:MAX_TOKENS]


def _write_sqlite(
    case_id: int, account_id: int, fresh: set[str], *, opened: bool, news: bool, anew: bool
) -> None:
    with connection.cursor() as cursor:
        standing = None
        if not opened:
            cursor.execute(f"SELECT rank, tokens FROM {_TABLE} WHERE case_id = %s", [case_id])  # noqa: S608
            standing = cursor.fetchone()
        known = set() if standing is None else set(standing[1].split(" "))
        if standing is not None and not news and (fresh == known if anew else fresh <= known):
            return
        text = " ".join(_capped(fresh, set() if anew else known))
        if standing is not None:
            _drop(cursor, *standing)
        if standing is not None and not news:
            rank = standing[0]
            cursor.execute(f"UPDATE {_TABLE} SET tokens = %s WHERE rank = %s", [text, rank])  # noqa: S608
        else:
            cursor.execute(
                f"INSERT OR REPLACE INTO {_TABLE} (case_id, account_id, tokens) VALUES (%s, %s, %s)",  # noqa: S608
                [case_id, account_id, text],
            )
            rank = cursor.lastrowid
        cursor.execute(f"INSERT INTO {_FTS} (rowid, t) VALUES (%s, %s)", [rank, _sharded(rank, text)])  # noqa: S608


def _drop(cursor: CursorWrapper, rank: int, text: str) -> None:
    cursor.execute(
        f"INSERT INTO {_FTS} ({_FTS}, rowid, t) VALUES ('delete', %s, %s)",  # noqa: S608
        [rank, _sharded(rank, text)],
    )


def _write_postgres(case_id: int, account_id: int, fresh: list[str], *, news: bool, anew: bool) -> None:
    vector = "excluded.vector" if anew else f"{_TABLE}.vector || excluded.vector"
    if not anew:
        # Beyond the limit nothing is added, as on SQLite; the account's token stands already.
        vector = f"CASE WHEN length({_TABLE}.vector) + length(excluded.vector) > {2 * MAX_TOKENS} THEN {_TABLE}.vector ELSE {vector} END"
    rank = ", rank = excluded.rank" if news else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} (case_id, account_id, tokens, vector)"  # noqa: S608
            " VALUES (%s, %s, '', array_to_tsvector(%s::text[]))"
            f" ON CONFLICT (case_id) DO UPDATE SET vector = {vector}{rank}",
            [case_id, account_id, fresh],
        )


def _letter(shard: int) -> str:
    return chr(FIRST_LETTER + shard % SHARDS)


def _sharded(rank: int, text: str) -> str:
    letter = _letter(rank // SHARD)
    return letter + text.replace(" ", " " + letter)


def _pages(query: Query, accounts: list[int] | None, limit: int, below: int | None) -> list[int]:
    if connection.vendor == "sqlite":
        return _find_sqlite(query, accounts, limit, below)
    return _find_postgres(query, accounts, limit, below)


def _find_sqlite(query: Query, accounts: list[int] | None, limit: int, below: int | None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT MIN(rank) FROM {_TABLE}), (SELECT MAX(rank) FROM {_TABLE})")  # noqa: S608
        lowest, highest = cursor.fetchone()
        if highest is None:
            return []
        span = (lowest, highest + 1 if below is None else below)
        found: dict[int, int] = {}
        for way in query.ways:
            found.update(_way_sqlite(cursor, way, accounts, limit, span))
    return [found[rank] for rank in sorted(found, reverse=True)[:limit]]


def _way_sqlite(
    cursor: CursorWrapper, way: Way, accounts: list[int] | None, limit: int, span: tuple[int, int]
) -> list[tuple[int, int]]:
    """(rank, case), highest first. A rare word beside a common one is looked up first and the others in its
    documents: FTS5 would merge all places of the common one, in every shard."""
    if len(way) > 1:
        for group in sorted(way, key=lambda group: -max(map(len, group[0]))):
            rare = _scan(cursor, (group,), accounts, RARE, span)
            if len(rare) < RARE:
                return _those_with(cursor, way, rare)[:limit]
    return _scan(cursor, way, accounts, limit, span)


def _those_with(cursor: CursorWrapper, way: Way, hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of these documents the ones in which the whole way matches."""
    if not hits:
        return []
    places = ", ".join(["%s"] * len(hits))
    cursor.execute(f"SELECT rank, tokens FROM {_TABLE} WHERE rank IN ({places})", [rank for rank, _ in hits])  # noqa: S608
    texts = {rank: " " + text for rank, text in cursor.fetchall()}
    return [
        hit
        for hit in hits
        if all(any(all(f" {token}" in texts[hit[0]] for token in term) for term in group) for group in way)
    ]


def _scan(
    cursor: CursorWrapper, way: Way, accounts: list[int] | None, limit: int, span: tuple[int, int]
) -> list[tuple[int, int]]:
    """Newest shards first, twice as many each time, until there are enough."""
    lowest, below = span
    found: list[tuple[int, int]] = []
    shard, last, step = (below - 1) // SHARD, lowest // SHARD, 1
    while shard >= last and len(found) < limit:
        until = max(last, shard - step + 1)
        match = " OR ".join(_match(way, accounts, _letter(at)) for at in range(shard, until - 1, -1))
        cursor.execute(
            f"SELECT d.rank, d.case_id FROM {_FTS} f JOIN {_TABLE} d ON d.rank = f.rowid"  # noqa: S608
            f" WHERE {_FTS} MATCH %s AND f.rowid < %s AND f.rowid >= %s ORDER BY f.rowid DESC LIMIT %s",
            [match, below, until * SHARD, limit - len(found)],
        )
        found += cursor.fetchall()
        shard, step = until - 1, min(step * 2, STEP_LIMIT)
    return found


def _match(way: Way, accounts: list[int] | None, letter: str) -> str:
    """One way in FTS5's words, for one shard."""
    text = _render(way, lambda token: f'"{letter}{token}"*', " AND ", " OR ")
    if accounts is None:
        return text
    seen = " OR ".join(f'"{letter}{account_token(pk)}"' for pk in accounts)
    return f"({text} AND ({seen}))"


def _find_postgres(query: Query, accounts: list[int] | None, limit: int, below: int | None) -> list[int]:
    text = " | ".join(_render(way, lambda token: f"'{token}':*", " & ", " | ") for way in query.ways)
    if accounts is not None:
        seen = " | ".join(f"'{account_token(pk)}'" for pk in accounts)
        text = f"({text}) & ({seen})"
    bound = "" if below is None else " AND rank < %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT case_id FROM {_TABLE} WHERE vector @@ %s::tsquery{bound} ORDER BY rank DESC LIMIT %s",  # noqa: S608
            [text, *([] if below is None else [below]), limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _render(way: Way, token: Callable[[str], str], both: str, either: str) -> str:
    groups = []
    for group in way:
        terms = ["(" + both.join(map(token, term)) + ")" for term in group]
        groups.append("(" + either.join(terms) + ")")
    return "(" + both.join(groups) + ")"


def _exact(query: Query, accounts: list[int] | None) -> int | None:
    """The case with just this number, if the user may see it."""
    if query.case_number is None or query.case_number > 2**62:
        return None
    cases = Case.objects.filter(pk=query.case_number)
    if accounts is not None:
        cases = cases.filter(account_id__in=accounts)
    return cases.values_list("pk", flat=True).first()


def _rank(case_id: int) -> int | None:
    return SearchDoc.objects.filter(case_id=case_id).values_list("rank", flat=True).first()
