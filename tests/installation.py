"""Settings of the test run: an installation of its own in a temporary home, removed at the end.

`KULANZ_TEST_DATABASE=postgresql://user@host:port/name` runs the tests on PostgreSQL; else SQLite in a file.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

HOME_OF_RUN = Path(tempfile.mkdtemp(prefix="kulanz-test-"))
(HOME_OF_RUN / "static").mkdir()  # WhiteNoise warns when it is missing
_OWNER = os.getpid()


def _remove() -> None:
    if os.getpid() == _OWNER:
        shutil.rmtree(HOME_OF_RUN, ignore_errors=True)


atexit.register(_remove)
os.environ["KULANZ_HOME"] = str(HOME_OF_RUN)
os.environ["KULANZ_DATABASE"] = os.environ.get("KULANZ_TEST_DATABASE", "")
for _name in ("KULANZ_HTTPS", "KULANZ_ORIGINS", "KULANZ_HOSTS", "KULANZ_STATIC", "KULANZ_KEY_FILE"):
    os.environ.pop(_name, None)

from kulanz.settings import *  # noqa: E402, F403
from kulanz.settings import DATABASES  # noqa: E402

_database: dict[str, Any] = DATABASES["default"]
if "sqlite3" in _database["ENGINE"]:
    _database["TEST"] = {"NAME": str(HOME_OF_RUN / "test.sqlite3")}
    # A killed process loses nothing without sync, only a power cut would.
    _database["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    _database["TEST"] = {"NAME": f"test_{_database['NAME']}_{os.getpid()}"}
    _database["CONN_MAX_AGE"] = 0

# Argon2 is slow by design; sign-in itself is tested with the real hashers.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
os.environ["DJANGO_SETTINGS_MODULE"] = "kulanz.settings"  # what processes started by tests use
