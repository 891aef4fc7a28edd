"""Keep of Tabler's style sheet only what the templates use. Run after an update of Tabler or for a new class of it:

    python tools/prune_tabler.py path/to/@tabler/core/dist/css/tabler.min.css

A rule stays when every class in its selector is used by a template, a form or a script; a variable when a rule that
stays, or our own style sheet, reads it. tests/web/test_static.py finds a class that is used and not defined.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parents[1] / "src/kulanz/web"
TARGET = WEB / "static/vendor/tabler/tabler.min.css"
HEAD = "/*! Tabler v1.6.1 (https://tabler.io), MIT, see LICENSE. Only the rules Kulanz uses: tools/prune_tabler.py */\n"
_CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
_USED_IN_MARKUP = re.compile(r"""class=(["'])(.*?)\1""", re.DOTALL)
_USED_IN_CODE = re.compile(r"""["']class["']\s*:\s*["']([^"']+)["']|classList\.\w+\(["']([\w-]+)["']""")
_VARIABLE = re.compile(r"var\((--[\w-]+)")
_WORD = re.compile(r"[A-Za-z][\w-]*")


def used_classes() -> set[str]:
    used: set[str] = set()
    for path in (*WEB.rglob("*.html"), *WEB.rglob("*.py"), *WEB.glob("static/*.js")):
        text = path.read_text()
        for _quote, words in _USED_IN_MARKUP.findall(text):
            used.update(_WORD.findall(words))
        for first, second in _USED_IN_CODE.findall(text):
            used.update(_WORD.findall(first or second))
    return used


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Top-level `head { body }` pairs; statements without a body (`@charset`) have an empty one."""
    start = place = 0
    while place < len(css):
        char = css[place]
        if char in "\"'":
            place = css.index(char, place + 1)
        elif css.startswith("/*", place):
            end = css.index("*/", place) + 2
            css = css[:place] + css[end:]
            continue
        elif char == ";":
            yield css[start : place + 1], ""
            start = place + 1
        elif char == "{":
            end = _closing(css, place)
            yield css[start:place], css[place + 1 : end]
            start = place = end + 1
            continue
        place += 1


def _closing(css: str, place: int) -> int:
    depth = 0
    while True:
        char = css[place]
        if char in "\"'":
            place = css.index(char, place + 1)
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return place
        place += 1


def split_selectors(head: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, char in enumerate(head):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(head[start:place])
            start = place + 1
    return [*parts, head[start:]]


def pruned(css: str, used: set[str]) -> str:
    kept = []
    for head, body in blocks(css):
        head = head.strip()
        if head.startswith(("@media", "@supports", "@layer")):
            if inner := pruned(body, used):
                kept.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            continue  # fonts, key frames, print: none of it is used
        else:
            selectors = [s for s in split_selectors(head) if set(_CLASS.findall(s)) <= used]
            if selectors and body:
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def without_unread_variables(css: str, also_read: str) -> str:
    while True:
        read = set(_VARIABLE.findall(css)) | set(_VARIABLE.findall(also_read))
        smaller = re.sub(
            r"(--[\w-]+):((?:[^;{}\"']|\"[^\"]*\"|'[^']*')*);?",
            lambda found, read=read: found[0] if found[1] in read else "",
            css,
        )
        smaller = re.sub(r"[^{}]+\{\}", "", smaller)
        if smaller == css:
            return css
        css = smaller


def main() -> None:
    full = Path(sys.argv[1]).read_text()
    own = "".join(p.read_text() for p in (WEB / "static").glob("*.css"))
    kept = without_unread_variables(pruned(full, used_classes()), own)
    kept = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", kept)
    TARGET.write_text(HEAD + kept + "\n")


if __name__ == "__main__":
    main()
