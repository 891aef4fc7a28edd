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
_FILLER = (
    r"(?:(?:vom|v\.) [0-9]{1,2}\.[0-9]{1,2}\.(?:20[0-9]{2}|[0-9]{2})?[ \t,]{0,3})?\(?"
    r"(?:(?:nr\b\.?|nummer|no\b\.?|number|mit der (?:nummer|nr\.)|lautet|ist|is|id\b)[ \t]{0,3}){0,2}"
)
_NUMBER = (
    r"((?:[A-Za-z]{1,5}[-/]?)?(?:[0-9]{1,3}(?: [0-9]{3}){1,3}(?!\w)|[0-9][0-9A-Za-z]*(?:[-/][0-9][0-9A-Za-z]*){0,3})"
    r"|[A-Za-z][A-Za-z0-9]{6,11})"
)
_AFTER_WORD = re.compile(
    rf"(?<!\w){_WORD}\b\.?[ \t]{{0,3}}{_FILLER}[:#=]{{0,2}}[ \t\n]{{0,3}}[\"„(\[#]?{_NUMBER}"
    r"(?![\w-])(?![.,][0-9])(?! ?(?:€|EUR|Euro|Stück|Stk|St\.|mal\b|x\b|kg\b|Tage|Wochen|Artikel))",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{2}|[0-9]{4})|[0-9]{1,2}[-/](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}(?:[-/][0-9]{1,2}){0,2}"
)
_KAUFLAND = re.compile(r"M[A-Z0-9]{6}")
_OTTO = re.compile(r"(?=.*[0-9].*[0-9])(?=.*[A-Za-z])(?![A-Za-z]{4,9}[0-9]+$)[A-Za-z0-9]{10}")
_SHOP = re.compile(r"(?:[A-Za-z]{1,5}[-/]?)?[0-9]")
_NOT_A_PREFIX = re.compile(
    r"(?:plz|eur|tel|fax|ean|asin|sku|iban|dhl|dpd|gls|ups|ust|de|d)[-/]?[0-9]", re.IGNORECASE
)
_STEMS = ("bestell", "auftrag", "rechnung", "lieferschein", "order", "invoice")
_MIN_DIGITS = 4
_MAX_CHARS = 25


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
    if _DATE.fullmatch(text) or len(number) > _MAX_CHARS or _NOT_A_PREFIX.match(number):
        return ""
    digits = sum(map(str.isdigit, number))
    if _OTTO.fullmatch(number) or (digits and _KAUFLAND.fullmatch(number)):
        return number
    if not _SHOP.match(number):
        return ""
    return number if digits >= _MIN_DIGITS else ""


_TRACKING = re.compile(
    r"(?<![\w/.+-])(?<![0-9] )(?:(?P<dhl>0034(?: ?[0-9]){16})|(?P<jjd>JJD ?[0-9](?: ?[0-9]){9,23})"
    r"|(?P<ups>1Z ?[0-9A-Z](?: ?[0-9A-Z]){14} ?[0-9])|(?P<s10>[A-Z]{2} ?[0-9](?: ?[0-9]){8} ?[A-Z]{2})"
    r"|(?P<hermes>H[0-9]{19})|(?P<dpd>[0-9](?: ?[0-9]){13} ?[A-Z])|(?P<digits>[0-9](?: ?[0-9]){10,15}))(?![\w-])(?! ?[0-9])(?![.,/][0-9])"
)
_LONG_NUMBER = re.compile(r"[0-9](?: ?[0-9]){5}")
_NEAR = 60
_CARRIER_NEAR = {
    11: re.compile(r"\bGLS\b", re.IGNORECASE),
    14: re.compile(r"\b(?:DPD|Hermes)\b", re.IGNORECASE),
    16: re.compile(r"\bHermes\b", re.IGNORECASE),
}
_DHL_NEAR = re.compile(r"\bDHL\b", re.IGNORECASE)
_NOT_A_PARCEL = re.compile(
    r"\b(?:tel(?:efon)?|fon|handy|mobil|fax|iban|konto|karte|kreditkarte|ean|gtin|ust|steuer)\b",
    re.IGNORECASE,
)


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
        case "dpd":
            return _mod37(number)
        case "ups":
            return _ups(number)
        case "s10":
            return _s10(number)
        case _:
            return _is_plain_tracking(number, near)


def _is_plain_tracking(number: str, near: str) -> bool:
    """Bare digits count only with their carrier's name beside them and nothing that speaks of a telephone."""
    if _NOT_A_PARCEL.search(near):
        return False
    if len(number) == 12:
        return bool(_DHL_NEAR.search(near)) and _identcode(number)
    if number.startswith("0") and len(number) == 11:
        return False
    pattern = _CARRIER_NEAR.get(len(number))
    return pattern is not None and bool(pattern.search(near))


def _identcode(number: str) -> bool:
    """DHL's Identcode: weights 4 and 9, modulo 10."""
    total = sum(int(digit) * (9 if place % 2 else 4) for place, digit in enumerate(number[:-1]))
    return (10 - total % 10) % 10 == int(number[-1])


def _mod10(number: str, weight: int) -> bool:
    """The GS1 check digit: weights 3 and 1 from the right."""
    total = sum(
        int(digit) * (weight if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number[:-1]))
    )
    return (10 - total % 10) % 10 == int(number[-1])


def _mod37(number: str) -> bool:
    """DPD's check character behind the 14 digits: ISO 7064, modulo 37 and 36."""
    rest = 36
    for digit in number[:-1]:
        rest = (rest + int(digit) - 1) % 36 + 1
        rest = rest * 2 % 37
    return (37 - rest) % 36 == int(number[-1], 36)


def _ups(number: str) -> bool:
    """UPS: letters count (code - 3) mod 10, every second place double, modulo 10."""
    total = 0
    for place, char in enumerate(number[2:-1]):
        value = int(char) if char.isdigit() else (ord(char) - 3) % 10
        total += value * 2 if place % 2 else value
    return (10 - total % 10) % 10 == int(number[-1])


_S10_COUNTRIES = frozenset(
    """AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH
    CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD GE GH GM GN
    GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA
    LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL
    NO NP NR NZ OM PA PE PG PH PK PL PT PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS
    ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW""".split()
)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def _s10(number: str) -> bool:
    """UPU standard S10: weighted sum modulo 11, a member country at the end."""
    if number[-2:] not in _S10_COUNTRIES:
        return False
    rest = (
        11 - sum(int(digit) * weight for digit, weight in zip(number[2:10], _S10_WEIGHTS, strict=True)) % 11
    )
    return {10: 0, 11: 5}.get(rest, rest) == int(number[10])


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
