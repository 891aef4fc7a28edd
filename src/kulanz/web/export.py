"""Tables as CSV that a German spreadsheet opens by a double click."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

EXPORT_ROWS = 50_000
"""Rows of one file; a spreadsheet opens about a million, a person reads none."""
_DANGEROUS = "=+-@\t\r\n"
_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,15}(,\d{1,4})?")


class _Echo:
    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> str:
    """A value as text. What a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV Injection")."""
    match value:
        case None:
            return ""
        case bool():
            return _("ja") if value else _("nein")
        case datetime():
            return timezone.localtime(value).strftime("%d.%m.%Y %H:%M")
        case date():
            return value.strftime("%d.%m.%Y")
    text = str(value).replace("\x00", "")
    if text and text.lstrip(" ")[:1] in tuple(_DANGEROUS) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def amount(cents: int | None) -> str:
    """`1234,56`: a number to a German spreadsheet, empty for unknown."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{rest:02d}"


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow([cell(name) for name in header])
    for number, row in enumerate(rows):
        if number == EXPORT_ROWS:
            yield writer.writerow(
                [_("Gekürzt: höchstens %(n)s Zeilen je Datei. Bitte filtern.") % {"n": EXPORT_ROWS}]
            )
            return
        yield writer.writerow([cell(value) for value in row])


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """`name` without its ending; UTF-8 with a mark, semicolons, as German Excel and LibreOffice expect."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="kulanz-{name}.csv"'
    return response
