import email
from email.message import Message
from pathlib import Path

import pytest

from channels.mail.samples import DATA
from kulanz.channels.mail import mime
from kulanz.channels.mail.model import MAX_DEPTH, MAX_PARTS

FIXTURES = sorted(p for folder in ("cpython", "ruby_mail") for p in (DATA / folder).rglob("*") if p.suffix in (".eml", ".txt"))  # fmt: skip
# Where we deliberately read more than the standard library: a wrong or missing boundary, a part's boundary used
# by its parent too, junk between header lines.
WE_READ_MORE = {
    *("msg_15.txt", "msg_17.txt", "msg_25.txt", "msg_31.txt", "msg_37.txt", "msg_39.txt", "msg_41.txt"),
    *("bad_date_header2.eml", "empty_in_reply_to.eml", "missing_body.eml", "must_supply_encoding.eml"),
    *("raw_email_incorrect_header.eml", "LICENSE.txt", "content_transfer_encoding_qp_with_space.eml"),
}


def library_leaves(message: Message) -> list[Message]:
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        return [leaf for child in message.get_payload() for leaf in library_leaves(child)]  # type: ignore[union-attr,arg-type]
    return [message]


@pytest.mark.parametrize("path", [p for p in FIXTURES if p.name not in WE_READ_MORE], ids=lambda p: p.name)
def test_same_parts_as_the_standard_library(path: Path) -> None:
    raw = path.read_bytes()
    ours = mime.leaves(mime.parse(raw, []))
    theirs = library_leaves(email.message_from_bytes(raw))
    assert [leaf.content_type for leaf in ours] == [leaf.get_content_type() for leaf in theirs]
    for our, their in zip(ours, theirs, strict=True):
        if their.get_content_maintype() != "message":
            content = their.get_payload(decode=True)
            assert isinstance(content, bytes)
            assert lines(mime.content(our, [])) == lines(content)


def lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").strip()


@pytest.mark.parametrize("name", ["msg_15.txt", "msg_25.txt", "msg_31.txt", "msg_37.txt", "msg_39.txt"])
def test_never_fewer_parts_than_the_standard_library(name: str) -> None:
    raw = (DATA / "cpython" / name).read_bytes()
    theirs = library_leaves(email.message_from_bytes(raw))
    assert len(mime.leaves(mime.parse(raw, []))) >= len(theirs)


def nested(depth: int) -> bytes:
    out = b"From: a@b.de\n"
    for level in range(depth):
        out += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
    return out + b"\nHallo\n"


def test_depth_limit_keeps_the_rest_whole() -> None:
    warnings: list[str] = []
    (leaf,) = mime.leaves(mime.parse(nested(MAX_DEPTH + 5), warnings))
    assert leaf.kept_whole
    assert leaf.body.endswith(b"Hallo\n")
    assert mime.TOO_DEEP in warnings


def test_depth_below_the_limit_is_read() -> None:
    warnings: list[str] = []
    (leaf,) = mime.leaves(mime.parse(nested(MAX_DEPTH), warnings))
    assert (leaf.kept_whole, leaf.body, warnings) == (False, b"Hallo\n", [mime.UNCLOSED])


def test_parts_limit_keeps_the_rest_in_the_last_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nTeil\n" * (MAX_PARTS + 500) + b"--x--\n"
    warnings: list[str] = []
    found = mime.leaves(mime.parse(raw, warnings))
    assert len(found) == MAX_PARTS + 1
    assert found[-1].body.count(b"Teil") == 500
    assert mime.TOO_MANY_PARTS in warnings


def test_parts_after_a_boundary_closed_too_early_are_found() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\neins\n--x--\n\n--x\n\nzwei\n--x--\n"
    assert [leaf.body for leaf in mime.leaves(mime.parse(raw, []))] == [b"eins", b"zwei"]


def test_lost_boundary_is_found_in_the_body() -> None:
    raw = b"Content-Type: multipart/mixed\n\n--abc\nContent-Type: text/plain\n\neins\n--abc\nContent-Type: image/png\n\nzwei\n--abc--\n"
    warnings: list[str] = []
    assert [leaf.content_type for leaf in mime.leaves(mime.parse(raw, warnings))] == [
        "text/plain",
        "image/png",
    ]
    assert warnings == [mime.GUESSED_BOUNDARY]


@pytest.mark.parametrize(
    ("value", "params"),
    [
        ('a/b; name="x;y.txt"', {"name": "x;y.txt"}),
        ("a/b; name=x.txt", {"name": "x.txt"}),
        ('a/b; name="mit \\"Gänse\\".txt"', {"name": 'mit "Gänse".txt'}),
        ("a/b; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf", {"filename": "Grüße.pdf"}),
        ("a/b; filename*0*=iso-8859-1''Gr%FC; filename*1=sse.pdf", {"filename": "Grüsse.pdf"}),
        ("a/b; filename*1=b.pdf; filename*0=a", {"filename": "ab.pdf"}),
        ('a/b; filename="=?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?="', {"filename": "Grüße.pdf"}),
        ("a/b; filename*=kaputt", {"filename": "kaputt"}),
        ('a/b; name="offen', {"name": "offen"}),
        ("a/b;;; x", {}),
    ],
)
def test_parameters(value: str, params: dict[str, str]) -> None:
    assert mime.parameters(value, []) == ("a/b", params)


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        (b"base64", b"SGFsbG8=", b"Hallo"),
        (b"base64", b"SGFs\r\nbG8", b"Hallo"),
        (b"base64", b"SGFsbG8=SGFsbG8=", b"HalloHallo"),
        (b"base64", b"SGF!!sbG8", b"Hallo"),
        (b"BASE64;", b"SGFsbG8=", b"Hallo"),
        (b"quoted-printable", b"Gr=C3=BC=\n=C3=9Fe=", b"Gr\xc3\xbc\xc3\x9fe"),
        (b"quoted-printable", b"50 =% Rabatt", b"50 =% Rabatt"),
        (b"x-uuencode", b"begin 644 a.txt\n%2&%L;&\\\n`\nend\n", b"Hallo"),
        (b"8-bit", b"Hallo", b"Hallo"),
        (b"unsinn", b"Hallo", b"Hallo"),
    ],
)
def test_transfer_encodings(encoding: bytes, body: bytes, content: bytes) -> None:
    root = mime.parse(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body, [])
    assert mime.content(root, []) == content


def test_files_uuencoded_in_plain_text() -> None:
    text = b"Anbei.\nbegin 644 bild.txt\n%2&%L;&\\\n`\nend\nGruss\n"
    assert mime.uu_blocks(text) == (b"Anbei.\nGruss\n", [("bild.txt", b"Hallo")])
