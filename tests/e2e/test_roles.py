"""What each role may open in the sample shop, and that no link anywhere leads where its reader may not go."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from e2e.pages import PAGES
from e2e.served import OWNER, Site, broken, new_owner, serving
from e2e.states import filled, furnish

pytestmark = pytest.mark.slow
LINKS = 400
"""Followed for one person; the sample shop's lists link to a few hundred."""
FOR_LEADS = set(
    "rules rule_edit accounts account_new account_edit mailboxes mailbox_new mailbox_edit mailbox_check import"
    " import_file folders policy policy_edit users user_new user_edit roster quarantine quarantine_record audit".split()
)
FOR_SERVICE = {"cases", "case_group", "case", "action_new"}
ELSEWHERE = {
    "jonas": {"settings"},
    "lager": {"settings", "home"},
    "buchhaltung": {"settings", "home"},
}
"""Leads on to the page of that name which is theirs: the profile, Freigaben."""
SHUT = {"jonas": FOR_LEADS, "lager": FOR_LEADS | FOR_SERVICE, "buchhaltung": FOR_LEADS | FOR_SERVICE}
ASKS_FIRST = {"mfa_activate_totp"}
"""Who one is, by the password once more."""
RAIL = {
    "jonas": ["/", "/faelle/", "/freigaben/", "/bestellungen/", "/einstellungen/"],
    "lager": ["/freigaben/", "/bestellungen/", "/einstellungen/"],
    "buchhaltung": ["/freigaben/", "/bestellungen/", "/einstellungen/"],
    OWNER: ["/", "/faelle/", "/freigaben/", "/bestellungen/", "/einstellungen/"],
}


@pytest.fixture(scope="module")
def site(
    built_demo: Path, shop_passwords: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("roles") / "home"
    filled(home, built_demo)
    passwords = shop_passwords | {OWNER: new_owner(home)}
    with serving(home, passwords=passwords, KULANZ_UNDO_SECONDS="0") as site:
        furnish(site)
        yield site
        assert broken(site) == ""


@pytest.mark.parametrize("person", SHUT)
def test_each_page_opens_or_is_shut_as_the_role_says(site: Site, person: str) -> None:
    visitor = site.visitor(person)
    found, wanted = {}, {}
    for name, addresses in PAGES.items():
        for path in addresses(site):
            found[path] = visitor.get(path).status
            leads_on = name in ELSEWHERE[person] | ASKS_FIRST
            wanted[path] = 403 if name in SHUT[person] else 302 if leads_on else 200
    assert found == wanted


@pytest.mark.parametrize("person", RAIL)
def test_the_rail_shows_what_is_open(site: Site, person: str) -> None:
    page = site.visitor(person).get("/freigaben/").text
    assert re.findall(r'<a class="ku-nav[^"]*" href="([^"]+)"', page) == RAIL[person]


@pytest.mark.parametrize("person", RAIL)
def test_no_link_leads_to_a_shut_or_missing_page(site: Site, person: str) -> None:
    """From the first page on, every link of every page, up to LINKS of them."""
    visitor = site.visitor(person)
    waiting, met, dead = ["/freigaben/", "/"], {"/freigaben/", "/"}, []
    while waiting:
        path = waiting.pop(0)
        answer = visitor.get(path)
        if answer.status not in (200, 302):
            dead.append((path, answer.status))
        links = [answer.goes_to] if answer.goes_to else _links(answer.text)
        for link in links:
            target = urlsplit(urljoin(path, link))
            address = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc or address in met or len(met) >= LINKS or not address.startswith("/"):
                continue
            met.add(address)
            waiting.append(address)
    assert dead == []
    assert len(met) > 30


def _links(page: str) -> list[str]:
    """Addresses of the page's links that stay on this host."""
    found = re.findall(r'<a\b[^>]*?\shref="([^"#][^"]*)"', page)
    return [link for link in map(unescape, found) if not re.match(r"[a-z]+:", link)]
