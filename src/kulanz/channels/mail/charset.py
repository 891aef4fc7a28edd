"""Bytes to text: declared charsets, lying ones, unknown ones, broken encoded words."""

import binascii
import codecs
import re
from functools import lru_cache

# Only real character sets. Python's registry also holds zlib, hex, rot13, punycode, unicode_escape:
# a mail naming one of these would unpack a bomb or cost quadratic time.
_CODECS = frozenset(
    """ascii utf-8 utf-8-sig utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be big5 big5hkscs cp037 cp437
    cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932
    cp949 cp950 cp1006 cp1026 cp1125 cp1140 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 euc_jp
    euc_jis_2004 euc_jisx0213 euc_kr gb2312 gbk gb18030 hz iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004
    iso2022_jp_3 iso2022_jp_ext iso2022_kr iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7
    iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 johab koi8-r koi8-t koi8-u
    kz1048 mac-cyrillic mac-greek mac-iceland mac-latin2 mac-roman mac-turkish ptcp154 shift_jis shift_jis_2004
    shift_jisx0213 tis-620""".split()
)
# Names seen in mails which Python does not know. Latin-1 and ASCII are read as Windows-1252, as browsers do
# (WHATWG Encoding Standard).
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-8": "utf-8",
    "x-user-defined": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "ascii",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-windows-1252": "cp1252",
    "ansi_x3.4-1968": "ascii",
    "windows-874": "cp874",
    "ansi": "cp1252",
}

UNKNOWN_CHARSET = "Unbekannter Zeichensatz „{name}“; der Text wurde als {used} gelesen."
WRONG_CHARSET = "Der Text ist nicht wie angegeben in „{name}“ kodiert; er wurde als {used} gelesen."

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)


@lru_cache(maxsize=256)
def codec_of(name: str) -> str:
    """The codec to use for a declared charset, "" when unknown or not a charset."""
    cleaned = name.strip(" \t\r\n\"'").lower()[:60]
    if cleaned in _ALIASES:
        return _ALIASES[cleaned]
    try:
        found = codecs.lookup(cleaned).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return found if found in _CODECS else ""


def decode(raw: bytes, charset: str, warnings: list[str]) -> str:
    """Text of bytes in a declared charset (may be ""); never raises, says in `warnings` what was guessed."""
    if raw.isascii() and b"\x1b" not in raw:
        codec = codec_of(charset) if charset else "ascii"
        if codec in ("ascii", "utf-8", "cp1252", ""):
            if charset and not codec:
                _warn(warnings, UNKNOWN_CHARSET.format(name=charset[:40], used="ASCII"))
            return raw.decode("ascii")
    codec = codec_of(charset) if charset else ""
    if charset and not codec:
        text, used = _guess(raw)
        _warn(warnings, UNKNOWN_CHARSET.format(name=charset[:40], used=used))
        return text
    if codec in ("", "ascii", "cp1252"):
        text, used = _guess(raw)
        if charset and (used == "UTF-8" or codec == "ascii"):
            _warn(warnings, WRONG_CHARSET.format(name=charset[:40], used=used))
        return text
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        text, used = _repair(raw, codec)
        _warn(warnings, WRONG_CHARSET.format(name=charset[:40], used=used))
        return text


def _guess(raw: bytes) -> tuple[str, str]:
    """UTF-8 when it is valid (random Latin-1 hardly ever is), else Windows-1252."""
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _western(raw), "Windows-1252"


def _western(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _repair(raw: bytes, codec: str) -> tuple[str, str]:
    """A few wrong bytes in a declared charset are replaced; a wholly wrong one is guessed."""
    text = raw.decode(codec, errors="replace")
    wrong = text.count("\ufffd")
    foreign = sum(map(text.count, "äöüÄÖÜßé€–’„“")) if codec.startswith("utf-8") else len(text) // 4
    if wrong <= foreign:
        return text, codec
    return _guess(raw)


def _warn(warnings: list[str], text: str) -> None:
    if text not in warnings:
        warnings.append(text)


def without_controls(text: str) -> str:
    """Text without control characters; tabs and line ends stay, line ends become LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def one_line(text: str, limit: int) -> str:
    """Text of a header: one line, no control characters, blanks folded, at most `limit` characters."""
    text = " ".join(_LINE_CONTROL.sub(" ", text[: limit * 4]).split())
    return text[:limit]


# The text of an encoded word may wrongly hold blanks and question marks; 2,000 bounds the work for a
# hostile line full of openings. RFC 2231, 5 allows a language behind the charset.
_WORD = re.compile(
    r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?(.{0,2000}?)\?=(\s*(?==\?))?", re.DOTALL
)
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(text: str, warnings: list[str]) -> str:
    """A header value with its encoded words (RFC 2047) decoded, also split and broken ones."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending = b""
    pending_charset = ""
    last = 0
    for word in _WORD.finditer(text):
        between = text[last : word.start()]
        charset = word[1].lower()
        data = _word_bytes(word[2], word[3])
        if pending and (between or charset != pending_charset):
            out.append(decode(pending, pending_charset, warnings))
            pending = b""
        out.append(between)
        pending += data
        pending_charset = charset
        last = word.end()
    if pending:
        out.append(decode(pending, pending_charset, warnings))
    out.append(text[last:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if encoding in "qQ":
        return _HEX.sub(lambda m: bytes((int(m[1], 16),)), raw.replace(b"_", b" "))
    return base64_lenient(raw)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PADDING = re.compile(rb"=[=\s]*")


def base64_lenient(raw: bytes) -> bytes:
    """Base64 with line breaks, stray characters, missing padding, or several padded pieces in a row."""
    body = raw.rstrip(b"=\r\n\t ")
    if b"=" in body:
        return b"".join(_base64_piece(piece) for piece in _PADDING.split(body))
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        return _base64_piece(body)


def _base64_piece(raw: bytes) -> bytes:
    cleaned = _NOT_BASE64.sub(b"", raw)
    rest = len(cleaned) % 4
    if rest == 1:
        cleaned = cleaned[:-1]
    elif rest:
        cleaned += b"=" * (4 - rest)
    return binascii.a2b_base64(cleaned)
