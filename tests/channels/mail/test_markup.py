import pytest

from kulanz.channels.mail.markup import clean, to_text
from kulanz.channels.mail.model import MAX_HTML_DEPTH, MAX_HTML_TAGS


@pytest.mark.parametrize(
    ("source", "cleaned", "remote"),
    [
        ("<p>Hallo</p>", "<p>Hallo</p>", False),
        ("<script>x()</script><style>p{}</style>Hallo", "Hallo", False),
        ('<p onclick="x()" style="color:red" class="a">Hallo</p>', "<p>Hallo</p>", False),
        ('<img src="https://x.de/a.png" alt="Bild">', '<img data-src="https://x.de/a.png" alt="Bild">', True),
        ('<img src="cid:a@b">', '<img data-cid="a@b">', False),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">', False),
        ('<img src="data:text/html,x">', "<img>", False),
        ('<img src="/intern">', "<img>", False),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer nofollow">a</a>', False),
        ('<a href="/logout">a</a>', '<a rel="noopener noreferrer nofollow">a</a>', False),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>', False),
        (
            '<a href="https://x.de">a</a>',
            '<a href="https://x.de" rel="noopener noreferrer nofollow">a</a>',
            False,
        ),
        ('<iframe src="https://x.de"></iframe><form action="/x"><input name="a"></form>', "", False),
        ('<table background="https://x.de/a.png"><tr><td>a</td></tr></table>',
         "<table><tbody><tr><td>a</td></tr></tbody></table>", False),
        ('<svg><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x()&gt;"></svg>', "", False),
    ],
)  # fmt: skip
def test_clean(source: str, cleaned: str, remote: bool) -> None:
    assert clean(source) == (cleaned, remote)


@pytest.mark.parametrize(
    "source", ["<div>" * (MAX_HTML_DEPTH + 1) + "Hallo", "<br>" * (MAX_HTML_TAGS + 1) + "Hallo"]
)
def test_html_over_a_limit_is_shown_as_text(source: str) -> None:
    cleaned, remote = clean(source)
    assert (cleaned.startswith("<pre>"), cleaned.endswith("Hallo</pre>"), remote) == (True, True, False)
    assert to_text(cleaned) == "Hallo"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hallo &amp; Welt", "Hallo & Welt"),
        ("<p>eins</p><p>zwei</p>", "eins\n\nzwei"),
        ("<div>eins</div><div>zwei</div>", "eins\nzwei"),
        ("eins<br>zwei<br><br>drei", "eins\nzwei\n\ndrei"),
        ("<p>viele   \n Blanks</p>", "viele Blanks"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('<a href="https://x.de/y">hier</a>', "hier <https://x.de/y>"),
        ('<a href="https://x.de/">https://x.de</a>', "https://x.de"),
        ("Danke<blockquote><p>eins</p><p>zwei</p></blockquote>", "Danke\n> eins\n>\n> zwei"),
        ("a<b>b</b>c <i>d</i>", "abc d"),
        ("<b>fett</b> <i>schräg</i>", "fett schräg"),
        ("", ""),
    ],
)
def test_to_text(source: str, text: str) -> None:
    assert to_text(clean(source)[0]) == text
