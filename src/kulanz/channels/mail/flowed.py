"""format=flowed (RFC 3676): soft line breaks undone."""


def unflowed(text: str, delete_space: bool) -> str:
    """Lines ending in a blank are joined with the next of the same quote depth; "-- " stays alone."""
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        if content.startswith(" "):
            content = content[1:]
        if paragraph and (level != depth or content == "-- "):
            out.append(_quoted("".join(paragraph), depth))
            paragraph = []
        depth = level
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if delete_space else content)
            continue
        paragraph.append(content)
        out.append(_quoted("".join(paragraph), depth))
        paragraph = []
    if paragraph:
        out.append(_quoted("".join(paragraph), depth))
    return "\n".join(out)


def _quoted(line: str, depth: int) -> str:
    return ">" * depth + (" " if depth else "") + line
