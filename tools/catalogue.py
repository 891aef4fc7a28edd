"""Bring the English catalogue up to date: collect the German texts of the source, keep what is translated, compile.

    python tools/catalogue.py            collects, prints what still wants an English text, compiles
    python tools/catalogue.py --fill F   takes missing ones from F, JSON of {German: English or [singular, plural]}

Needs gettext's xgettext and msgfmt. German is the language of the source and needs no catalogue.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src/kulanz"
FILE = SOURCE / "locale/en/LC_MESSAGES/django.po"


def entries(text: str) -> list[dict[str, str]]:
    """Each entry's msgid, msgid_plural, msgstr, msgstr[0], msgstr[1], and its comments under '#'."""
    found = []
    for block in text.strip().split("\n\n"):
        entry: dict[str, str] = {"#": ""}
        field = ""
        for line in block.split("\n"):
            if line.startswith("#"):
                entry["#"] += line + "\n"
            elif line.startswith('"'):
                entry[field] += json.loads(line)
            elif match := re.match(r"(msgid|msgid_plural|msgstr(?:\[\d\])?) (\".*\")$", line):
                field = match[1]
                entry[field] = json.loads(match[2])
        if "msgid" in entry and not entry["#"].startswith("#~"):
            found.append(entry)
    return found


def missing(found: list[dict[str, str]]) -> list[dict[str, str]]:
    fields = ("msgstr", "msgstr[0]", "msgstr[1]")
    return [e for e in found if "fuzzy" in e["#"] or any(e.get(name) == "" for name in fields)]


def fill(found: list[dict[str, str]], words: dict[str, str | list[str]]) -> None:
    for entry in missing(found):
        english = words.get(entry["msgid"])
        if isinstance(english, str) and "msgstr" in entry:
            entry["msgstr"] = english
        elif isinstance(english, list) and "msgstr[0]" in entry:
            entry["msgstr[0]"], entry["msgstr[1]"] = english
        else:
            continue
        entry["#"] = entry["#"].replace("#, fuzzy\n", "").replace("fuzzy, ", "")


def written(found: list[dict[str, str]]) -> str:
    blocks = []
    for entry in found:
        lines = [
            f"{name} {json.dumps(text, ensure_ascii=False)}" for name, text in entry.items() if name != "#"
        ]
        blocks.append(entry["#"] + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def django(*words: str) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "kulanz.settings", "PYTHONPATH": str(SOURCE.parent)}
    subprocess.run([sys.executable, "-W", "ignore", "-m", "django", *words], cwd=SOURCE, env=env, check=True)


def main() -> None:
    django("makemessages", "-l", "en", "--no-location", "--no-wrap", "--no-obsolete", "-v", "0")
    found = entries(FILE.read_text())
    if "--fill" in sys.argv:
        fill(found, json.loads(Path(sys.argv[-1]).read_text()))
    head = found[0]
    head["#"] = "# English texts of Kulanz. German is the language of the source.\n"
    head["msgstr"] = (
        "Language: en\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    )
    FILE.write_text(written(found))
    django("compilemessages", "-l", "en", "-v", "0")
    for entry in missing(found):
        print("wants English:", json.dumps(entry["msgid"], ensure_ascii=False))


if __name__ == "__main__":
    main()
