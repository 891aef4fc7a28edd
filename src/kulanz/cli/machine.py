"""What a machine offers to the tests, and how to add what it lacks."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "Chromium": (("chromium",), "chromium"),
    "Dovecot": (("dovecot",), "dovecot-imapd"),
}
"""What the tests call it -> names of the program, Debian's package."""
POSTGRES_PACKAGE = "postgresql"
POSTGRES_SECONDS = 20.0
TEST_ROLE = "kulanz_test"


@dataclass(frozen=True, slots=True)
class Machine:
    is_root: bool
    is_debian: bool

    @property
    def may_install(self) -> bool:
        return self.is_root and self.is_debian and shutil.which("apt-get") is not None


def this_machine() -> Machine:
    return Machine(os.geteuid() == 0, Path("/etc/debian_version").exists())


def has(program: str) -> bool:
    """Also where only root's path would find it."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def missing_programs() -> dict[str, str]:
    """Name -> Debian package of what the tests use and this machine lacks."""
    return {name: package for name, (names, package) in PROGRAMS.items() if not any(map(has, names))}


def install(packages: Iterable[str]) -> bool:
    """With Debian's own package tool, as root. Whether it worked; its output goes to the terminal."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment)
    wanted = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(wanted, env=environment).returncode == 0


def postgres_answers(host: str = "127.0.0.1", port: int = 5432) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def start_postgres() -> bool:
    """An installed but sleeping server, as root on Debian. Whether it answers then."""
    clusters = sorted(Path("/etc/postgresql").glob("*/main"))
    if not clusters or shutil.which("pg_ctlcluster") is None:
        return False
    version = clusters[-1].parent.name
    subprocess.run(
        ["pg_ctlcluster", "--skip-systemctl-redirect", version, "main", "start"], capture_output=True
    )
    end = time.monotonic() + POSTGRES_SECONDS
    while time.monotonic() < end:
        if postgres_answers():
            return True
        time.sleep(0.3)
    return False


def postgres_address(*, may_make_role: bool) -> str:
    """An address under which tests may make databases; empty when the server lets none of the usual users in."""
    users = dict.fromkeys(("postgres", os.environ.get("USER", ""), TEST_ROLE))
    for user in filter(None, users):
        secret = f":{TEST_ROLE}" if user == TEST_ROLE else ""
        address = f"postgresql://{user}{secret}@127.0.0.1:5432"
        if _lets_in(address):
            return f"{address}/kulanz"
    if may_make_role and _make_role():
        return f"postgresql://{TEST_ROLE}:{TEST_ROLE}@127.0.0.1:5432/kulanz"
    return ""


def _lets_in(address: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(f"{address}/postgres", connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _make_role() -> bool:
    """A role for the tests alone, made by the server's own administrator on this machine."""
    words = f"CREATE ROLE {TEST_ROLE} LOGIN CREATEDB PASSWORD '{TEST_ROLE}'"
    as_admin = ["runuser", "-u", "postgres", "--", "psql", "-q", "-c", words]
    return subprocess.run(as_admin, capture_output=True).returncode == 0
