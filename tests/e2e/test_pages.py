"""Every page, taken from the URL resolver, in three states: empty, the sample shop, twenty thousand cases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from e2e.pages import NO_PAGE, ONLY_POSTED, PAGES, QUERIES, Seen, url_names, visit
from e2e.served import OWNER, Site, copy_of, inside, new_owner, once, serving
from e2e.states import empty, filled, furnish, many

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STATES = ("leer", "beispielshop", "20000")


@dataclass
class Walk:
    """One installation in one state, open in a browser as its owner."""

    site: Site
    context: BrowserContext
    whole: bool
    """Every address of a page; else its first."""

    @cached_property
    def addresses(self) -> dict[str, list[str]]:
        most = None if self.whole else 1
        return {name: addresses(self.site)[:most] for name, addresses in PAGES.items()}

    @cached_property
    def statements(self) -> dict[str, list[int]]:
        paths = [path for found in self.addresses.values() for path in found]
        found: dict[str, list[int]] = inside(
            "queries",
            {"session": self.site.visitor(OWNER).cookie("sessionid"), "paths": paths},
            home=self.site.home,
        )
        return found


@pytest.fixture(scope="module", params=STATES)
def walk(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    home = tmp_path_factory.mktemp("walk") / "home"
    if request.param == "leer":
        empty(home)
    elif request.param == "beispielshop":
        filled(home, request.getfixturevalue("built_demo"))
    else:
        kept = once(request.getfixturevalue("shared"), "many-built", many)
        copy_of(kept, home.parent)
    password = new_owner(home)
    with serving(home, passwords={OWNER: password}, KULANZ_UNDO_SECONDS="0") as site:
        if request.param == "beispielshop":
            furnish(site)
        site.visitor(OWNER).post(
            "/konto/bestaetigen/", {"password": password}
        )  # else it is asked before the app's page
        context = site.context(browser, OWNER)
        yield Walk(site, context, whole=request.param == "beispielshop")
        context.close()


def test_every_address_is_a_page_or_says_why_not() -> None:
    listed = [*PAGES, *ONLY_POSTED, *NO_PAGE]
    assert sorted(url_names()) == sorted(listed)


@pytest.mark.parametrize("name", PAGES)
def test_page(walk: Walk, name: str) -> None:
    """Nothing for axe in light, dark and at 360 px, nothing leaves the host, no complaint, few statements."""
    good = Seen(200, "", [], [], [], [], [])
    found = {}
    for path in walk.addresses[name]:
        seen = visit(walk.context, walk.site, path)
        assert seen.title, path
        found[path] = replace(seen, title="")
    assert found == dict.fromkeys(found, good)
    counted = {path: walk.statements[path] for path in found}
    assert {path: n for path, (status, n) in counted.items() if status != 200 or n > QUERIES} == {}


def test_the_sample_shop_has_an_example_of_every_page(walk: Walk) -> None:
    if walk.whole:
        assert [name for name, paths in walk.addresses.items() if not paths] == []


def test_what_is_not_there_says_so_in_our_look(walk: Walk) -> None:
    for path in ("/faelle/999999999/", "/gibt-es-nicht/"):
        seen = visit(walk.context, walk.site, path)
        assert replace(seen, console=[], title="") == Seen(404, "", [], [], [], [], []), path
        assert [line for line in seen.console if "404" not in line] == []


def test_deeds_are_only_posted(walk: Walk) -> None:
    from django.urls import get_resolver

    olga = walk.site.visitor(OWNER)
    found = {}
    for pattern in get_resolver().url_patterns:
        if pattern.name in ONLY_POSTED:
            path = str(pattern.pattern)
            for argument in ("<int:case_id>", "<int:action_id>", "<int:mailbox_id>", "<int:upload_id>"):
                path = path.replace(argument, "1")
            path = path.replace("<slug:", "<int:")
            while "<int:" in path:
                head, _, rest = path.partition("<int:")
                path = head + "1" + rest.partition(">")[2]
            found[pattern.name] = olga.get("/" + path).status
    assert found == dict.fromkeys(ONLY_POSTED, 405)


def test_the_policy_of_content_is_strict(walk: Walk) -> None:
    answer = walk.site.visitor(OWNER).get("/")
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "manifest-src": "'self'",
    }


def test_a_mail_as_it_was_sent_runs_nothing_and_asks_nobody(walk: Walk) -> None:
    """In its frame: no scripts at all, pictures of others only when asked for."""
    found = walk.site.rows(
        "SELECT e.case_id, m.id FROM kulanz_message m JOIN kulanz_caseentry e ON e.message_id = m.id"
        " WHERE m.has_html ORDER BY m.id LIMIT 1"
    )
    page = walk.context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    for case, message in found:
        page.goto(f"/faelle/{case}/")
        page.locator("details[data-mail] summary").first.click()
        expect(page.frame_locator("iframe").first.locator("body")).not_to_be_empty()
        assert (said, [url for url in asked if not url.startswith(walk.site.url)]) == ([], [])
        policy = walk.site.visitor(OWNER).get(f"/nachricht/{message}/").headers["content-security-policy"]
        assert policy == (
            "default-src 'none'; img-src 'self'; style-src 'self'; frame-ancestors 'self';"
            " sandbox allow-same-origin allow-popups"
        )
    page.close()
