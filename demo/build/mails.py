"""Turn the conversations into .eml files and check that each tells the truth about its orders."""

import re
from email.message import EmailMessage
from pathlib import Path

import amazon_mail
import shop_mail
from letters import Letter, boundaries
from orders import stories
from world import Article, Order, People, at


def write(folder: Path, orders: list[Order], goods: dict[str, Article], people: People) -> int:
    by_number = {order.number: order for order in orders}
    count = 0
    for case in stories():
        told = [by_number[str(entry["no"])] for entry in case.get("order", [])]  # type: ignore[attr-defined]
        earlier: list[Letter] = []
        for place, entry in enumerate(case.get("mail", []), 1):  # type: ignore[var-annotated, arg-type]
            letter = _letter(case, entry, place, told, people)
            letter.earlier = list(earlier)
            message = _message(letter, goods, folder.parent / "build" / "photos")
            boundaries(message, f"{letter.key} {place}")
            _save(folder, letter, message)
            earlier.append(letter)
            count += 1
    return count


def _letter(
    case: dict[str, object], entry: dict[str, object], place: int, told: list[Order], people: People
) -> Letter:
    channel = str(case.get("channel") or ("shop" if told and told[0].channel == "shop" else "amazon"))
    person = people.named(str(case["person"]), mail=str(case.get("mail_address", "")))
    if case.get("street") or case.get("town"):
        person = people.named(person.name, str(case.get("street", "")), str(case.get("town", "")))
    who = str(entry.get("who", "customer"))
    subject = str(entry.get("subject") or _subject(case, entry, place, channel, told))
    return Letter(
        key=str(case["key"]),
        place=place,
        when=at(str(entry["at"])),
        who=who,
        text=fill(str(entry["text"]).strip("\n"), told),
        subject=fill(subject, told),
        channel=channel,
        person=person,
        orders=told,
        entry=entry | {"presale": case.get("presale", False)},
    )


def _subject(
    case: dict[str, object], entry: dict[str, object], place: int, channel: str, told: list[Order]
) -> str:
    about = f" (Bestellung: {told[0].number})" if told and not case.get("presale") else ""
    subject = str(case.get("subject") or f"Frage von Amazon-Kunde {case['person']}{about}")
    if entry.get("who") == "us":
        return f"Re: {subject}"
    if channel == "shop" and place > 1:
        return {"outlook": "AW: ", "gmx": "Aw: ", "form": ""}.get(
            str(entry.get("client", "gmx")), "Re: "
        ) + subject
    return subject


def fill(text: str, told: list[Order]) -> str:
    """Put the numbers in: {no}, {sendung}, {rechnung}, {wawi}, {ls}; {no2} and so on for the next order."""
    for place, order in enumerate(told):
        mark = "" if place == 0 else str(place + 1)
        for name, value in (("no", order.number), ("rechnung", order.invoice), ("wawi", order.wawi)):
            text = text.replace(f"{{{name}{mark}}}", value)
        for parcel_place, parcel in enumerate(order.parcels):
            parcel_mark = mark if parcel_place == 0 else chr(ord("a") + parcel_place)
            text = text.replace(f"{{sendung{parcel_mark}}}", parcel.number)
            text = text.replace(f"{{ls{parcel_mark}}}", parcel.note)
    if "{" in text and "}" in text:
        raise ValueError(f"An unknown placeholder stays in: {text!r}")
    return text


def _message(letter: Letter, goods: dict[str, Article], pictures: Path) -> EmailMessage:
    if letter.channel == "shop":
        return shop_mail.build(letter, pictures)
    sku = str(letter.entry.get("sku", ""))
    article = goods[sku] if sku else letter.orders[0].lines[0].article if letter.orders else None
    return amazon_mail.build(letter, article, pictures)


def _save(folder: Path, letter: Letter, message: EmailMessage) -> None:
    place = folder / (letter.channel + ("-gesendet" if letter.ours else ""))
    place.mkdir(parents=True, exist_ok=True)
    (place / letter.file_name).write_bytes(_with_whole_dates(message.as_bytes()))


def _with_whole_dates(raw: bytes) -> bytes:
    """Fold the trace header so that its date stays on one line."""
    head, _, body = raw.partition(b"\r\n\r\n")
    trace = re.search(rb"^Received:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head, re.MULTILINE)
    if trace:
        way, _, stamp = re.sub(rb"\r\n[ \t]+", b" ", trace[0]).rpartition(b"; ")
        folded = way.replace(b" by ", b"\r\n by ") + b";\r\n " + stamp
        head = head.replace(trace[0], folded)
    return head + b"\r\n\r\n" + body
