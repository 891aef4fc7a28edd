"""The one way in for facts, for one record as for fifty thousand.

Set-based: a look-up, an insert and an update for each kind and each set of columns, whatever the number of rows.
Older never overwrites newer (see merge). Whoever subscribed to changes finds one Change row for each object.
Call inside a transaction, with at most limits.CHUNK_ROWS records.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kulanz.facts import changes, linking
from kulanz.facts.kinds import KINDS, PARCEL_STATE, Kind
from kulanz.facts.merge import Stamp, Standing, merge
from kulanz.facts.plans import Plan, clean_text, plan, text_of_time
from kulanz.facts.records import Delivery, Fact, Ingested, Unreadable

_LOCK = 0x6B756C616E7A
"""Advisory lock of the ingest on PostgreSQL; SQLite has one writer anyway."""
KEY_VALUES = 30_000
"""Values of one look-up. SQLite takes 32,766 unless built otherwise; source: sqlite.org/limits.html, point 9."""


@dataclass(slots=True)
class _Said:
    """When a record was said and received; shared by the facts of one record."""

    stamp: Stamp
    times: tuple[Any, Any]
    raw_id: int | None


_Row = tuple[list[Any], _Said]
_Key = tuple[Any, ...]


def ingest(
    facts: Sequence[Fact],
    *,
    account_id: int,
    source: str,
    source_at: datetime,
    received_at: datetime,
    raw_id: int | None = None,
) -> Ingested:
    """Take in the facts of one record. Raises Unreadable when a fact names a parent nobody knows."""
    return ingest_many(
        [Delivery(facts, source_at, received_at, raw_id)], account_id=account_id, source=source
    )


def ingest_many(deliveries: Iterable[Delivery], *, account_id: int, source: str) -> Ingested:
    """Take in many records of one account and source at once."""
    transaction.get_connection().validate_no_broken_transaction()
    run = _Run(account_id, source)
    run.sort(deliveries)
    one_writer()
    for name in KINDS:
        for said, rows in run.waiting.pop(name, {}).items():
            run.write(plan(name, run.derive(KINDS[name], said, rows), connection.vendor), rows)
    linking.link_orphans(run.result, run.new_parcels)
    for number, carrier, state, at, place in run.parcel_states:
        linking.apply_state(run.result, number, carrier, state, at, place)
    changes.note("order", run.result.orders)
    return run.result


def one_writer() -> None:
    """Until the transaction ends nobody else takes facts in, nor marks anew what is to be read."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class _Run:
    """One call: what waits to be written, by kind and set of columns, and the ids found so far."""

    def __init__(self, account_id: int, source: str) -> None:
        self.account_id = account_id
        self.source = source
        self.result = Ingested()
        self.waiting: dict[str, dict[tuple[str, ...], list[_Row]]] = defaultdict(lambda: defaultdict(list))
        self.parcel_states: list[tuple[str, str, str, datetime, str]] = []
        self.new_parcels: set[str] = set()

    def sort(self, deliveries: Iterable[Delivery]) -> None:
        sqlite = connection.vendor == "sqlite"
        for delivery in deliveries:
            received = text_of_time(delivery.received_at)
            last_at: datetime | None = None
            for kind, values, fact_at in delivery.facts:
                if kind == PARCEL_STATE:
                    self.parcel_states.append(
                        (
                            values["number"],
                            values["carrier"],
                            values["state"],
                            values["state_at"],
                            values.get("place", ""),
                        )
                    )
                    continue
                at = fact_at or delivery.source_at
                if at is not last_at:  # the facts of one record mostly share one time
                    last_at = at
                    stamp = (text_of_time(at), received)
                    said = _Said(stamp, stamp if sqlite else (at, delivery.received_at), delivery.raw_id)
                self.waiting[kind][tuple(values)].append((list(values.values()), said))

    def derive(self, kind: Kind, said: tuple[str, ...], rows: list[_Row]) -> tuple[str, ...]:
        """Add the columns made from what was said, as a name's folded form."""
        for source, made, how in kind.derived:
            if source in said and made not in said:
                at = said.index(source)
                for values, _ in rows:
                    values.append(how(values[at]))
                said = (*said, made)
        return said

    def write(self, p: Plan, rows: list[_Row]) -> None:
        """Insert what is new, merge what is known. A key that comes twice is written in rounds."""
        rows = self._spread(p, rows)
        self._adapt(p, rows)
        ids = self.result.ids[p.kind.name]
        while rows:
            this_round: dict[_Key, _Row] = {}
            later: list[_Row] = []
            for key, row in zip(self._keys(p, rows), rows, strict=True):
                if this_round.setdefault(key, row) is not row:
                    later.append(row)
            known = self._known(p, list(this_round))
            new = {key: row for key, row in this_round.items() if key not in known}
            for key, (row_id, *_) in known.items():
                ids[_called(p.kind, key)] = row_id
            self._insert(p, new)
            self._update(p, [(known[key], row) for key, row in this_round.items() if key in known])
            rows = later

    def _spread(self, p: Plan, rows: list[_Row]) -> list[_Row]:
        """A fact that names a merged order by the ERP's number is one for each of its orders."""
        at = p.parent_at
        if at is None or not (p.kind.parent and p.kind.parent.any_account):
            return rows
        known = self._parents(p, rows)
        unknown = {values[at] for values, _ in rows if values[at] and values[at] not in known}
        merged = linking.merged_orders(unknown) if unknown else {}
        if not merged:
            return rows
        spread: list[_Row] = []
        for values, said in rows:
            for own in merged.get(values[at], [values[at]]):
                spread.append(([*values[:at], own, *values[at + 1 :]], said))
        return spread

    def _keys(self, p: Plan, rows: list[_Row]) -> list[_Key]:
        account = self.account_id
        match p.key_at:
            case (-1, one):
                return [(account, values[one]) for values, _ in rows]
            case (one, two) if one >= 0 and two >= 0:
                return [(values[one], values[two]) for values, _ in rows]
            case (-1, one, two):
                return [(account, values[one], values[two]) for values, _ in rows]
        return [tuple(account if at < 0 else values[at] for at in p.key_at) for values, _ in rows]

    def _adapt(self, p: Plan, rows: list[_Row]) -> None:
        """Replace said values by what the database takes, the parent's name by its id."""
        at = p.parent_at
        parent = p.kind.parent
        parents = self._parents(p, rows) if at is not None else {}
        of_order = bool(parent and parent.kind == "order")
        for values, _ in rows:
            if at is not None:
                parent_id = parents.get(values[at])
                if parent_id is None and parent and parent.required:
                    raise Unreadable(f"{p.kind.name}: {values[at]!r} ist nicht bekannt")
                if of_order and parent_id is not None:
                    self.result.orders.add(parent_id)
            for place, limit in p.texts:
                text = values[place]
                if text and (len(text) > limit or "\x00" in text):
                    values[place] = clean_text(text, limit)
            for place, adapt in p.adapters:
                values[place] = adapt(values[place])
            if at is not None:
                if p.parent_only:
                    del values[at]
                values.append(parent_id)

    def _parents(self, p: Plan, rows: list[_Row]) -> dict[Any, int]:
        parent = p.kind.parent
        assert parent is not None and p.parent_at is not None
        found = self.result.ids[parent.kind]
        missing = {said for row in rows if (said := row[0][p.parent_at]) and said not in found}
        if missing:
            found.update(linking.find_parents(parent, missing, self.account_id))
        return found

    def _known(self, p: Plan, keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Key -> id, version, source time, received time, stamps, and the delivered columns."""
        plus = "+" if connection.vendor == "sqlite" else ""
        # A unary plus keeps SQLite's driver from turning stored text into datetimes.
        columns = ", ".join(
            f'{plus}t."{c}"'
            for c in (*p.kind.key, "id", "version", "source_at", "received_at", "stamps", *p.columns)
        )
        width = len(p.kind.key)
        same = " AND ".join(f't."{c}" = k.column{n}' for n, c in enumerate(p.kind.key, 1))
        found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for some in _batched(keys, KEY_VALUES // width):
            places = ", ".join(["(" + ", ".join(["%s"] * width) + ")"] * len(some))
            # A join, not IN: SQLite would scan the whole table for a row-value IN. CROSS JOIN keeps the keys outside.
            sql = f'SELECT {columns} FROM (VALUES {places}) AS k CROSS JOIN "{p.table}" AS t WHERE {same}'  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(sql, [value for key in some for value in key])
                for row in cursor.fetchall():
                    found[row[:width]] = row[width:]
        if p.kind.name == "order":
            found.update(
                linking.orders_elsewhere(p, [k for k in keys if k not in found], self.account_id, columns)
            )
        return found

    def _insert(self, p: Plan, new: dict[_Key, _Row]) -> None:
        if not new:
            return
        ours = [self.account_id, self.source]
        constants = list(p.constants)
        lists = [
            [row_id, *values, *ours, *said.times, said.raw_id, *constants]
            for row_id, (values, said) in zip(linking.allocate(p.table, len(new)), new.values(), strict=True)
        ]
        linking.insert(p.insert, lists)
        ids = self.result.ids[p.kind.name]
        for key, values in zip(new, lists, strict=True):
            ids[_called(p.kind, key)] = values[0]
        self.result.new[p.kind.name] += len(new)
        if p.kind.name == "order":
            self.result.orders.update(values[0] for values in lists)
        if p.kind.name == "parcel":
            self.new_parcels.update(key[0] for key in new)

    def _update(self, p: Plan, pairs: list[tuple[tuple[Any, ...], _Row]]) -> None:
        batches: dict[tuple[int, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for (row_id, version, source_at, received_at, stamps, *before), (after, said) in pairs:
            old_values, new_values = _comparable(p, before), _comparable(p, after)
            standing = Standing(
                _stamp(source_at, received_at), json.loads(stamps) if stamps else {}, old_values
            )
            merged = merge(standing, p.columns, new_values, said.stamp)
            if not merged.write and merged.stamps == standing.stamps:
                continue
            shown = (self.source, *said.times) if merged.newest else (None, None, None)
            batches[merged.write].append(
                (
                    *(after[at] for at in merged.write),
                    json.dumps(merged.stamps) if merged.stamps else None,
                    version + (1 if merged.write else 0),
                    *shown,
                    row_id,
                )
            )
            if merged.write:
                self.result.changed[p.kind.name] += 1
                if p.kind.name == "order":
                    self.result.orders.add(row_id)
        for write, rows in batches.items():
            sets = "".join(f'"{p.columns[at]}" = %s, ' for at in write)
            sql = (
                f'UPDATE "{p.table}" SET {sets}"stamps" = %s, "version" = %s, "source" = COALESCE(%s, "source"), '  # noqa: S608
                '"source_at" = COALESCE(%s, "source_at"), "received_at" = COALESCE(%s, "received_at") WHERE "id" = %s'
            )
            with connection.cursor() as cursor:
                cursor.executemany(sql, rows)


def _batched(keys: list[_Key], size: int) -> Iterable[list[_Key]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _comparable(p: Plan, values: list[Any]) -> list[Any]:
    """JSON columns by content: PostgreSQL writes them in its own way."""
    if not p.json_at:
        return values
    return [json.loads(v) if at in p.json_at and v is not None else v for at, v in enumerate(values)]


def _stamp(source_at: Any, received_at: Any) -> Stamp:
    if isinstance(source_at, datetime):
        return (text_of_time(source_at), text_of_time(received_at))
    return (source_at, received_at)


def _called(kind: Kind, key: tuple[Any, ...]) -> Any:
    """What other facts call this row: the key without its account or parent."""
    return key[1] if len(key) == 2 else key
