"""What every page of the desk must hold to, and the list of pages, taken from the URL resolver."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import BrowserContext, Page

from cli.processes import ROOT
from e2e.served import Site, settle

QUERIES = 19
"""Statements of one page at most: under 20, issue 2, "pages"."""
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = (ROOT / "tests/data/axe/axe.min.js").read_text(encoding="utf-8")
_RUN = """axe.run(document, {runOnly: {type: 'tag', values: %s}, resultTypes: ['violations'], preload: false})
    .then(found => found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(
        n => n.target.join(' ') + ' ' + (n.any[0]?.message || '')).join(' | ')))"""

Arguments = Callable[[Site], list[str]]
"""Addresses of one page where the installation has something to show; empty where it has not."""


def each(name: str, sql: str, more: str = "") -> Arguments:
    """One address for each row of the query, its columns being the arguments."""
    return lambda site: [reverse(name, args=row) + more for row in site.rows(sql)]


def plain(name: str, *queries: str) -> Arguments:
    return lambda site: [reverse(name) + query for query in ("", *queries)]


PAGES: dict[str, Arguments] = {
    "home": plain("home"),
    "report_incident": plain("report_incident"),
    "cases": plain("cases", "?meine=1", "?ohne=1"),
    "case_group": lambda site: [
        reverse("case_group", args=[name])
        for name in ("heute", "wochenende", "versaeumt", "danach", "paketdienst", "kunden", "spaeter")
    ],
    "case": lambda site: (
        [
            reverse("case", args=row)
            for kind in ("amazon", "shop")
            for row in site.rows(
                "SELECT c.id FROM kulanz_case c JOIN kulanz_account a ON a.id = c.account_id"
                " WHERE a.channel = ? ORDER BY c.order_id IS NULL, c.id LIMIT 2",
                kind,
            )
        ]
        + [
            reverse("case", args=row)
            for row in site.rows("SELECT subject_id FROM kulanz_action WHERE subject_kind = 'case' LIMIT 1")
        ]
    ),
    "action_new": lambda site: [
        reverse("action_new") + f"?kind={kind}&order={row[0]}"
        for row in site.rows("SELECT id FROM kulanz_order ORDER BY id LIMIT 1")
        for kind in ("refund", "replacement")
    ],
    "approvals": plain("approvals", "?zeige=geld", "?zeige=hand"),
    "approvals_history": plain("approvals_history"),
    "approvals_group": lambda site: [
        reverse("approvals_group", args=[name]) for name in ("vorschlag", "hand", "unklar", "unterwegs")
    ],
    "orders": plain("orders", "?q=k%C3%B6ln"),
    "order": each("order", "SELECT id FROM kulanz_order ORDER BY id LIMIT 2"),
    "search": plain("search", "?q=paket", "?q=gibtesnicht"),
    "settings": plain("settings"),
    "profile": plain("profile"),
    "rules": plain("rules"),
    "rule_edit": lambda site: [reverse("rule_edit", args=["amazon", "answer"])],
    "accounts": plain("accounts"),
    "account_new": plain("account_new"),
    "account_edit": each("account_edit", "SELECT id FROM kulanz_account ORDER BY id LIMIT 1"),
    "mailboxes": plain("mailboxes"),
    "mailbox_new": plain("mailbox_new"),
    "mailbox_edit": each("mailbox_edit", "SELECT id FROM kulanz_mailbox ORDER BY id LIMIT 1"),
    "mailbox_check": each("mailbox_check", "SELECT id FROM kulanz_mailbox ORDER BY id LIMIT 1"),
    "import": plain("import"),
    "import_file": each("import_file", "SELECT id FROM kulanz_upload ORDER BY id LIMIT 2"),
    "folders": plain("folders"),
    "policy": plain("policy"),
    "policy_edit": lambda site: [
        reverse("policy_edit", args=[row[0], "refund"])
        for row in site.rows("SELECT id FROM kulanz_account ORDER BY id LIMIT 1")
    ],
    "users": plain("users"),
    "user_new": plain("user_new"),
    "user_edit": each("user_edit", "SELECT id FROM kulanz_user ORDER BY id LIMIT 1"),
    "roster": plain("roster"),
    "quarantine": plain("quarantine"),
    "quarantine_record": each(
        "quarantine_record", "SELECT id FROM kulanz_rawrecord WHERE state = 'quarantined' ORDER BY id LIMIT 1"
    ),
    "audit": plain("audit", "?wer=olga"),
    "account_logout": plain("account_logout"),
    "account_inactive": plain("account_inactive"),
    "account_change_password": plain("account_change_password"),
    "mfa_index": plain("mfa_index"),
    "mfa_activate_totp": plain("mfa_activate_totp"),
}
"""Pages a person signed in reads. What is missing here and below fails the test of the list."""

ONLY_POSTED = {
    "cases_many",
    "cases_take_back",
    "draft",
    "reply",
    "case_do",
    "reply_back",
    "reply_again",
    "reply_sent",
    "approvals_together",
    "approval_deed",
    "mailbox_sent",
    "mailbox_remove",
    "import_start",
    "folder_remove",
    "halt",
    "resume",
    "user_deed",
    "shift_remove",
    "quarantine_replay_source",
    "quarantine_replay",
    "quarantine_dismiss",
}
"""Deeds: a GET is answered by 405, whatever its arguments."""
NO_PAGE = {
    "next_case": "leads on to a case or to the list",
    "live_lists": "asked by an open page's script; a token, no page",
    "live_case": "asked by an open page's script; a token, no page",
    "mail_html": "a customer's own HTML, shown in a frame of a case; its test is below the walk",
    "attachment": "a download",
    "picture": "a picture",
    "cases_csv": "a download",
    "approvals_export": "a download",
    "orders_export": "a download",
    "rules_export": "a download",
    "accounts_export": "a download",
    "mailboxes_export": "a download",
    "import_export": "a download",
    "folders_export": "a download",
    "policy_export": "a download",
    "users_export": "a download",
    "roster_export": "a download",
    "quarantine_export": "a download",
    "audit_export": "a download",
    "account_login": "for strangers; test_sign_in.py looks at it",
    "account_reauthenticate": "only after a long session, test_sign_in.py",
    "mfa_authenticate": "between password and code, test_sign_in.py",
    "mfa_reauthenticate": "only after a long session with a second factor",
    "mfa_deactivate_totp": "only with a second factor, test_sign_in.py",
    "mfa_view_recovery_codes": "only with a second factor, test_sign_in.py",
    "mfa_generate_recovery_codes": "only with a second factor, test_sign_in.py",
    "mfa_download_recovery_codes": "only with a second factor, a download",
    "account_signup": "does not exist: 404",
    "account_reset_password": "does not exist: 404",
    "account_set_password": "does not exist: 404",
    "account_email": "does not exist: 404",
}
"""GET-able and no page of the walk, with the reason."""


def url_names() -> list[str]:
    """Every name the resolver knows, in its order; the project has one flat list."""
    patterns = get_resolver().url_patterns
    assert all(isinstance(pattern, URLPattern) and pattern.name for pattern in patterns)
    return [pattern.name for pattern in patterns]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one visit of a page found; all but status and title are empty when all is well."""

    status: int
    title: str
    axe_light: list[str]
    """On a desk's screen."""
    axe_dark: list[str]
    """At 360 px."""
    sideways: list[str]
    """Elements that stand out of the page's right edge at 360 px."""
    outside: list[str]
    """Requests that left the host."""
    console: list[str]
    """Errors and warnings, violations of the content policy among them."""


