"""The customer's own words apart from what is quoted; when in doubt the words stay."""

import re


def split_quoted(text: str) -> tuple[str, str]:
    """Own words and quoted text. Own words are never empty while the text is not."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.match(
            r">|-----\s?(Urspr|Original)|Am .{5,200} schrieb .{0,200}:$|On .{5,200} wrote:$|-- $", line
        ):
            own = "\n".join(lines[:number]).strip()
            if own:
                return own, "\n".join(lines[number:]).strip()
    return text.strip(), ""
