"""The static files of a home: compressed and named by their content once, until a release changes them."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from kulanz.cli.show import say


def digest() -> str:
    """Over the names and contents of every static file of this release."""
    total = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
            total.update(f"{path.relative_to(folder)}\n".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def collect() -> bool:
    """Fill STATIC_ROOT unless it already holds exactly these files. Returns whether it did anything."""
    root = Path(settings.STATIC_ROOT)
    marker = root / ".digest"
    present = digest()
    if marker.exists() and marker.read_text() == present:
        return False
    say("Seiten vorbereiten …")
    root.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    # Old files stay beside the new ones: a page that is open somewhere still asks for them.
    call_command("collectstatic", verbosity=0, interactive=False)
    marker.write_text(present)
    return True