def visit(context: BrowserContext, site: Site, path: str) -> Seen:
    page = context.new_page()
    page.set_viewport_size(DESK)
    outside: list[str] = []
    console: list[str] = []
    page.on("request", lambda request: _note(outside, request.url, site.url))
    page.on("console", lambda told: console.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    try:
        page.emulate_media(color_scheme="light")
        answer = page.goto(path)
        settle(page)
        status, title = answer.status if answer else 0, page.title()
        light = _axe(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE)
        _rest(page)
        return Seen(status, title, light, _axe(page), _sideways(page), outside, console)
    finally:
        page.close()


def _rest(page: Page) -> None:
    """Until colours have stopped fading; what turns for ever is not waited for."""
    page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
            .then(() => Promise.race([
                new Promise(done => setTimeout(done, 1500)),
                Promise.allSettled(document.getAnimations().map(moving => moving.finished)),
            ])).then(() => 0)"""
    )


def _note(outside: list[str], url: str, own: str) -> None:
    if not url.startswith((own + "/", "data:", "about:")):
        outside.append(url)


def _axe(page: Page) -> list[str]:
    """Violations; through the debugger, which the page's content policy does not bind."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("Runtime.evaluate", {"expression": f"window.axe || (() => {{ {AXE} }})()"})
    told: Any = debugger.send(
        "Runtime.evaluate", {"expression": _RUN % RULES, "awaitPromise": True, "returnByValue": True}
    )
    debugger.detach()
    assert "exceptionDetails" not in told, told
    found: list[str] = told["result"]["value"]
    return found


def _sideways(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
            [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map(e => e.tagName + '.' + e.className)"""
    )
    return found
