"""What each line of a mail's text is: own words, quotation, the line that announces one, a signature.

Every pattern works on one line, or a few joined ones, of at most MAX_LINE_CHARS, so hostile text stays cheap.
"""

import re

MAX_LINE_CHARS = 400
"""Announcing lines are shorter; a longer line is text (or a quotation by its first character)."""

TEXT = "t"
EMPTY = "e"
QUOTE = "q"
ANNOUNCE = "a"  # "Am 12.11.2026 um 10:03 schrieb Max Muster <max@example.de>:"
ORIGINAL = "o"  # "-----Ursprüngliche Nachricht-----"
HEADER = "h"  # a block of "Von: / Gesendet: / An: / Betreff:"
DEVICE = "s"  # "Von meinem iPhone gesendet"
SIGNATURE = "d"  # "-- "
RULER = "r"  # "________________"

_VERBS = (
    r"(?:wrote|writes|schrieb(?:en)?|a écrit|ha scritto|escribió|escreveu|schreef|geschreven|skrev|napisał(?:\(a\)|a)?"
    r"|kirjoitti|írta|пишет|написал(?:\(а\)|а)?|пише|写道)"
)
_MAIL = r"<\s?[^<>\s]{1,200}@[^<>]{1,200}>{1,2}"
_START_WORD = r"(?:On|Am|At|Le|El|Il|In data|Op|Em|Den|Dne|W dniu|Dnia|在|\d{1,4}[.:/ -]|\w{2,12}[.,]{0,2} \d{1,2}[., ])"
_ANNOUNCES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?!.*\b(?:schrieb (?:mir|uns|ich|er|sie|man)|I wrote)\b){_START_WORD}(?=.*\d).*?\b{_VERBS}(?!\w).{{0,160}}[:：]\*?",
        rf".{{0,160}}{_MAIL}.{{0,40}}?\b{_VERBS}(?!\w).{{0,80}}:",
        r"(?!.*\b(?:ich|wir|er|sie|mir|uns)\b).{1,80} schrieb am .{0,20}\d.{0,50}:",
        r"-{2,} ?On .{5,300} wrote ?-{2,}",
        rf"(?=.{{0,200}}\d[:.]\d\d).{{0,200}}{_MAIL}\s?:",
        rf"\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}} .{{0,160}}{_MAIL}:?",
        r"\d{4}-\d\d-\d\d \d\d:\d\d GMT[+-]\d\d:\d\d .{1,80}",
        rf"On .{{0,200}}\d{{4}} .{{0,200}}{_MAIL} wrote",
        r"Am .{5,120} hat .{1,200} Folgendes geschrieben:",
        rf"Am .{{5,120}} hat .{{1,100}}{_MAIL} geschrieben:",
        r".{1,60} пользователь .{1,100} написал(?:\(а\))?:",
    )
)
_MAY_ANNOUNCE = re.compile(
    rf"\s*(?:{_START_WORD}|-{{2,}} ?On\b|[^<]{{0,160}}<|.{{1,80}}\b(?:schrieb am|wrote|пользователь)\b)",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:On|Am|Le|El|Il|Op|Em) .{0,40}\d{4}.{0,20}\d[:.]\d\d", re.IGNORECASE)
_MAX_JOINED = 4
_WRAPPED = 60
"""A quoted line at least this long may have been broken by the mailer."""

_ORIGINAL_WORDS = (
    r"(?:original[- ]?(?:message|nachricht|mail)|ursprüngliche (?:nachricht|e-?mail|mail)|weitergeleitete (?:nachricht|e-?mail|mail)"
    r"|forwarded message|message d['’]origine|message transféré|messaggio (?:originale|inoltrato)|mensaje (?:original|reenviado)"
    r"|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht|oprindelig besked|ursprungligt meddelande"
    r"|opprinnelig melding|wiadomość oryginalna|исходное сообщение)"
)
_ORIGINAL = re.compile(
    rf"[\s*>]*(?:[-_=]{{2,}}\s*{_ORIGINAL_WORDS}\s*:?\s*[-_=]{{0,60}}\*?"
    r"|(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-?Mail)|Beginn der weitergeleiteten (?:Nachricht|E-?Mail)) ?:)\s*",
    re.IGNORECASE,
)
_BARE_ORIGINAL = re.compile(rf"[\s*]*{_ORIGINAL_WORDS}\s?:?[\s*]*", re.IGNORECASE)

