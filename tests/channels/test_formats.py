"""The contract of every file format, run over all that are registered."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.format_samples import DATA, SAMPLES, all_samples, found, record
from kulanz.base.limits import RECORD_BYTES
from kulanz.channels import registry
from kulanz.channels.files.format import MappingNeeded
from kulanz.facts.kinds import KINDS, PARCEL_STATE
from kulanz.facts.models import Parcel
from kulanz.facts.records import Fact, Unreadable

SOURCES = [fmt.source for fmt in registry.formats()]
REFUSED = {"files.table", "products.retrieve-a-product.json", "kein-zugang.xml"}
"""Samples that are recognised so that the refusal can be said in full."""
READABLE = [
    pytest.param(path, id=f"{source}-{path.name}")
    for source, path in all_samples()
    if not {source, path.name} & REFUSED
]


def test_every_registered_format_has_a_sample() -> None:
    assert sorted(SOURCES) == sorted(SAMPLES)


@pytest.mark.parametrize(("source", "path"), all_samples(), ids=lambda value: getattr(value, "name", value))
def test_a_file_is_recognised_by_its_own_format_and_no_other(source: str, path: Path) -> None:
    start = path.read_bytes()[: 64 * 1024]
    claims = [fmt.source for fmt in registry.formats() if fmt.recognises(path.name, start)]
    assert registry.recognise(path.name, start).source == source  # type: ignore[union-attr]
    assert [claim for claim in claims if claim != "files.table"] == [source] * (source != "files.table")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("leer.csv", b""),
        ("brief.eml", b"From: a@example.org\nSubject: 302-1; 2\n\nHallo; Welt\n"),
        ("bild.png", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("brief.txt", b"Sehr geehrte Damen und Herren,\nwo ist mein Paket?\n"),
    ],
)
def test_no_format_claims_what_is_none(source: str, name: str, start: bytes) -> None:
    fmt = next(fmt for fmt in registry.formats() if fmt.source == source)
    assert not fmt.recognises(name, start)


@pytest.mark.parametrize("path", READABLE)
def test_facts_fit_their_columns(path: Path) -> None:
    fmt = found(path)
    opened = fmt.open(path)
    assert opened.source == fmt.source
    for part in opened.parts:
        assert part.error == ""
        for fact in fmt.parse(record(part, opened)):
            assert_fits(fact)


def assert_fits(fact: Fact) -> None:
    assert fact.at is None or (fact.at.tzinfo is UTC and isinstance(fact.at, datetime))
    if fact.kind == PARCEL_STATE:
        model: type[models.Model] = Parcel
        said, key = (
            {"number", "carrier", "state", "state_at", "place"},
            {"number", "carrier", "state", "state_at"},
        )
    else:
        kind = KINDS[fact.kind]
        model = kind.model
        said = {kind.parent.said} if kind.parent else set()
        key = {column for column in kind.key if not column.endswith("_id")}
        key |= {kind.parent.said} if kind.parent and kind.parent.column in kind.key else set()
    columns = {field.name: field for field in model._meta.concrete_fields}
    assert key <= set(fact.values)
    for name, value in fact.values.items():
        assert name in columns or name in said
        if name in columns:
            assert_holds(columns[name], value)


def assert_holds(column: models.Field[Any, Any], value: Any) -> None:
    if value is None:
        assert column.null
    elif isinstance(column, models.CharField):
        assert isinstance(value, str)
        assert len(value) <= (column.max_length or 0)
        assert "\x00" not in value
    elif isinstance(column, models.DateTimeField):
        assert isinstance(value, datetime)
        assert value.utcoffset() is not None
    elif isinstance(column, models.DateField):
        assert type(value) is date
    elif isinstance(column, models.BooleanField):
        assert isinstance(value, bool)
    else:
        assert type(value) is int
        assert abs(value) < 2**31 or isinstance(column, models.BigIntegerField)


@pytest.mark.parametrize("path", READABLE)
def test_reading_is_pure(path: Path) -> None:
    """The same record gives the same facts, whatever was read in between."""
    fmt = found(path)
    opened = fmt.open(path)
    records = [record(part, opened) for part in opened.parts]
    first = [fmt.parse(one) for one in records]
    assert [fmt.parse(one) for one in reversed(records)] == first[::-1]


@pytest.mark.parametrize("path", READABLE)
def test_records_are_bytes_of_the_file(path: Path) -> None:
    whole = path.read_bytes()
    for part in found(path).open(path).parts:
        assert part.body in whole
        assert whole[: whole.index(part.body)].count(b"\n") + 1 <= (part.line or 0)


@pytest.mark.parametrize(("source", "path"), all_samples(), ids=lambda value: getattr(value, "name", value))
def test_a_file_cut_off_anywhere_is_an_error_for_people_or_fewer_records(source: str, path: Path) -> None:
    whole = path.read_bytes()
    fmt = registry.by_source(source)
    for end in range(0, len(whole), max(1, len(whole) // 80)):
        read_all(fmt.source, whole[:end], path.suffix)


def read_all(source: str, body: bytes, suffix: str) -> int:
    """Records read of a file of any content; nothing but the two errors for people may come out."""
    fmt = registry.by_source(source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"datei{suffix}"
        path.write_bytes(body)
        count = 0
        try:
            opened = fmt.open(path)
            for part in opened.parts:
                assert len(part.body) <= RECORD_BYTES
                if part.error:
                    assert part.error.endswith((".", "…"))
                    continue
                try:
                    for fact in fmt.parse(record(part, opened)):
                        assert_fits(fact)
                    count += 1
                except Unreadable as error:
                    assert str(error)
        except (Unreadable, MappingNeeded) as error:
            assert str(error)
    return count


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "files.table"])
def test_an_empty_file_says_so(source: str, tmp_path: Path) -> None:
    path = tmp_path / "leer.csv"
    path.write_bytes(b"")
    with pytest.raises(Unreadable, match=r"Die Datei ist leer\."):
        registry.by_source(source).open(path)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.integers(0, 12),
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [
                    b'"',
                    b"\t",
                    b";",
                    b"\n",
                    b"\r\n",
                    b"\x00",
                    b"\xff",
                    b"\xe4",
                    b"9" * 400,
                    b"-",
                    b"12,5O",
                    b"{",
                    b"[",
                    b"]",
                    b"<a>",
                    b"&x;",
                    b"null",
                    b"1e999",
                    b"\\ud800",
                ]
            ),
            st.sampled_from(
                ["Jürgen ", "𝄞", "\u2028", "1.234", "31.02.2026", "0001-01-01T00:00:00+14:00"]
            ).map(str.encode),
        ),
    ),
    max_size=6,
)


@pytest.mark.parametrize("path", [p for paths in SAMPLES.values() for p in paths[-1:]], ids=lambda p: p.name)
@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_damaged_files_raise_nothing_else(path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    source = next(source for source, paths in SAMPLES.items() if path in paths)
    body = path.read_bytes()
    for place, removed, added in edits:
        at = place % (len(body) + 1)
        body = body[:at] + added + body[at + removed :]
    read_all(source, body, path.suffix)


LONG = "Ü" * 10_000


@pytest.mark.parametrize(
    ("path", "old"),
    [
        (DATA / "amazon" / "unversandt.txt", "Jörg Größe"),
        (DATA / "woocommerce" / "mit-sendung.json", "Müller"),
    ],
    ids=["amazon", "woocommerce"],
)
def test_a_name_of_ten_thousand_characters_is_cut_to_the_column(path: Path, old: str, tmp_path: Path) -> None:
    charset = "cp1252" if "amazon" in str(path) else "utf-8"
    changed = tmp_path / path.name
    changed.write_bytes(path.read_text(charset).replace(old, LONG).encode(charset))
    fmt = found(changed)
    opened = fmt.open(changed)
    names = [
        fact.values["name"]
        for part in opened.parts
        for fact in fmt.parse(record(part, opened))
        if fact.kind == "customer"
    ]
    assert [len(name) for name in names] == [200]
    assert names[0].endswith("Ü")


@pytest.mark.parametrize(
    "source",
    [source for source in SOURCES if source not in ("files.table", "dhl.tracking", "woocommerce.orders")],
)
def test_a_record_above_the_limit_is_kept_out_by_name(source: str, tmp_path: Path) -> None:
    sample = SAMPLES[source][0]
    head, *_, row = sample.read_bytes().rstrip(b"\r\n").split(b"\n")
    path = tmp_path / sample.name
    path.write_bytes(head + b"\n" + row.rstrip(b"\r") + b" " * (RECORD_BYTES + 10) + b"\n" + row + b"\n")
    fmt = registry.by_source(source)
    parts = list(fmt.open(path).parts)
    assert ("RECORD_BYTES" in parts[0].error, parts[0].line) == (True, 2)
    assert all(len(part.body) <= RECORD_BYTES for part in parts)


def test_a_large_answer_of_a_carrier_or_shop_is_kept_out_by_name(tmp_path: Path) -> None:
    for source in ("dhl.tracking", "woocommerce.orders"):
        sample = (
            SAMPLES[source][-1] if source == "dhl.tracking" else DATA / "woocommerce" / "mit-sendung.json"
        )
        path = tmp_path / sample.name
        body = sample.read_bytes()
        path.write_bytes(body.replace(b"Text", b"T" * RECORD_BYTES).replace(b"deich10", b"d" * RECORD_BYTES))
        errors = [part.error for part in registry.by_source(source).open(path).parts]
        assert ["RECORD_BYTES" in error for error in errors] == [True]
