"""Order numbers and tracking numbers in text. A false hit is worse than a miss.

Tracking formats and check digits: the carriers' rules as collected in tracking_number_data (MIT).
"""

import re

from kulanz.channels.mail.model import MAX_NUMBERS

# Alone unmistakable.
_AMAZON = r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])"
_EBAY = r"(?<![\w-])\d{2}-\d{5}-\d{5}(?![\w-])"
_DOCUMENT = r"(?<![\w-])(?:RE|RG|INV|AU|AB|LS|GS|BE|SO|ORD|WEB|SW|WC)-20\d\d-\d{3,8}(?![\w-])"
_PLAIN_ORDER = re.compile(rf"{_AMAZON}|{_EBAY}|{_DOCUMENT}")

# After a word that says so.
_WORD = (
    r"(?:bestell(?:ung(?:s?nummer|s?nr|s-?id)?|nummer|nr|-nr|-nummer|-id)|auftrag(?:s?-?nummer|s?-?nr)?"
    r"|rechnung(?:s?-?nummer|s?-?nr)?|lieferschein(?:-?nummer|-?nr)?|order(?:[ -]?(?:number|no|id|nr))?|invoice(?:[ -]?(?:number|no))?)"
)
_AFTER_WORD = re.compile(
    rf"(?<!\w){_WORD}\b\.?[ \t]{{0,3}}(?:(?:nr\b\.?|nummer|no\b\.?|number|mit der (?:nummer|nr\.)|lautet|ist|ID)[ \t]{{0,3}}){{0,2}}"
    r"[:#=]{0,2}[ \t\n]{0,3}[\"„(\[#]?"
    r"((?:[A-Za-z]{1,5}[-/ ]?)?\d[\dA-Za-z]*(?:[-/ ]\d[\dA-Za-z]*){0,3}|[A-Za-z][A-Za-z0-9]{6,11})(?![\w])(?![.,]\d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4})|(?:19|20)\d\d(?:[-/]\d{1,2}){0,2}")
_KAUFLAND = re.compile(r"M[A-Z0-9]{6}")
_OTTO = re.compile(r"[A-Za-z0-9]{10}")
_STEMS = ("bestell", "auftrag", "rechnung", "lieferschein", "order", "invoice")
_MIN_DIGITS = 4


def order_numbers(*texts: str) -> tuple[str, ...]:
    """Order, invoice and delivery-note numbers, each once, in their order; inner blanks taken out."""
    found: dict[str, None] = {}
    for text in texts:
        if not _has_digit(text):
            continue
        if "-" in text:
            for match in _PLAIN_ORDER.finditer(text):
                found[match[0]] = None
        for place in _places(text.lower()):
            after = _AFTER_WORD.match(text, place)
            number = _order_number(after[1]) if after else ""
            if number:
                found[number] = None
    return tuple(found)[:MAX_NUMBERS]


def _places(lowered: str) -> list[int]:
    """Where a word that announces a number may begin; a plain search is ten times as fast as the pattern."""
    out = []
    for stem in _STEMS:
        place = lowered.find(stem)
        while place >= 0:
            out.append(place)
            place = lowered.find(stem, place + len(stem))
    return sorted(out)


def _order_number(text: str) -> str:
    """The number as stored, "" when it is a date, a year, an amount or a word."""
    number = text.replace(" ", "")
    digits = sum(map(str.isdigit, number))
    if _DATE.fullmatch(text) or len(number) > 25:
        return ""
    if digits and number[0].isalpha() and (_KAUFLAND.fullmatch(number) or _OTTO.fullmatch(number)):
        return number
    return number if digits >= _MIN_DIGITS else ""


_TRACKING = re.compile(
    r"(?<![\w/.+-])(?:(?P<dhl>0034[0-9](?: ?[0-9]){15})|(?P<jjd>JJD ?[0-9](?: ?[0-9]){9,23})|(?P<ups>1Z ?[0-9A-Z](?: ?[0-9A-Z]){14} ?[0-9])"
    r"|(?P<s10>[A-Z]{2} ?[0-9](?: ?[0-9]){8} ?[A-Z]{2})|(?P<hermes>H[0-9]{19})|(?P<digits>[0-9](?: ?[0-9]){10,15}))(?![\w-])(?![.,/][0-9])"
)
_LONG_NUMBER = re.compile(r"[0-9](?: ?[0-9]){5}")
_NEAR = 60
_DPD = re.compile(r"\bDPD\b", re.IGNORECASE)
_GLS = re.compile(r"\bGLS\b", re.IGNORECASE)
_HERMES = re.compile(r"\bHermes\b", re.IGNORECASE)
_DHL = re.compile(r"\bDHL\b", re.IGNORECASE)


def tracking_numbers(*texts: str) -> tuple[str, ...]:
    """Parcel numbers of German carriers and postal services, each once, without blanks."""
    found: dict[str, None] = {}
    for text in texts:
        if not _LONG_NUMBER.search(text):
            continue
        for match in _TRACKING.finditer(text):
            number = match[0].replace(" ", "")
            near = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
            if _is_tracking(str(match.lastgroup), number, near):
                found[number] = None
    return tuple(found)[:MAX_NUMBERS]


def _is_tracking(form: str, number: str, near: str) -> bool:
    match form:
        case "dhl":
            return _mod10(number, 3)
        case "jjd" | "hermes":
            return True
        case "ups":
            return _ups(number)
        case "s10":
            return _s10(number)
        case _:
            if len(number) == 11:
                return bool(_GLS.search(near))
            if len(number) == 12:
                return bool(_GLS.search(near) or _DHL.search(near))
            if len(number) == 14:
                return bool(_DPD.search(near) or _HERMES.search(near))
            return len(number) == 16 and bool(_HERMES.search(near))


def _mod10(number: str, weight: int) -> bool:
    """The GS1 check digit: weights 3 and 1 from the right."""
    total = sum(
        int(digit) * (weight if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number[:-1]))
    )
    return (10 - total % 10) % 10 == int(number[-1])


def _ups(number: str) -> bool:
    """UPS: letters count (code - 3) mod 10, every second place double, modulo 10."""
    total = 0
    for place, char in enumerate(number[2:-1]):
        value = int(char) if char.isdigit() else (ord(char) - 3) % 10
        total += value * 2 if place % 2 else value
    return (10 - total % 10) % 10 == int(number[-1])


_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def _s10(number: str) -> bool:
    """UPU standard S10: weighted sum modulo 11."""
    rest = (
        11 - sum(int(digit) * weight for digit, weight in zip(number[2:10], _S10_WEIGHTS, strict=True)) % 11
    )
    return {10: 0, 11: 5}.get(rest, rest) == int(number[10])


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
