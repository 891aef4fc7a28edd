"""Kill web and worker with -9 at random instants while mail comes in and replies go out, then count.

    run(kills=15, seed=1, database="", control=False) -> Result

`database` is empty for SQLite or the address of an empty PostgreSQL database. Mail comes from a real Dovecot, where
there is one, else from watched folders; replies are clicked over HTTP and go to a real SMTP server that sometimes
thinks before it answers. `control` runs a worker without its fence, and must break.
"""

import http.client
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from pathlib import Path
from typing import Any

import psycopg

import dovecot
import smtp_server
from kill.watching import Database

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
ACCOUNTS = ("nord", "sued", "west")
LEASE_SECONDS = 2
MAILS_A_SECOND = 12
FOLLOW_UPS = 0.15
"""Part of the mails that answer an earlier one."""
AGENTS = 3
THINKING_SECONDS = 0.25
"""The mail server's pause between keeping a mail and saying so."""
LONGEST_SECONDS = 4.0
"""Between a worker's first sign of life and its death."""
UP_SECONDS = 60
QUIET_SECONDS = 120
CSRF = "a" * 32
_TOKEN = re.compile(rb"kill-token-(\d+)")


@dataclass
class Result:
    """What was counted. `broken` is empty when every promise held."""

    kills: int = 0
    hits: int = 0
    """Kills that left a live lease of running work behind."""
    mails: int = 0
    replies: int = 0
    """Clicked and acknowledged."""
    sent: int = 0
    unclear: int = 0
    withdrawn: int = 0
    sealed: int = 0
    lost: int = 0
    """Mails without an entry, and acknowledged replies that are nowhere."""
    twice: int = 0
    """Replies that went out twice without a person's word."""
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


class Installation:
    """A home of its own, its web and worker, and the means to end them without a word."""

    def __init__(self, home: Path, database: str, *, control: bool) -> None:
        self.home, self.control = home, control
        self.port = smtp_server.free_port()
        self.session = ""
        self.database = Database(database, home)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("KULANZ_", "DJANGO_"))
        }
        self.environment = kept | {
            "PYTHONPATH": str(SOURCE),
            "KULANZ_HOME": str(home),
            "KULANZ_DATABASE": database,
            "KULANZ_LEASE_SECONDS": str(LEASE_SECONDS),
            "KULANZ_UNDO_SECONDS": "0.2",
            "KULANZ_FETCH_SECONDS": "1",
            "KULANZ_LOOK_SECONDS": "1",
            "KULANZ_LOG": "ERROR",
        }
        self.log = (home / "log").open("ab")
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def child(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, str(HERE / "child.py"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return json.loads(done.stdout.splitlines()[-1])

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *command],
            env=self.environment,
            stderr=self.log,
            stdout=self.log,
            start_new_session=True,
        )

    def start_web(self) -> None:
        self.web = self._start("-m", "kulanz.cli", "web", "--ready", "--port", str(self.port))

    def start_worker(self) -> None:
        product = ("-m", "kulanz.cli", "worker", "--ready")
        self.worker = self._start(*((str(HERE / "child.py"), "unfenced") if self.control else product))

    def wait_for_worker(self) -> None:
        """Until the worker that runs now has given a sign of life."""
        assert self.worker is not None
        end = time.monotonic() + UP_SECONDS
        while time.monotonic() < end:
            with suppress(sqlite3.Error, psycopg.Error):
                if self.database.rows(
                    "SELECT 1 FROM kulanz_heartbeat WHERE process LIKE %s", f"%:{self.worker.pid}"
                ):
                    return
            if self.worker.poll() is not None:
                raise RuntimeError("the worker ended by itself:\n" + (self.home / "log").read_text()[-3000:])
            time.sleep(0.02)
        raise RuntimeError("no sign of life from the worker")

    def kill(self, process: "subprocess.Popen[bytes] | None") -> None:
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def end(self) -> None:
        self.kill(self.web)
        self.kill(self.worker)
        self.log.close()

    def post(self, path: str, **form: str) -> str:
        """Where the answer leads; empty when there was none. Raises nothing: the server may die under it."""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": CSRF} | form)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                "POST",
                path,
                body,
                {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Cookie": f"sessionid={self.session}; csrftoken={CSRF}",
                },
            )
            answer = connection.getresponse()
            answer.read()
            return answer.getheader("Location", "") if answer.status == 302 else ""
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            connection.close()


