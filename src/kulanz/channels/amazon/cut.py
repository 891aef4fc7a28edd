"""Cut an order report into orders: the lines of one order, byte for byte, are one record.

Amazon does not quote: a tab always ends a field, a line end always ends a row. So cutting needs no decoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kulanz.base.limits import RECORD_BYTES
from kulanz.channels.contract import Part
from kulanz.channels.textfile import TOO_LONG, Block, Shape, blocks_of_lines

_KEY_BYTES = 60
REST = "rest"
"""Note of a record with further lines of an order whose first lines stood far above in the same file: what is
summed over its lines is not the order's."""


@dataclass(slots=True)
class _Order:
    line: int
    lines: list[bytes] = field(default_factory=list)
    error: str = ""


def orders_of(
    path: Path, shape: Shape, *, header: bytes, number_at: int, needed: int, width: int
) -> Iterator[Part]:
    """`needed` fields make a row readable; the last row, if no line end closes it, needs the header's `width`."""
    given: set[bytes] = set()
    waiting: dict[bytes, _Order] = {}
    last = b""
    for block in blocks_of_lines(path, shape):
        for number, order in waiting.items():
            if number != last:
                yield _part(number, order, given)
        waiting = {last: waiting[last]} if last in waiting else {}
        last = _collect(waiting, block, header, number_at, needed, width) or last
    for number, order in waiting.items():
        yield _part(number, order, given)


def _collect(
    waiting: dict[bytes, _Order], block: Block, header: bytes, number_at: int, needed: int, width: int
) -> bytes:
    """Put each line of the block to its order; returns the last order, which may go on in the next block."""
    last = b""
    tabs = needed - 1
    line_number = block.line - 1
    for line in block.lines:
        line_number += 1
        if not line or line.isspace():
            continue
        number = line.split(b"\t", number_at + 1)[number_at] if line.count(b"\t") >= tabs else b""
        if not number:
            last = _torn(waiting, line, line_number, number_at, needed)
            continue
        order = waiting.get(number)
        if order is None:
            if line.rstrip(b"\r") == header:
                continue
            order = waiting[number] = _Order(line_number)
        order.lines.append(line)
        last = number
    if last and block.too_long:
        waiting[last].error = f"Zeile {line_number}: {TOO_LONG}"
    elif last and not block.ended and waiting[last].lines[-1].count(b"\t") + 1 < width:
        waiting[last].error = f"Zeile {line_number}: Die Datei bricht mitten in der Zeile ab."
    return last


def _torn(waiting: dict[bytes, _Order], line: bytes, at: int, number_at: int, needed: int) -> bytes:
    """A row with too few fields: its order, if it can be told, goes to quarantine as a whole."""
    fields = line.split(b"\t")
    number = fields[number_at] if len(fields) > number_at + 1 else b""
    number = number or b"Zeile %d" % at
    order = waiting.setdefault(number, _Order(at))
    order.lines.append(line)
    if len(fields) >= needed:
        order.error = f"Zeile {at}: Die Bestellnummer fehlt."
    else:
        order.error = f"Zeile {at}: Nur {len(fields)} von mindestens {needed} Feldern."
    return number


def _part(number: bytes, order: _Order, given: set[bytes]) -> Part:
    """The record ends with its last character, not with a line end: the last order of a file may have none."""
    body = b"\n".join(order.lines).removesuffix(b"\r")
    key = number[:_KEY_BYTES].decode("latin-1")
    if len(body) > RECORD_BYTES:
        return Part(key, body[:RECORD_BYTES], order.line, error=f"Zeile {order.line}: {TOO_LONG}")
    note = REST if number in given else ""
    given.add(number)
    return Part(key, body, order.line, note, order.error)
