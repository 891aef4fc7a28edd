"""Move the dates in the sample shop's files from their own present to today's.

A moment keeps its distance to the present; a date without a time, and a moment that is the first or last second of a
day in Berlin (a deadline), moves by whole days. Everything else in a file stays as it was, byte for byte. Pure.
"""

import base64
import binascii
import email
import quopri
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import Message
from email.utils import format_datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
MOVED_YEARS = range(2020, 2040)
"""Other years are not dates of the shop."""
EDGES = (time(0, 0, 0), time(23, 59, 59))

_CLOCK = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?P<second>:[0-5]\d)?"
_ISO = re.compile(
    r"(?P<gmt>_gmt\": ?\")?(?<!\d)(?P<year>20\d\d)-(?P<month>[01]\d)-(?P<day>[0-3]\d)"
    rf"(?:(?P<gap>[T ]){_CLOCK}(?P<part>\.\d+)?(?P<zone>Z|[+-][0-2]\d:?[0-5]\d)?)?(?!\d)"
)
_GERMAN = re.compile(
    r"(?<![\d.])(?P<day>[0-3]\d)\.(?P<month>[01]\d)\.(?P<year>20\d\d)"
    rf"(?:(?P<gap>,? (?:um )?){_CLOCK})?(?!\d)"
)
_MAIL = re.compile(
    r"(?:(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun), )(?P<day>[0-3]?\d) "
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?P<year>20\d\d) "
    rf"{_CLOCK} (?P<zone>[+-]\d{{4}}|GMT)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENCODED_WORD = re.compile(r"=\?([\w-]+)\?[bB]\?([\w+/=]+)\?=")


@dataclass(frozen=True, slots=True)
class Move:
    """From the files' present to now, both aware."""

    anchor: datetime
    now: datetime

    @property
    def days(self) -> int:
        """Calendar days in Berlin between the two."""
        return (self.now.astimezone(BERLIN).date() - self.anchor.astimezone(BERLIN).date()).days

    def day(self, day: date) -> date:
        return day + timedelta(days=self.days)

    def moment(self, moment: datetime) -> datetime:
        """An aware moment, moved; its offset is Berlin's own if it was, else stays as it is."""
        local = moment.astimezone(BERLIN)
        if local.time().replace(microsecond=0) in EDGES:
            moved = datetime.combine(self.day(local.date()), local.timetz(), BERLIN)
        else:
            moved = moment.astimezone(UTC) + (self.now - self.anchor)
        is_local = moment.tzinfo is BERLIN or moment.utcoffset() == local.utcoffset()
        return moved.astimezone(BERLIN if is_local else moment.tzinfo)


def move_file(name: str, body: bytes, move: Move) -> bytes:
    """The same file with its dates moved; a mail also inside its encoded parts."""
    return move_mail(body, move) if name.endswith(".eml") else _move_bytes(body, move)


def move_mail(raw: bytes, move: Move) -> bytes:
    """Encoded text parts are decoded, moved and encoded again in place; all other bytes are moved as they stand."""
    kept: list[bytes] = []
    for part in email.message_from_bytes(raw).walk():
        moved = _moved_part(part, move)
        if moved is not None and moved[0] in raw:
            raw = raw.replace(moved[0], b"\0%d\0" % len(kept), 1)
            kept.append(moved[1])
    raw = _move_bytes(raw, move)
    for number, block in enumerate(kept):
        raw = raw.replace(b"\0%d\0" % number, block)
    return raw


def _moved_part(part: Message, move: Move) -> tuple[bytes, bytes] | None:
    """The encoded block as it stands in the mail, and what takes its place; None for parts that are not encoded."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if part.get_content_maintype() != "text" or encoding not in ("base64", "quoted-printable"):
        return None
    block = str(part.get_payload()).encode("utf-8", "surrogateescape")
    if not block.strip():
        return None
    line_end = b"\r\n" if b"\r\n" in block else b"\n"
    if encoding == "base64":
        try:
            moved = base64.encodebytes(_move_bytes(base64.b64decode(block), move))
        except binascii.Error:
            return None
    else:
        moved = quopri.encodestring(_move_bytes(quopri.decodestring(block), move).replace(b"\r\n", b"\n"))
    moved = moved.replace(b"\n", line_end)
    return block, moved if block.endswith(b"\n") else moved.rstrip(b"\r\n")


def _move_bytes(body: bytes, move: Move) -> bytes:
    # Dates are ASCII in every charset of ours; Latin-1 maps each byte to one character and back.
    text = body.decode("latin-1")
    text = _ENCODED_WORD.sub(lambda found: _encoded_word(found, move), text)
    patterns: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Move], str]], ...] = (
        (_ISO, _iso),
        (_GERMAN, _german),
        (_MAIL, _mail),
    )
    for pattern, moved in patterns:
        text = pattern.sub(lambda found, moved=moved: _or_as_it_was(found, moved, move), text)  # type: ignore[misc]
    return text.encode("latin-1")


def _or_as_it_was(found: re.Match[str], moved: Callable[[re.Match[str], Move], str], move: Move) -> str:
    """What looks like a date but is none (31.02.2026, another year) stays."""
    if int(found["year"]) not in MOVED_YEARS:
        return found.group()
    try:
        return moved(found, move)
    except ValueError:
        return found.group()


def _encoded_word(found: re.Match[str], move: Move) -> str:
    try:
        inner = base64.b64decode(found[2])
    except binascii.Error:
        return found.group()
    moved = _move_bytes(inner, move)
    if moved == inner:
        return found.group()
    return f"=?{found[1]}?B?{base64.b64encode(moved).decode('ascii')}?="


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found["hour"]), int(found["minute"]), int((found["second"] or ":0")[1:])


def _iso(found: re.Match[str], move: Move) -> str:
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    before = found["gmt"] or ""
    if not found["hour"]:
        return before + move.day(day).isoformat()
    written = found["zone"] or ""
    zone = BERLIN if not written and not before else UTC
    if written and written != "Z":
        zone = datetime.strptime(written, "%z").tzinfo  # type: ignore[assignment]
    moved = move.moment(datetime.combine(day, time(*_clock(found)), zone))
    if written and written != "Z":
        offset = moved.strftime("%z")
        written = f"{offset[:3]}:{offset[3:]}" if ":" in written else offset
    clock = moved.strftime("%H:%M:%S" if found["second"] else "%H:%M")
    return f"{before}{moved:%Y-%m-%d}{found['gap']}{clock}{found['part'] or ''}{written}"


def _german(found: re.Match[str], move: Move) -> str:
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    if not found["hour"]:
        return f"{move.day(day):%d.%m.%Y}"
    moved = move.moment(datetime.combine(day, time(*_clock(found)), BERLIN))
    clock = moved.strftime("%H:%M:%S" if found["second"] else "%H:%M")
    return f"{moved:%d.%m.%Y}{found['gap']}{clock}"


def _mail(found: re.Match[str], move: Move) -> str:
    month = _MONTHS.index(found["month"]) + 1
    written = found["zone"]
    zone = UTC if written == "GMT" else datetime.strptime(written, "%z").tzinfo
    clock = time(*_clock(found))
    moved = move.moment(datetime.combine(date(int(found["year"]), month, int(found["day"])), clock, zone))
    return format_datetime(moved.astimezone(UTC), usegmt=True) if written == "GMT" else format_datetime(moved)