_HEADER_WORDS = {
    word: kind
    for kind, words in {
        "from": "von|from|de|da|van|fra|från|od|absender",
        "date": "gesendet|gesendet am|date|sent|datum|envoyé|envoyé le|verzonden|inviato|enviado|enviado el|skickat|dato"
        "|data|fecha|sendt|wysłano|message du",
        "to": "an|to|à|a|aan|para|till|til|do|empfänger",
        "subject": "betreff|subject|objet|oggetto|asunto|onderwerp|ämne|emne|assunto|sujet|temat",
        "other": "cc|kopie|copie à|reply-to|risposta|antwort an|antwort-an|priorität|wichtigkeit|importance|bcc",
    }.items()
    for word in words.split("|")
}
_HEADER = re.compile(
    r"[\s*_>]{0,8}([A-Za-zÀ-ÿ]\w{0,11}(?:[- ][A-Za-zÀ-ÿ]\w{0,3})?)[\s\xa0]?[*_]{0,2}[\s\xa0]?:"
)
_MAX_HEADER_GAP = 2
_MIN_HEADER_KINDS = 3
_MAX_HEADER_LINES = 15
_MAX_CANDIDATES = 300
"""Lines of one mail looked at closely as an announcement; no real thread has as many."""

_DEVICE_NAME = (
    r"(?:i-?phone|i-?pad|i-?pod|samsung|galaxy|huawei|xiaomi|android|handy|smartphone|mobil\w*|cell|phone|tablet|blackberry"
    r"|windows|outlook|mail(?:box)?\b|yahoo|typeapp|airmail|pixel|nokia|htc|lg|sony|gerät|app\b|gmx|web\.de|t-online|spark|protonmail|device)"
)
_DEVICE = re.compile(
    rf"\s*[<(*]{{0,3}}(?:"
    rf"(?:sent|gesendet|verschickt|envoyé|verzonden|sendt|skickat|inviato|enviado|wysłano) "
    rf"(?:from|with|via|by|von|mit|über|aus|vom|depuis|à partir de|met|vanaf|fra|från|da|dal|desde|z) (?:\[?[\w.-]+ ){{0,4}}?\[?{_DEVICE_NAME}.{{0,80}}"
    r"|(?:sent from my|gesendet von meinem) (?-i:[A-Z])[\w-]*(?: [\w-]+){0,4}\.?"
    rf"|von (?:meinem|meiner|unserem)? ?(?:[\w.-]+ ){{0,3}}?{_DEVICE_NAME}[\w -]{{0,40}} gesendet\.?"
    rf"|diese (?:e-?mail|nachricht|mail) wurde (?:von|mit|über) .{{0,60}}{_DEVICE_NAME}.{{0,60}}(?:gesendet|verschickt|geschrieben)\.?"
    rf"|get \[?outlook for .{{1,100}}|(?:holen sie sich|hol dir|laden sie) \[?outlook für .{{1,100}}"
    rf"|(?:\w+ )?from (?:my )?(?:mobile|iphone|ipad)(?: \d{{1,2}})?|從我的 .{{1,20}} 傳送"
    r")[>)*]{0,3}\s*",
    re.IGNORECASE,
)  # fmt: skip
_MAX_DEVICE_CHARS = 160
_RULER = re.compile(r"[\s>]*[-_=*#~+–—]{2,}\s*")
_QUOTE = re.compile(r" {0,3}>|\|(?: |$)")
_INITIALS = re.compile(r"([A-Z]{1,3}>)(?: |$)")


_VERB_HINTS = (
    "wrote", "writes", "schrieb", "écrit", "scritto", "escri",
    "escre", "schreef", "geschreven", "skrev", "napisa", "kirjoitti",
    "írta", "пише", "написал", "写道", "gmt",
)  # fmt: skip
_DEVICE_HINTS = (
    "gesendet", "sent ", "outlook", "envoy", "verschickt", "verzonden", "sendt", "skickat", "inviato", "enviado", "wysłano",
    "from", "geschrieben", "傳送",
)  # fmt: skip
_SENDER_LINE = re.compile(
    r"\n[\s*_>]{0,8}(?:von|from|de|da|van|fra|från|od|absender|gesendet|message du|date|sent)\b"
)


def kinds(lines: list[str], lowered: str) -> str:
    """One letter for each line; `lowered` is the whole text in lower case, to see early what cannot be there."""
    device = any(hint in lowered for hint in _DEVICE_HINTS)
    out = [_kind(line, device) for line in lines]
    if QUOTE in out:
        _mark_continued_quotes(lines, out)
    if ("<" in lowered and "@" in lowered) or any(hint in lowered for hint in _VERB_HINTS):
        _mark_announcements(lines, out)
    if _SENDER_LINE.search("\n" + lowered):
        _mark_headers(lines, out)
    return "".join(out)