class Feeder(threading.Thread):
    """New mails, as they come: to Dovecot or into watched folders."""

    def __init__(self, seed: int, server: dovecot.Dovecot | None, folder: Path) -> None:
        super().__init__(daemon=True, name="feeder")
        self.random = random.Random(seed)
        self.server, self.folder = server, folder
        self.over = threading.Event()
        self.sent: list[str] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            with ExitStack() as stack:
                clients = {}
                for name in ACCOUNTS if self.server else ():
                    assert self.server is not None
                    clients[name] = stack.enter_context(IMAP4("127.0.0.1", self.server.port))
                    clients[name].login(name, dovecot.PASSWORD)
                while not self.over.wait(self.random.expovariate(MAILS_A_SECOND)):
                    self._one(clients)
        except Exception as error:
            self.failure = error

    def _one(self, clients: dict[str, IMAP4]) -> None:
        number = len(self.sent)
        account = ACCOUNTS[number % len(ACCOUNTS)]
        key = f"<kill-{number}@kunde.example>"
        earlier = number - len(ACCOUNTS) * self.random.randint(1, 20)
        reply = (
            f"In-Reply-To: {self.sent[earlier]}\r\n"
            if earlier >= 0 and self.random.random() < FOLLOW_UPS
            else ""
        )
        sender = earlier if reply else number
        mail = (
            f"Message-ID: {key}\r\nFrom: Kunde {sender} <kunde{sender}@kunde.example>\r\nTo: service@{account}.example\r\n"
            f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n{reply}"
            f"Subject: Frage {sender}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            f"Guten Tag,\r\n\r\nwo ist meine Bestellung? Es ist die {number}. Nachricht.\r\n\r\nViele Grüße\r\n"
        ).encode()
        if clients:
            status, answer = clients[account].append("INBOX", "", "", mail)
            assert status == "OK", answer
        else:
            path = self.folder / account / f"{number}.eml"
            path.with_suffix(".tmp").write_bytes(mail)
            path.with_suffix(".tmp").rename(path)
        self.sent.append(key)


