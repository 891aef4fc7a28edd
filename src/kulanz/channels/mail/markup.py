"""HTML of mails: made harmless for display, and turned into readable text."""

import html
import re

import nh3

from kulanz.channels.mail.model import MAX_HTML_CHARS, MAX_HTML_DEPTH, MAX_HTML_TAGS

_TAGS = {
    *("a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details"
      " dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p"
      " pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr"
      " tt u ul var wbr").split()
}  # fmt: skip
_TABLE = {"align", "valign", "width", "height", "bgcolor"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "object",
        "iframe",
        "svg",
        "math",
    },
    attributes={
        "*": {"dir", "lang"},
        "a": {"href", "title"},
        "img": {"src", "alt", "width", "height", "title"},
        "table": {*_TABLE, "cellpadding", "cellspacing", "border"},
        "td": {*_TABLE, "colspan", "rowspan"},
        "th": {*_TABLE, "colspan", "rowspan"},
        "tr": _TABLE,
        "font": {"color", "size"},
        "ol": {"start", "type"},
        "blockquote": {"type"},
    },
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
# The cleaner's output is well formed: `<` and `>` stand only around tags, or inside quoted values.
_LINK_OR_PICTURE = re.compile(r'<(a|img)((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')


def clean(source: str) -> tuple[str, bool]:
    """Harmless HTML, and whether it wanted pictures from elsewhere.

    Remote pictures lose their `src` and keep it as `data-src`, pictures of the mail itself as `data-cid`.
    Raises nothing; HTML over MAX_HTML_CHARS is cut, over MAX_HTML_TAGS it is shown as text.
    """
    source = source[:MAX_HTML_CHARS]
    tags = source.count("<")
    if tags > MAX_HTML_TAGS or (tags > MAX_HTML_DEPTH and _depth(source) > MAX_HTML_DEPTH):
        return "<pre>" + html.escape(_without_tags(source)[:MAX_HTML_CHARS]) + "</pre>", False
    cleaned = _CLEANER.clean(source)
    remote = False

    def guarded(tag: re.Match[str]) -> str:
        nonlocal remote
        text, is_remote = _guarded(tag[1], tag[2])
        remote = remote or is_remote
        return text

    if "<a " in cleaned or "<img" in cleaned:
        cleaned = _LINK_OR_PICTURE.sub(guarded, cleaned)
    return cleaned.strip(), remote


def _guarded(tag: str, attributes: str) -> tuple[str, bool]:
    """A link or picture whose address is one we let through."""
    remote = False
    out = [f"<{tag}"]
    for name, value in _ATTRIBUTE.findall(attributes):
        scheme = value[:6].lower()
        if tag == "img" and name == "src":
            if scheme.startswith("http"):
                remote = True
                name = "data-src"
            elif scheme.startswith("cid:"):
                name, value = "data-cid", value[4:]
            elif not value[:11].lower().startswith("data:image/"):
                continue
        elif name == "href" and scheme.startswith(("cid:", "data:")):
            continue
        out.append(f' {name}="{value}"')
    return "".join(out) + ">", remote


_NESTING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_NOT_NESTING = frozenset("br hr img p li td th tr dd dt meta link input col wbr option base area".split())


def _depth(source: str) -> int:
    """How deep the elements stand in each other at most; the cleaner's time grows with its square."""
    depth = deepest = 0
    for closing, name in _NESTING.findall(source):
        if name.lower() in _NOT_NESTING:
            continue
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    return deepest


_ANY_TAG = re.compile(r"<[^<>]*>")


def _without_tags(source: str) -> str:
    return html.unescape(_ANY_TAG.sub(" ", source))


_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset(
    "address article aside blockquote center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr"
    " main nav ol section table tr ul caption summary tbody thead tfoot li".split()
)
_HREF = re.compile(r' href="(https?:[^"]*)"')
_MANY_BREAKS = re.compile(r"\n{3,}")
_MAX_QUOTE_DEPTH = 20
_MAX_LINK_CHARS = 200


def to_text(cleaned: str) -> str:
    """Readable text of HTML that `clean` made: paragraphs, lists, quotes as "> ", targets of links."""
    if "<" not in cleaned:
        return html.unescape(_BLANKS.sub(" ", cleaned)).strip()
    writer = _Writer()
    last = 0
    for token in _TOKEN.finditer(cleaned):
        if token.start() > last:
            writer.text(cleaned[last : token.start()])
        last = token.end()
        writer.tag(token[2], token[1] == "/", token[3])
    writer.text(cleaned[last:])
    return writer.result()


class _Writer:
    """Collects lines of text while the tags go by."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quote = 0
        self.pre = 0
        self.fresh = True
        self.href = ""
        self.link_text: list[str] = []

    def text(self, raw: str) -> None:
        if "&" in raw:
            raw = html.unescape(raw)
        if self.pre:
            first, *rest = raw.split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line(keep_empty=True)
                self.line.append(line)
        else:
            raw = _BLANKS.sub(" ", raw)
            if raw == " " and (not self.line or self.line[-1].endswith(" ")):
                return
            self.line.append(raw)
        if self.href:
            self.link_text.append(raw)

    def tag(self, name: str, closing: bool, attributes: str) -> None:
        if name == "br":
            self.end_line(keep_empty=True)
        elif name == "p":
            self.paragraph()
        elif name == "pre":
            self.end_line()
            self.pre = max(0, self.pre + (-1 if closing else 1))
        elif name in ("td", "th") and closing:
            self.line.append(" ")
        elif name == "a":
            self.link(closing, attributes)
        elif name in _BLOCKS:
            self.end_line()
            if name == "blockquote":
                self.quotation(closing)
            elif name == "li" and not closing:
                self.line.append("- ")
            elif name == "hr":
                self.lines.append(self.prefix() + "_" * 32)
            elif name in ("h1", "h2", "h3", "h4", "ul", "ol", "table"):
                self.paragraph()

    def quotation(self, closing: bool) -> None:
        """A quotation begins and ends with a line of words, not with an empty ">"."""
        if closing:
            while self.lines and self.lines[-1] and not self.lines[-1].strip("> "):
                self.lines.pop()
        self.quote = max(0, self.quote + (-1 if closing else 1))
        self.fresh = not closing

    def link(self, closing: bool, attributes: str) -> None:
        if not closing:
            found = _HREF.search(attributes)
            self.href = html.unescape(found[1]) if found else ""
            self.link_text = []
        elif self.href:
            label = "".join(self.link_text).strip()
            if label and "://" not in label and label not in self.href and len(self.href) <= _MAX_LINK_CHARS:
                self.line.append(f" <{self.href}>")
            self.href = ""

    def prefix(self) -> str:
        return "> " * min(self.quote, _MAX_QUOTE_DEPTH)

    def end_line(self, keep_empty: bool = False) -> None:
        line = "".join(self.line)
        line = line.rstrip() if self.pre else line.strip()
        self.line = []
        if line or keep_empty:
            self.fresh = False
            self.lines.append((self.prefix() + line).rstrip())

    def paragraph(self) -> None:
        self.end_line()
        if self.lines and not self.fresh and self.lines[-1].strip("> "):
            self.lines.append(self.prefix().rstrip())

    def result(self) -> str:
        self.end_line()
        return _MANY_BREAKS.sub("\n\n", "\n".join(self.lines)).strip()