def _kind(line: str, device: bool) -> str:
    if not line or line.isspace():
        return EMPTY
    if not line[0].isalpha():
        if _QUOTE.match(line):
            return QUOTE
        if line in ("--", "-- "):
            return SIGNATURE
        if len(line) <= MAX_LINE_CHARS:
            if _ORIGINAL.fullmatch(line):
                return ORIGINAL
            if _RULER.fullmatch(line):
                return RULER
    if len(line) > _MAX_DEVICE_CHARS:
        return TEXT
    if device and _DEVICE.fullmatch(line):
        return DEVICE
    if line[0] in "ABab" and _ORIGINAL.fullmatch(line):
        return ORIGINAL
    return RULER if line[0] == "ᐧ" and len(line.rstrip()) == 1 else TEXT


def _mark_announcements(lines: list[str], out: list[str]) -> None:
    number = candidates = 0
    while number < len(lines) and candidates < _MAX_CANDIDATES:
        if out[number] in (TEXT, RULER) and _MAY_ANNOUNCE.match(lines[number][:MAX_LINE_CHARS]):
            candidates += 1
            length = _announcing_lines(lines, number)
            if length:
                out[number : number + length] = ANNOUNCE * length
                number += length
                continue
        number += 1


def _mark_continued_quotes(lines: list[str], out: list[str]) -> None:
    """Quoted lines that a mailer broke without a new ">", and quotes with the writer's initials."""
    for number in range(1, len(lines)):
        if out[number] != TEXT:
            continue
        line, before = lines[number], lines[number - 1]
        initials = _INITIALS.match(line)
        if initials and before.startswith(initials[1]):
            out[number - 1] = out[number] = QUOTE
        elif out[number - 1] == out[min(number + 1, len(out) - 1)] == QUOTE and _is_broken(before, line):
            out[number] = QUOTE


def _is_broken(before: str, line: str) -> bool:
    """In the middle of a sentence only: an answer typed right below a quotation must stay."""
    return len(before) >= _WRAPPED and before[-1] not in ".!?:" and line[0].islower()


def _announcing_lines(lines: list[str], number: int) -> int:
    """How many lines from here announce a quotation, 0 when none do."""
    joined = first = lines[number].strip()
    blanks_allowed = 2 if _DATED.match(first) else 0
    count = 1
    pieces = 1
    while True:
        if len(joined) <= MAX_LINE_CHARS and any(pattern.fullmatch(joined) for pattern in _ANNOUNCES):
            return count
        if pieces >= _MAX_JOINED or number + count >= len(lines) or len(joined) > MAX_LINE_CHARS:
            return 0
        following = lines[number + count].strip()
        count += 1
        if not following:
            blanks_allowed -= 1
            if blanks_allowed < 0:
                return 0
            continue
        joined += " " + following
        pieces += 1


def _mark_headers(lines: list[str], out: list[str]) -> None:
    """Blocks of at least three kinds of header lines, the sender among them; folded lines belong to it."""
    number = 0
    while number < len(lines):
        if out[number] == TEXT and _header_kind(lines[number]) in ("from", "date"):
            end, found = _header_block(lines, out, number)
            after_original = number > 0 and ORIGINAL in out[max(0, number - 2) : number]
            if "from" in found and len(found - {"other"}) >= (2 if after_original else _MIN_HEADER_KINDS):
                out[number:end] = HEADER * (end - number)
                before = number - 1
                while before >= 0 and out[before] == EMPTY:
                    before -= 1
                if (
                    before >= 0
                    and out[before] == TEXT
                    and _BARE_ORIGINAL.fullmatch(lines[before][:MAX_LINE_CHARS])
                ):
                    out[before] = ORIGINAL
                number = end
                continue
        number += 1


def _header_block(lines: list[str], out: list[str], start: int) -> tuple[int, set[str]]:
    found: set[str] = set()
    end = number = start
    gap = 0
    while number < min(len(lines), start + _MAX_HEADER_LINES) and gap <= _MAX_HEADER_GAP:
        kind = _header_kind(lines[number]) if out[number] == TEXT else ""
        if kind:
            found.add(kind)
            end = number + 1
            gap = 0
        elif out[number] == EMPTY and len(found) >= _MIN_HEADER_KINDS:
            break
        else:
            gap += 1
        number += 1
    return end, found


def _header_kind(line: str) -> str:
    match = _HEADER.match(line)
    return _HEADER_WORDS.get(match[1].lower(), "") if match else ""
