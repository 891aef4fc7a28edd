"""The customer's own words apart from what is quoted; when in doubt the words stay."""

from kulanz.channels.mail.lines import (
    ANNOUNCE,
    DEVICE,
    EMPTY,
    HEADER,
    ORIGINAL,
    QUOTE,
    RULER,
    SIGNATURE,
    TEXT,
    kinds,
)

_MAX_SIGNATURE_LINES = 15
_MAX_FOOTER_LINES = 6
_FOOTER_RULER = 20
_MARKS = ANNOUNCE + HEADER + ORIGINAL


def split_quoted(text: str) -> tuple[str, str]:
    """Own words and the rest: quotations, their announcing lines, signatures.

    Every line of the text is in one of the two. Own words are never empty while the text is not.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    marks = kinds(lines, text.lower())
    if not marks.strip(TEXT + EMPTY):
        return _trimmed(lines), ""
    keep = _own_lines(lines, marks)
    own = _trimmed([line for line, kept in zip(lines, keep, strict=True) if kept])
    if not own:
        return _trimmed(lines), ""
    return own, _trimmed([line for line, kept in zip(lines, keep, strict=True) if not kept])


def _trimmed(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()


def _own_lines(lines: list[str], marks: str) -> list[bool]:
    """For each line whether it is the writer's own."""
    keep = [True] * len(lines)
    end = _signature_start(lines, marks)
    start = _skip_top(marks, end, keep)
    end = _cut_at_mark(marks, start, end, keep)
    for number in range(end, len(lines)):
        keep[number] = False
    _strip_end(marks, keep, end)
    return keep


def _signature_start(lines: list[str], marks: str) -> int:
    """Where the signature begins (RFC 3676, 4.3), or the footer of a mailing list; the text's length if nowhere."""
    for number, mark in enumerate(marks):
        if TEXT not in marks[:number]:
            continue
        after = _until_mark(marks, number + 1)
        if mark == SIGNATURE and (lines[number] == "-- " or after.count(TEXT) <= _MAX_SIGNATURE_LINES):
            return number
        if mark == RULER and after.count(TEXT) <= _MAX_FOOTER_LINES and len(after) == len(marks) - number - 1:
            ruler = lines[number].strip()
            if set(ruler) == {"_"} and (
                len(ruler) >= _FOOTER_RULER or _looks_like_footer(lines[number + 1 :])
            ):
                return number
    return len(marks)


def _until_mark(marks: str, start: int) -> str:
    """The marks up to the next quotation."""
    for number in range(start, len(marks)):
        if marks[number] in _MARKS + QUOTE:
            return marks[start:number]
    return marks[start:]


def _looks_like_footer(lines: list[str]) -> bool:
    return any("http" in line or "mailing list" in line or "Mailingliste" in line for line in lines)


def _skip_top(marks: str, end: int, keep: list[bool]) -> int:
    """A mail that begins with an announcement: what follows it is kept, save a quotation with an answer below."""
    first = len(marks[:end]) - len(marks[:end].lstrip(EMPTY + RULER))
    if first >= end or marks[first] not in ANNOUNCE + ORIGINAL:
        return 0
    forwarded = marks[first] == ORIGINAL
    number = first
    while number < end and (
        marks[number] in ANNOUNCE + ORIGINAL + EMPTY or (forwarded and marks[number] == HEADER)
    ):
        number += 1
    quoted_end = number
    while quoted_end < end and marks[quoted_end] in QUOTE + EMPTY:
        quoted_end += 1
    answered = TEXT in marks[quoted_end:end] and QUOTE not in marks[quoted_end:end]
    stop = quoted_end if answered and quoted_end > number else number
    if TEXT not in marks[stop:end]:
        return 0
    for line in range(stop):
        keep[line] = False
    return stop


def _cut_at_mark(marks: str, start: int, end: int, keep: list[bool]) -> int:
    """Where the writer's words end: at the first mark with words before it, unless answers stand between quotes."""
    number = start
    while number < end:
        mark = marks[number]
        if mark in _MARKS + DEVICE and TEXT in marks[start:number]:
            if mark in HEADER + ORIGINAL:
                return number
            after = number + 1
            while after < end and marks[after] in mark + EMPTY:
                after += 1
            if mark == DEVICE:
                if not _has_mark(marks[after:end]):
                    return number
            elif after >= end or marks[after] != QUOTE or not _answered_inside(marks[after:end]):
                return number
            for line in range(number, after):
                keep[line] = keep[line] and marks[line] == EMPTY
            number = after
            continue
        number += 1
    return end


def _has_mark(marks: str) -> bool:
    return any(mark in marks for mark in _MARKS + QUOTE)


def _answered_inside(marks: str) -> bool:
    """Whether words stand after or between the quoted lines."""
    return TEXT in _until_block(marks)


def _until_block(marks: str) -> str:
    """The marks up to the next header block or original-message line: below it nothing is the writer's."""
    for number, mark in enumerate(marks):
        if mark in HEADER + ORIGINAL:
            return marks[:number]
    return marks


def _strip_end(marks: str, keep: list[bool], end: int) -> None:
    """Quotes, device lines and rulers at the very end are not the writer's words."""
    number = end - 1
    while number >= 0 and marks[number] in EMPTY + QUOTE + RULER + DEVICE + SIGNATURE:
        keep[number] = False
        number -= 1
