"""Made-up German mails of a mix as in practice, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from bench.words import ARTICLES, FIRST, LAST, SENTENCES, SUBJECTS

NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""Fixed, so that a seed names the same bytes on every day; always in the past."""


def mails(count: int, seed: int) -> Iterator[bytes]:
    """45 % plain, 30 % alternative, 15 % HTML only, 10 % with 50 KB attached; a fifth are replies."""
    rng = random.Random(seed)
    known: list[tuple[str, str, str]] = []
    for number in range(count):
        mail = EmailMessage()
        reply = bool(known) and rng.random() < 0.2
        message_id = f"<{seed}.{number}.{rng.getrandbits(48):x}@mail.example>"
        if reply:
            before, person, subject = rng.choice(known[-500:])
            mail["In-Reply-To"] = before
            mail["References"] = before
            subject = f"Re: {subject}"
        else:
            name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
            person = f'"{name}" <kunde{rng.randrange(10**9)}@example.org>'
            subject = f"{rng.choice(SUBJECTS)} B-{rng.randrange(100000, 999999)}"
        known.append((message_id, person, subject.removeprefix("Re: ")))
        mail["From"] = person
        mail["To"] = "Kundenservice <service@shop.example>"
        mail["Subject"] = subject
        mail["Message-ID"] = message_id
        mail["Date"] = format_datetime(NEWEST - timedelta(seconds=40 * (count - number)))
        mail["Received"] = (
            "from mx.example.org (mx.example.org [192.0.2.7]) by mail.shop.example with ESMTPS id 4Z; now"
        )
        mail["Authentication-Results"] = "mail.shop.example; spf=pass smtp.mailfrom=example.org; dkim=pass"
        _body(mail, rng, reply)
        yield mail.as_bytes()


def _body(mail: EmailMessage, rng: random.Random, reply: bool) -> None:
    said = " ".join(rng.sample(SENTENCES, rng.randint(3, 8)))
    text = f"Guten Tag,\n\n{said}\nEs geht um: {rng.choice(ARTICLES)}\n\nMit freundlichen Grüßen\n{rng.choice(FIRST)}\n"
    if reply:
        quoted = "\n".join(f"> {s}" for s in rng.sample(SENTENCES, 4))
        text += f"\nAm 18.11.2026 um 10:03 schrieb Kundenservice:\n{quoted}\n"
    html = "<html><body>" + "".join(f"<p>{line}</p>" for line in text.split("\n") if line) + "</body></html>"
    shape = rng.random()
    if shape < 0.45:
        mail.set_content(text)
    elif shape < 0.75:
        mail.set_content(text)
        mail.add_alternative(html, subtype="html")
    elif shape < 0.90:
        mail.set_content(html, subtype="html")
    else:
        mail.set_content(text)
        mail.add_attachment(
            rng.randbytes(50_000), maintype="image", subtype="jpeg", filename="Foto größer.jpg"
        )


def write_mbox(path: Path, count: int, seed: int) -> None:
    with path.open("wb") as file:
        for raw in mails(count, seed):
            file.write(b"From bench@example.org Fri Nov 20 12:00:00 2026\n")
            file.write(raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")
