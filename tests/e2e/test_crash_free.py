"""Whatever is typed, pasted or forged: an answer in German that says so, never a crash."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver

from e2e.pages import NO_PAGE, ONLY_POSTED, PAGES
from e2e.served import Site, broken, copy_of, serving
from e2e.visitor import SIGN_IN, Answer

pytestmark = pytest.mark.slow
OWNER = "miriam"
VALUES = {
    "nothing": "",
    "blank": "   ",
    "emoji": "ß😀\u202e{name} %s %(n)s {{ 7*7 }}",
    "negative": "-1",
    "zero": "0",
    "beyond a database's numbers": "99999999999999999999",
    "beyond Python's numbers": "9" * 5000,
    "digit that is no digit": "²",
    "NUL": "a\x00b",
    "half a character": "\ud800",
    "long": "ä" * 1_200,
    "fraction": "1e999",
    "choice nobody offers": "gibt-es-nicht",
    "markup": "<script>alert(1)</script>'\"--",
    "path": "../../etc/passwd",
}
FIELDS = (
    "text version kennt weiter an bis tag notiz was fall zurueck grund nachweis schritt marke wer von nummer title"
    " channel sender sender_name land zone name active account username password host port tls folder smtp_host"
    " smtp_port smtp_tls first_name last_name email role account_ids language theme signature value valid_from source"
    " konto pfad muster zuordnung quelle ziel token amount reason mode limit why login oldpassword password1 password2"
    " code since"
).split()
QUERY = (
    "q konto ab nach vor ausser zeige art wahl stand meine kanal wer was woran nummer von bis quelle ziel seit hier"
    " kind case order verlauf bilder zeigen"
).split()
FOREIGN = {"account_logout", "user_deed", "account_change_password", "mfa_activate_totp"}
"""Signs the tester out, locks others out, or counts tries: looked at one by one below and in test_sign_in.py."""
NUMBERS = {"there": "1", "absent": "999999", "beyond": "99999999999999999999"}


@pytest.fixture(scope="module")
def site(
    built_demo: Path, shop_passwords: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = copy_of(built_demo, tmp_path_factory.mktemp("crash"))
    with serving(home, passwords=shop_passwords) as site:
        yield site


def address(name: str, number: str, word: str = "gibt-es-nicht") -> str:
    """The address of a name, with this number and word for its arguments."""
    (pattern,) = (str(p.pattern) for p in get_resolver().url_patterns if p.name == name)
    return "/" + re.sub(r"<(?:slug|str):\w+>", word, re.sub(r"<int:\w+>", number, pattern))


def sound(answer: Answer) -> bool:
    """No crash; and a refusal is a page in our look, a sentence in JSON, or the plain word of a script's address."""
    if answer.status >= 500:
        return False
    if answer.status < 400 or answer.status == 405:
        return True
    kind = answer.headers.get("Content-Type", "")
    if "json" in kind:
        return bool(answer.json["said"])
    return not answer.body or ("kulanz." in answer.text and 'lang="de"' in answer.text)


def tried(site: Site, ask: dict[str, Answer]) -> None:
    assert {
        what: (answer.status, answer.text[:200]) for what, answer in ask.items() if not sound(answer)
    } == {}


@pytest.mark.parametrize("what", VALUES)
def test_wrong_words_in_every_form(site: Site, what: str) -> None:
    miriam = site.visitor(OWNER)
    given = dict.fromkeys(FIELDS, VALUES[what])
    words = {
        "case_do": "zuweisen spaeter notiz schliessen oeffnen",
        "approval_deed": "freigeben ablehnen schritt",
    }
    names = [name for name in [*ONLY_POSTED, *PAGES, "live_lists", "next_case"] if name not in FOREIGN]
    answers = {}
    for name in names:
        for word in words.get(name, "gibt-es-nicht").split():
            path = address(name, "1", word)
            answers[path] = miriam.post(path, given)
    tried(site, answers)


@pytest.mark.parametrize("what", VALUES)
def test_wrong_words_in_every_address(site: Site, what: str) -> None:
    from urllib.parse import urlencode

    miriam = site.visitor(OWNER)
    query = urlencode(dict.fromkeys(QUERY, VALUES[what][:2000]), errors="surrogatepass")
    names = [name for name in [*PAGES, *NO_PAGE] if name not in FOREIGN]
    tried(site, {name: miriam.get(address(name, "1") + "?" + query) for name in names})


@pytest.mark.parametrize("number", NUMBERS)
def test_wrong_numbers_in_every_address(site: Site, number: str) -> None:
    miriam = site.visitor(OWNER)
    names = [
        n for n in [*PAGES, *ONLY_POSTED, *NO_PAGE] if "<" in str(address_pattern(n)) and n not in FOREIGN
    ]
    answers = {}
    for name in names:
        path = address(name, NUMBERS[number])
        answers["GET " + path] = miriam.get(path)
        answers["POST " + path] = miriam.post(path, {"text": "x", "version": "1"})
    tried(site, answers)


def address_pattern(name: str) -> str:
    return next(str(p.pattern) for p in get_resolver().url_patterns if p.name == name)


def test_a_draft_of_a_megabyte_is_refused_with_its_limit(site: Site) -> None:
    answer = site.visitor(OWNER).post("/faelle/2/entwurf/", {"text": "ä" * 1_000_000, "version": "0"})
    assert (answer.status, answer.json["said"]) == (
        400,
        "Der Entwurf ist mit 1000000 Zeichen zu lang; die Grenze liegt bei 50000 (REPLY_CHARS).",
    )


def test_ten_thousand_characters_are_searched_as_far_as_a_search_goes(site: Site) -> None:
    answers = {
        path: site.visitor(OWNER).get(f"{path}?q={'a' * 10_000}") for path in ("/suche/", "/bestellungen/")
    }
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(answers, 200)


def test_more_fields_than_a_form_has_are_refused_in_our_look(site: Site) -> None:
    answer = site.visitor(OWNER).post("/faelle/viele/", {f"fall{number}": "1" for number in range(1100)})
    assert answer.status == 400
    assert "<h1>Anfrage nicht verstanden</h1>" in answer.text


def test_what_a_customer_writes_is_never_markup(site: Site) -> None:
    miriam = site.visitor(OWNER)
    evil = "<script>alert(1)</script>"
    miriam.post("/faelle/2/tun/notiz/", {"notiz": f"{evil} {{name}} 😀"})
    page = miriam.get("/faelle/2/").text
    assert (evil in page, "&lt;script&gt;alert(1)&lt;/script&gt; {name} 😀" in page) == (False, True)
    found = miriam.get(f"/suche/?q={evil}").text
    assert evil not in found


def test_a_form_without_its_token_is_refused_in_our_look(site: Site) -> None:
    for visitor in (site.visitor(OWNER), site.stranger()):
        for path in (SIGN_IN, "/faelle/2/entwurf/", "/einstellungen/was-kulanz-darf/anhalten/"):
            answer = visitor.post(path, {"text": "x"}, token=False)
            assert answer.status == 403
            assert "<h1>Die Seite war zu lange offen</h1>" in answer.text, path


def test_nothing_crashed(site: Site) -> None:
    """Last: the processes complained of nothing."""
    assert broken(site) == ""
