"""A private Dovecot for tests: a real IMAP server on a free port, with users of its own, run by the current user."""

import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path

from smtp_server import PASSWORD, free_port

START_SECONDS = 15

_CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {internal_group}
mail_location = maildir:{root}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Every user name signs in with PASSWORD and has an empty mailbox with a folder Sent."""

    port: int
    root: Path
    pid: int

    def append(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        with IMAP4("127.0.0.1", self.port) as client:
            client.login(user, PASSWORD)
            for mail in mails:
                status, answer = client.append(folder, "", "", mail)
                assert status == "OK", answer

    def flags(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Flags of every mail, as another client sees them."""
        with IMAP4("127.0.0.1", self.port) as client:
            client.login(user, PASSWORD)
            client.select(folder, readonly=True)
            found = client.fetch("1:*", "(FLAGS)")[1]
            return [line for line in found if isinstance(line, bytes)]

    def renumber(self, user: str) -> None:
        """Give INBOX a new UIDVALIDITY: the server forgets how it numbered the mails."""
        for path in (self.root / "mail" / user).glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # the new UIDVALIDITY is the time in seconds


@contextmanager
def running(port: int = 0) -> Iterator[Dovecot]:
    root = Path(tempfile.mkdtemp(prefix="kd-"))
    root.chmod(0o755)
    port = port or free_port()
    root_user = os.getuid() == 0
    me = pwd.getpwnam("nobody") if root_user else pwd.getpwuid(os.getuid())
    (root / "mail").mkdir()
    if root_user:
        shutil.chown(root / "mail", me.pw_uid, me.pw_gid)
    name = getpass.getuser()
    config = root / "conf"
    config.write_text(
        _CONFIG.format(
            root=root,
            port=port,
            password=PASSWORD,
            uid=me.pw_uid,
            gid=me.pw_gid,
            login="dovenull" if root_user else name,
            internal="dovecot" if root_user else name,
            internal_group="dovecot" if root_user else grp.getgrgid(me.pw_gid).gr_name,
        )
    )
    process = subprocess.Popen([shutil.which("dovecot") or "dovecot", "-F", "-c", str(config)])
    try:
        _wait(port, process, root / "log")
        yield Dovecot(port, root, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                if sock.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("Dovecot did not start: " + (log.read_text() if log.exists() else ""))
