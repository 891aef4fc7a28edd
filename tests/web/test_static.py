"""What the browser gets besides pages: nothing inline, nothing from elsewhere, small."""

import gzip
import re
from pathlib import Path

from kulanz import settings

WEB = Path(settings.SOURCE) / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (WEB / "static/icons.svg").read_text()))


def test_templates_have_nothing_inline_and_stay_short():
    bad = {
        str(path.relative_to(WEB)): found
        for path in TEMPLATES
        if (
            found := re.findall(
                r"""\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\ssrc=)|(?:src|href)=["']https?:""",
                path.read_text(),
            )
        )
    }
    assert bad == {}
    assert [str(p) for p in TEMPLATES if p.read_text().count("\n") > 120] == []


def test_every_icon_named_is_drawn():
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([^"]+)"', path.read_text())}
    assert named - ICONS == set()


def test_own_script_and_first_view_are_small():
    static = WEB / "static"
    assert (static / "kulanz.js").stat().st_size < 15_000
    files = ["vendor/tabler/tabler.min.css", "vendor/inter/inter.css", "kulanz.css", "theme.js", "kulanz.js",
             "vendor/htmx/htmx.min.js", "icons.svg"]  # fmt: skip
    packed = sum(len(gzip.compress((static / name).read_bytes(), 9)) for name in files)
    fonts = sum(p.stat().st_size for p in (static / "vendor/inter/files").iterdir())
    assert packed + fonts < 220_000


def test_style_sheets_load_nothing_from_elsewhere():
    for path in (WEB / "static").rglob("*.css"):
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", path.read_text()) == []


def test_every_class_used_is_defined():
    """Tabler's sheet holds only what was used when it was pruned: run tools/prune_tabler.py for a new class."""
    sheets = "".join(path.read_text() for path in (WEB / "static").rglob("*.css"))
    defined = set(re.findall(r"\.([A-Za-z][\w-]*)", sheets))
    hooks = {"is-copied", "ku-draft--note", "ku-top__day"}
    used: set[str] = set()
    for path in TEMPLATES:
        for words in re.findall(r'class="([^"]*)"', re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text())):
            used.update(word for word in words.split() if not word.endswith("-"))
    assert used - defined - hooks == set()