class Agent(threading.Thread):
    """Clicks *Senden* on open cases, one after the other, and remembers what was acknowledged."""

    def __init__(self, seed: int, installation: Installation) -> None:
        super().__init__(daemon=True, name="agent")
        self.random = random.Random(seed)
        self.installation = installation
        self.over = threading.Event()
        self.tried = 0
        self.acknowledged: set[int] = set()
        self.answered: set[int] = set()
        self.choosing = threading.Lock()

    def run(self) -> None:
        """Several click at once: while the worker is dead, work piles up for the next one."""
        threads = [threading.Thread(target=self._click, daemon=True) for _ in range(AGENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _click(self) -> None:
        while not self.over.wait(0.05):
            with suppress(sqlite3.Error, psycopg.Error):
                rows = self.installation.database.rows(
                    "SELECT id FROM kulanz_case WHERE state = 'open' ORDER BY id DESC LIMIT 60"
                )
                with self.choosing:
                    fresh = [pk for (pk,) in rows if pk not in self.answered]
                    if not fresh:
                        continue
                    case_id = self.random.choice(fresh)
                    self.answered.add(case_id)
                    self.tried += 1
                    token = self.tried
                self._answer(case_id, token)

    def _answer(self, case_id: int, token: int) -> None:
        text = f"Guten Tag,\n\nIhr Paket ist unterwegs. kill-token-{token}\n\nViele Grüße"
        where = self.installation.post(f"/faelle/{case_id}/antwort/", text=text, weiter="1")
        if "naechster" in where:
            self.acknowledged.add(token)
        else:
            self.answered.discard(case_id)


@contextmanager
def _world(seed: int, database: str, control: bool) -> Iterator[tuple[Installation, Feeder, Agent, Any]]:
    home = Path(tempfile.mkdtemp(prefix="kk-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        server = stack.enter_context(dovecot.running()) if shutil.which("dovecot") else None
        smtp_port, behaviour = stack.enter_context(smtp_server.running())
        behaviour.answer_seconds = THINKING_SECONDS
        installation = Installation(home, database, control=control)
        stack.callback(installation.end)
        folder = home / "post"
        plan = {
            "accounts": ACCOUNTS,
            "imap_port": server.port if server else 0,
            "smtp_port": smtp_port,
            "password": dovecot.PASSWORD,
            "folder": "" if server else str(folder),
        }
        installation.session = installation.child("prepare", json.dumps(plan))["session"]
        feeder, agent = Feeder(seed, server, folder), Agent(seed + 1, installation)
        try:
            yield installation, feeder, agent, behaviour
        finally:
            for thread in (feeder, agent):
                thread.over.set()
                if thread.ident is not None:
                    thread.join(30)


def run(kills: int, seed: int, database: str = "", control: bool = False) -> Result:
    """The whole test; raises only when the test itself cannot run."""
    began = time.monotonic()
    result = Result(kills=kills)
    chance = random.Random(seed)
    with _world(seed, database, control) as (installation, feeder, agent, behaviour):
        installation.start_web()
        installation.start_worker()
        feeder.start()
        agent.start()
        seen: set[str] = set()
        for _ in range(kills):
            installation.wait_for_worker()
            time.sleep(chance.uniform(0.0, LONGEST_SECONDS))
            installation.kill(installation.worker)
            live = _live_leases(installation.database)
            result.hits += bool(live - seen)
            seen |= live
            installation.start_worker()
            if chance.random() < 0.5:
                installation.kill(installation.web)
                installation.start_web()
        for thread in (agent, feeder):
            thread.over.set()
            thread.join(30)
        if feeder.failure:
            raise feeder.failure
        quiet = _until_quiet(installation, behaviour, result)
        installation.kill(installation.worker)
        _count(installation, feeder, agent, behaviour, result)
        if not quiet:
            result.broken.append(
                f"work was left after {QUIET_SECONDS} s: " + "; ".join(_left(installation.database))
            )
    result.seconds = time.monotonic() - began
    return result


def _live_leases(database: Database) -> set[str]:
    """Fencing tokens of raw records being read, mailboxes being fetched and mails being sent."""
    rows = database.rows(
        "SELECT lease_token FROM kulanz_action WHERE state = 'sending'"
        " UNION SELECT lease_token FROM kulanz_schedule WHERE lease_token <> ''"
        " AND name IN ('intake_slot', 'fetch_mail', 'look_at_folder')"
    )
    return {token for (token,) in rows}


_WAITING = {
    "unread raw records": "SELECT count(*) FROM kulanz_rawrecord WHERE state = 'new'",
    "actions on their way": "SELECT count(*) FROM kulanz_action WHERE state IN ('approved', 'sending')",
    "actions unclear": "SELECT count(*) FROM kulanz_action WHERE state = 'unclear'",
    "actions not settled": "SELECT count(*) FROM kulanz_action WHERE state IN ('done', 'failed') AND NOT settled",
}


def _left(database: Database) -> list[str]:
    counts = {what: database.one(sql) for what, sql in _WAITING.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]


def _until_quiet(installation: Installation, behaviour: smtp_server.Behaviour, result: Result) -> bool:
    """Let everything finish. What is unclear a person decides: he looks whether it arrived, and says so."""
    end = time.monotonic() + QUIET_SECONDS
    calm = 0
    while time.monotonic() < end and calm < 4:
        time.sleep(0.5)
        arrived = set(_message_ids(behaviour))
        unclear = installation.database.rows(
            "SELECT id, external_id FROM kulanz_action WHERE state = 'unclear'"
        )
        for action_id, message_id in unclear:
            what = "gesendet" if message_id in arrived else "noch-einmal"
            installation.post(f"/antworten/{action_id}/{what}/")
        fetched = _mails_missing(installation.database, behaviour)
        calm = 0 if unclear or fetched or _left(installation.database) else calm + 1
    return calm >= 4


def _mails_missing(database: Database, behaviour: smtp_server.Behaviour) -> bool:
    """Whether a mailbox has not been visited since the last look."""
    return bool(
        database.one("SELECT count(*) FROM kulanz_schedule WHERE name = 'fetch_mail' AND last_ok_at IS NULL")
    )


def _message_ids(behaviour: smtp_server.Behaviour) -> list[str]:
    found = []
    for taken in list(behaviour.taken):
        match = re.search(rb"^Message-ID: (\S+)", taken.content, re.MULTILINE)
        found.append(match[1].decode() if match else "")
    return found


def _count(
    installation: Installation,
    feeder: Feeder,
    agent: Agent,
    behaviour: smtp_server.Behaviour,
    result: Result,
) -> None:
    """Every promise, checked from outside."""
    database = installation.database
    result.mails, result.replies, result.sent = (
        len(feeder.sent),
        len(agent.acknowledged),
        len(behaviour.taken),
    )
    entries = Counter(
        dict(
            database.rows(
                "SELECT m.key, count(e.id) FROM kulanz_message m LEFT JOIN kulanz_caseentry e ON e.message_id = m.id"
                " WHERE m.direction = 'in' GROUP BY m.id, m.key"
            )
        )
    )
    gone = [key for key in feeder.sent if key not in entries]
    _blame(result, "mails lost", gone)
    _blame(result, "mails not exactly one entry", [key for key in feeder.sent if entries.get(key, 1) != 1])
    _blame(result, "messages nobody sent", [key for key in entries if key not in set(feeder.sent)])

    actions = database.rows("SELECT id, external_id, state, payload FROM kulanz_action WHERE kind = 'reply'")
    decided = {
        pk
        for (pk,) in database.rows(
            "SELECT DISTINCT a.object_id FROM kulanz_auditentry a JOIN kulanz_auditentry u ON u.object_id = a.object_id"
            " AND u.object_kind = 'action' AND u.verb = 'action.unclear'"
            " WHERE a.object_kind = 'action' AND a.verb = 'action.approve_again'"
        )
    }
    result.unclear = database.one("SELECT count(*) FROM kulanz_auditentry WHERE verb = 'action.unclear'")
    arrived = Counter(_message_ids(behaviour))
    twice, lost, phantom, stuck = [], [], [], []
    tokens: set[int] = set()
    for pk, message_id, state, payload in actions:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        tokens |= {int(found) for found in _TOKEN.findall(text.encode())}
        result.withdrawn += state == "withdrawn"
        if arrived[message_id] > 1 and pk not in decided:
            twice.append(message_id)
        if state not in ("done", "withdrawn"):
            stuck.append(f"{message_id} is {state}")
        if state == "done" and not arrived[message_id]:
            lost.append(message_id)
        if state != "done" and arrived[message_id] and pk not in decided:
            phantom.append(f"{message_id} is {state}")
    _blame(result, "replies sent twice without a person's word", twice)
    _blame(result, "replies that neither left nor were taken back", stuck)
    _blame(result, "replies done but never arrived", lost)
    _blame(result, "replies that arrived but are not done", phantom)
    _blame(result, "clicks acknowledged and lost", sorted(agent.acknowledged - tokens))
    result.lost = len(gone) + len(lost) + len(agent.acknowledged - tokens)
    result.twice = len(twice)
    known = {message_id for _pk, message_id, _state, _payload in actions}
    _blame(result, "mails that no action sent", [found for found in arrived if found not in known])
    out = dict(
        database.rows(
            "SELECT m.key, count(e.id) FROM kulanz_message m LEFT JOIN kulanz_caseentry e ON e.message_id = m.id"
            " WHERE m.direction = 'out' GROUP BY m.id, m.key"
        )
    )
    done = [message_id for _pk, message_id, state, _payload in actions if state == "done"]
    _blame(result, "replies not exactly one entry", [found for found in done if out.get(found) != 1])
    verdict = installation.child("check")
    result.sealed = verdict["sealed"]
    if verdict["broken_at"]:
        result.broken.append(f"the audit chain breaks at {verdict['broken_at']}: {verdict['reason']}")


def _blame(result: Result, what: str, found: Sequence[object]) -> None:
    if found:
        result.broken.append(f"{len(found)} {what}: {', '.join(map(str, found[:5]))}")


if __name__ == "__main__":
    print(
        run(
            int(sys.argv[1]),
            int(sys.argv[2]),
            os.environ.get("KULANZ_KILL_DATABASE", ""),
            control="control" in sys.argv,
        )
    )
