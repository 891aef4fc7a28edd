"""A mail's HTML stands alone in its frame; its attachments are downloads."""

import base64
from email.message import EmailMessage

import pytest

import factories as make
from kulanz.facts.models import Attachment, Message
from kulanz.intake.models import RawBatch, RawRecord, RawState
from web.people import browser, house

pytestmark = pytest.mark.django_db
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def letter() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "a@b.example", "Bild", "<1@b.example>"
    mail.set_content("Guten Tag")
    mail.add_alternative(
        '<p onclick="x()">Guten Tag</p><script>x()</script><img src="https://spy.example/a.png" alt="Spion">'
        '<form action="https://evil.example"><input name="q"></form>',
        subtype="html",
    )
    mail.add_attachment(b"<script>x()</script>", maintype="text", subtype="html", filename="böse.html")
    mail.add_attachment(PIXEL, maintype="image", subtype="png", filename="foto.png")
    return mail.as_bytes()


@pytest.fixture
def mail():
    place = house()
    batch = RawBatch.objects.create(
        account=place.shop, source="mail", source_at=make.NOW, received_at=make.NOW
    )
    raw = RawRecord.objects.create(
        batch=batch, account=place.shop, source="mail", digest=b"1" * 32, body=letter(), received_at=make.NOW,
        state=RawState.READ,
    )  # fmt: skip
    message = make.message(place.shop, raw_id=raw.pk, has_html=True, has_remote_pictures=True)
    for number, (name, kind) in enumerate((("böse.html", "text/html"), ("foto.png", "image/png"))):
        Attachment.objects.create(
            account=place.shop, message=message, place=number, name=name, media_type=kind, size=20, sha256="0" * 64,
            raw_id=raw.pk, **make.fact(),
        )  # fmt: skip
    return place, message


def test_html_runs_nothing_and_loads_nothing_until_asked(mail):
    place, message = mail
    client = browser(place.alice)
    shut = client.get(f"/nachricht/{message.pk}/")
    page = shut.content.decode()
    assert [word for word in ("<script", "onclick", "<form", "<input", ' src="https:') if word in page] == []
    assert shut["Content-Security-Policy"] == (
        "default-src 'none'; img-src 'self'; style-src 'self'; frame-ancestors 'self';"
        " sandbox allow-same-origin allow-popups"
    )
    assert (shut["X-Frame-Options"], shut["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    opened = client.get(f"/nachricht/{message.pk}/?bilder=1")
    assert ' src="https://spy.example/a.png" referrerpolicy="no-referrer"' in opened.content.decode()
    assert "img-src 'self' https:;" in opened["Content-Security-Policy"]


def test_attachments_are_downloads_of_no_type(mail):
    place, _message = mail
    page, photo = Attachment.objects.order_by("place")
    for found, inline in ((page, False), (photo, False), (page, True)):
        response = browser(place.alice).get(f"/anhang/{found.pk}/" + ("?zeigen=1" if inline else ""))
        assert (response["Content-Type"], response["X-Content-Type-Options"]) == (
            "application/octet-stream",
            "nosniff",
        )
        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    shown = browser(place.alice).get(f"/anhang/{photo.pk}/?zeigen=1")
    assert (shown["Content-Type"], b"".join(shown) == PIXEL) == ("image/png", True)


def test_strangers_get_nothing(mail):
    place, message = mail
    place.bob.accounts.set([place.amazon])
    attachment = Attachment.objects.order_by("place").first()
    for who, status in ((place.bob, 404), (place.charlie, 403), (place.dora, 403)):
        assert browser(who).get(f"/nachricht/{message.pk}/").status_code == status
        assert browser(who).get(f"/anhang/{attachment.pk}/").status_code == status


def test_a_blanked_mail_is_gone(mail):
    place, message = mail
    RawRecord.objects.update(body=None, state=RawState.BLANKED)
    Message.objects.filter(pk=message.pk).update(raw_id=None)
    assert browser(place.alice).get(f"/nachricht/{message.pk}/").status_code == 200


def test_article_pictures_come_from_their_folder_alone(mail, settings, tmp_path):
    place, _message = mail
    settings.HOME = tmp_path
    (tmp_path / "bilder").mkdir()
    (tmp_path / "bilder" / "topf.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "geheim.svg").write_text("geheim")
    response = browser(place.dora).get("/bild/topf.svg")
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert "sandbox" in response["Content-Security-Policy"]
    b"".join(response)
    for name in ("geheim.svg", "..%2Fgeheim.svg", "topf.html", ".svg"):
        assert browser(place.dora).get(f"/bild/{name}").status_code == 404
