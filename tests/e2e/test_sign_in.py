"""Signing in: wrong words, too many tries, the second factor, signing out; and nobody learns who works here."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from e2e.pages import Seen, visit
from e2e.served import Site, copy_of, serving
from e2e.visitor import SIGN_IN, Answer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STEP_SECONDS = 30


@pytest.fixture(scope="module")
def site(
    built_demo: Path, shop_passwords: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = copy_of(built_demo, tmp_path_factory.mktemp("signin"))
    with serving(home, command="web", passwords=shop_passwords) as site:
        yield site


@pytest.fixture
def stranger(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.url, locale="de-DE")
    context.set_default_timeout(20_000)
    yield context
    context.close()


def one_time_code(secret: str, at: float) -> str:
    """RFC 6238 with its usual six digits, thirty seconds and SHA-1."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // STEP_SECONDS), sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def fill(page: Page, username: str, password: str) -> None:
    page.get_by_label("Benutzername").fill(username)
    page.get_by_label("Passwort", exact=True).fill(password)
    page.get_by_role("button", name="Anmelden").click()


def told(answer: Answer) -> list[str]:
    """What the page says in its bars."""
    found = re.findall(r'role="alert">.*?<span>(.*?)</span>', answer.text, re.DOTALL)
    return [text.strip() for text in found]


def test_the_page_of_strangers_is_as_good_as_the_others(site: Site, stranger: BrowserContext) -> None:
    seen = visit(stranger, site, SIGN_IN)
    assert seen == Seen(200, "Anmelden · Kulanz", [], [], [], [], [])


def test_a_wrong_password_says_so_in_german_and_the_right_one_opens(
    site: Site, stranger: BrowserContext
) -> None:
    page = stranger.new_page()
    page.goto("/bestellungen/")
    fill(page, "jonas", "falsch")
    expect(page.get_by_role("alert")).to_contain_text("Passwort sind leider falsch")
    assert re.search(r"\b(password|username|incorrect)\b", page.locator("main").inner_text()) is None
    fill(page, "jonas", site.passwords["jonas"])
    expect(page).to_have_url(site.url + "/bestellungen/")


def test_each_role_starts_where_its_work_is(site: Site) -> None:
    places = {}
    for person in ("miriam", "jonas", "lager", "buchhaltung"):
        places[person] = site.stranger().sign_in(person, site.passwords[person]).goes_to
    assert places == {
        "miriam": "/",
        "jonas": "/faelle/",
        "lager": "/freigaben/",
        "buchhaltung": "/freigaben/",
    }


def test_nobody_learns_which_names_exist(site: Site) -> None:
    """The same words, the same status, about the same time; the hasher runs for unknown names as well."""
    answers = {name: site.stranger().sign_in(name, "falsch") for name in ("deniz", "niemand")}
    assert told(answers["deniz"]) == told(answers["niemand"]) != []
    assert answers["deniz"].status == answers["niemand"].status == 200
    seconds: dict[str, list[float]] = {"deniz": [], "niemand": []}
    for _ in range(2):
        for name, took in seconds.items():
            began = time.perf_counter()
            site.stranger().sign_in(name, "falsch")
            took.append(time.perf_counter() - began)
    assert min(seconds["niemand"]) > 0.3 * min(seconds["deniz"])


def test_paths_to_new_accounts_and_passwords_do_not_exist(site: Site) -> None:
    paths = ("/konto/registrieren/", "/konto/passwort/vergessen/", "/konto/passwort/setzen/", "/konto/email/")
    assert {path: site.stranger().get(path).status for path in paths} == dict.fromkeys(paths, 404)


def test_many_wrong_tries_lock_the_name_for_this_address(site: Site, stranger: BrowserContext) -> None:
    """Also the right password then waits; others sign in as ever."""
    visitor = site.stranger()
    answers = [visitor.sign_in("lager", f"falsch {number}") for number in range(9)]
    assert "Zu viele" in answers[-1].text
    assert answers[-1].status in (403, 429)
    assert 'lang="de"' in answers[-1].text
    assert site.stranger().sign_in("lager", site.passwords["lager"]).goes_to == ""
    assert site.stranger().sign_in("jonas", site.passwords["jonas"]).goes_to == "/faelle/"


def test_second_factor_from_set_up_to_sign_in_and_away(site: Site, stranger: BrowserContext) -> None:
    page = stranger.new_page()
    page.goto(SIGN_IN)
    fill(page, "buchhaltung", site.passwords["buchhaltung"])
    expect(page).to_have_url(site.url + "/freigaben/")
    page.goto("/konto/sicherheit/app/")  # asks who it is, though just signed in
    page.get_by_label("Passwort", exact=True).fill(site.passwords["buchhaltung"])
    page.get_by_role("button", name="Bestätigen").click()
    secret = site_secret(page)
    page.locator("input[name=code]").fill("000000")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("Code")
    secret = site_secret(page)
    page.locator("input[name=code]").fill(one_time_code(secret, time.time()))
    page.locator("main form button.btn-primary").click()
    expect(page).not_to_have_url(site.url + "/konto/sicherheit/app/")
    for path in ("/konto/sicherheit/", "/konto/sicherheit/notfallcodes/", "/konto/sicherheit/app/entfernen/"):
        seen = visit(stranger, site, path)
        assert seen == Seen(200, seen.title, [], [], [], [], []), path
    page.goto("/konto/abmelden/")
    page.locator("main form button").click()
    page.goto("/freigaben/")
    assert SIGN_IN in page.url

    fill(page, "buchhaltung", site.passwords["buchhaltung"])
    expect(page).to_have_url(re.compile("/konto/sicherheit/code/"))
    seen = visit(stranger, site, "/konto/sicherheit/code/")
    assert seen == Seen(200, seen.title, [], [], [], [], [])
    assert site.rows("SELECT 1 FROM kulanz_user WHERE username = 'buchhaltung'") == [(1,)]
    page.locator("input[name=code]").fill("123456")
    page.locator("main form button.btn-primary").first.click()
    expect(page).to_have_url(re.compile("/konto/sicherheit/code/"))
    later = time.time() + STEP_SECONDS  # the code of the set-up is used up; the next one is taken early
    page.locator("input[name=code]").fill(one_time_code(secret, later))
    page.locator("main form button.btn-primary").first.click()
    if "/konto/sicherheit/code/" in page.url:
        time.sleep(STEP_SECONDS - time.time() % STEP_SECONDS + 1)
        page.locator("input[name=code]").fill(one_time_code(secret, time.time()))
        page.locator("main form button.btn-primary").first.click()
    expect(page).to_have_url(site.url + "/freigaben/")


def site_secret(page: Page) -> str:
    found = re.search(r"\b[A-Z2-7]{32}\b", page.locator("main").inner_text() + page.content())
    assert found, page.locator("main").inner_text()
    return found[0]


def test_signed_out_is_signed_out(site: Site) -> None:
    jonas = site.stranger()
    jonas.sign_in("jonas", site.passwords["jonas"])
    kept = jonas.cookie("sessionid")
    assert jonas.get("/faelle/").status == 200
    assert jonas.get("/konto/abmelden/").status == 200  # asks first
    assert jonas.get("/faelle/").status == 200
    assert jonas.post("/konto/abmelden/").status == 302
    again = site.stranger().get("/faelle/", Cookie=f"sessionid={kept}")
    assert (again.status, again.goes_to) == (302, f"{SIGN_IN}?next=/faelle/")
