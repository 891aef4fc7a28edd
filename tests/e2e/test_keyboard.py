"""The desk by keyboard alone: from the list to a case, an answer, the next case, and back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.served import Site, copy_of, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AGENT = "jonas"


@pytest.fixture(scope="module")
def site(
    built_demo: Path, shop_passwords: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = copy_of(built_demo, tmp_path_factory.mktemp("keyboard"))
    with serving(home, passwords=shop_passwords, KULANZ_UNDO_SECONDS="30") as site:
        yield site


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    context = site.context(browser, AGENT, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/faelle/")
    yield page
    context.close()


def focused(page: Page) -> str:
    told: str = page.evaluate("() => document.activeElement.id || document.activeElement.innerText")
    return told


def current(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[data-row][aria-current]')].map(row => row.dataset.row)"
    )
    return found


def order(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[data-row]')].map(row => row.dataset.row)"
    )
    return found


def test_the_first_tab_leads_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    assert focused(page) == "Zum Inhalt"
    expect(page.locator(".ku-skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert focused(page) == "inhalt"


def test_slash_searches_and_question_mark_shows_the_keys(page: Page) -> None:
    page.keyboard.press("/")
    assert focused(page) == "suche"
    page.keyboard.type("paket?")  # typed, not obeyed
    expect(page.locator("#suche")).to_have_value("paket?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Tasten")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Tasten")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type("paket")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/suche/?q=paket")


def test_j_and_k_move_x_marks_enter_opens(page: Page) -> None:
    rows = order(page)
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert current(page) == [rows[at]], key
    page.keyboard.press("x")
    expect(page.locator("#viele")).to_be_visible()
    expect(page.locator("#viele [data-marked]")).to_have_text("1")
    page.keyboard.press("x")
    expect(page.locator("#viele")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(page.url.partition("/faelle/")[0] + f"/faelle/{rows[0]}/")


def test_from_the_list_to_a_sent_answer_and_back_without_a_mouse(page: Page, site: Site) -> None:
    """Open, write, send and go on; take back over the next case; the words are the draft again."""
    page.keyboard.press("j")
    (case,) = current(page)
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("r")
    assert focused(page) == "text"
    page.keyboard.type("Guten Tag, ")
    page.keyboard.press("Enter")
    page.keyboard.type("j, k, n und z sind hier nur Buchstaben.")
    before = site.value("SELECT COUNT(*) FROM kulanz_action")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: f"/faelle/{case}/" not in url)
    expect(page.locator("#text")).to_be_visible()
    expect(page.get_by_role("button", name="Zurückholen")).to_be_visible()
    assert site.value("SELECT COUNT(*) FROM kulanz_action") == before + 1
    page.keyboard.press("z")
    page.wait_for_url(f"**/faelle/{case}/")
    expect(page.locator("#text")).to_have_value("Guten Tag, \nj, k, n und z sind hier nur Buchstaben.")
    assert site.value("SELECT state FROM kulanz_action ORDER BY id DESC LIMIT 1") == "withdrawn"


def test_n_opens_the_next_case(page: Page) -> None:
    rows = order(page)
    page.keyboard.press("n")
    page.wait_for_url("**/faelle/*/")
    first = page.url
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != first and "/faelle/" in url)
    assert rows


def test_every_control_of_a_case_is_reached_by_tab_and_shows_it(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_visible()
    wanted = page.locator(
        "#antwort button:visible, #antwort textarea:visible, #kopf summary, #kopf button:visible"
    )
    page.locator(".ku-skip").focus()
    met = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        met.add(
            page.evaluate(
                """() => { const it = document.activeElement; const form = it.closest('#antwort');
                    const ringed = getComputedStyle(it).outlineStyle !== 'none'
                        || (it.id === 'text' && getComputedStyle(form).boxShadow !== 'none');
                    it.dataset.met = ringed ? 'seen' : 'unseen'; return it.dataset.met; }"""
            )
        )
    names = wanted.evaluate_all(
        "all => all.filter(e => e.tabIndex >= 0 && e.dataset.met !== 'seen').map(e => e.id || e.innerText)"
    )
    assert names == []


def test_single_keys_can_be_switched_off(site: Site, browser: Browser) -> None:
    deniz = site.context(browser, "deniz", viewport={"width": 1440, "height": 900})
    page = deniz.new_page()
    page.goto("/einstellungen/profil/")
    page.get_by_label("Tasten aus einem Buchstaben").uncheck()
    page.get_by_role("button", name="Speichern").click()
    page.goto("/faelle/")
    for key in "jxn/":
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert (current(page), focused(page) == "suche", page.url.endswith("/faelle/")) == ([], False, True)
    page.goto(f"/faelle/{order(page)[0]}/")
    page.locator("#text").fill("Guten Tag, Strg und Eingabe bleiben.")
    page.locator("#text").press("Control+Enter")
    expect(page.get_by_role("button", name="Zurückholen")).to_be_visible()
    deniz.close()
