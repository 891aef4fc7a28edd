"""The audit page speaks of every deed in words."""

import re
from pathlib import Path

from kulanz import settings
from kulanz.web.verb_names import verb_name

SOURCE = Path(settings.SOURCE)


def test_every_deed_that_is_recorded_has_words():
    """Recorded by a literal `what=`; verbs of cases and of actions are named `case.…` and `action.…` where they are done."""
    written = {
        verb
        for room in ("cases", "outbox", "people", "intake", "channels", "replies", "facts", "flow")
        for path in (SOURCE / room).rglob("*.py")
        for verb in re.findall(
            r"""what="([a-z_.]+)"|"((?:case|action|draft|claim)\.[a-z_]+)\"""",
            path.read_text(encoding="utf-8"),
        )
    }
    verbs = {name for pair in written for name in pair if name}
    assert len(verbs) > 30
    assert sorted(verb for verb in verbs if verb_name(verb) == verb) == []
