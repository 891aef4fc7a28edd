"""What was read of a mail, as JSON and for people."""

from kulanz.channels.mail.model import Address, Kind, Mail

_KINDS = {
    Kind.BUYER_MESSAGE: "Nachricht eines Käufers",
    Kind.PLATFORM_NOTICE: "Mitteilung des Marktplatzes",
    Kind.BOUNCE: "Unzustellbar",
    Kind.AUTO_REPLY: "Automatische Antwort",
    Kind.OTHER: "Sonstiges",
}


def as_json(mail: Mail) -> dict[str, object]:
    """What `kulanz read FILE --json` prints."""
    return {
        "sender": _address(mail.sender),
        "reply_to": _address(mail.reply_to) if mail.reply_to else None,
        "to": [_address(address) for address in mail.to],
        "cc": [_address(address) for address in mail.cc],
        "subject": mail.subject,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "sent_at": mail.sent_at.isoformat() if mail.sent_at else None,
        "kind": mail.kind.value,
        "notice": mail.notice,
        "platform": mail.platform,
        "marketplace_id": mail.marketplace_id,
        "alias": mail.alias,
        "case_uuid": mail.case_uuid,
        "thread_keys": list(mail.thread_keys),
        "order_numbers": list(mail.order_numbers),
        "tracking_numbers": list(mail.tracking_numbers),
        "own_text": mail.own_text,
        "quoted_text": mail.quoted_text,
        "has_remote_pictures": mail.has_remote_pictures,
        "attachments": [
            {"name": a.name, "type": a.media_type, "bytes": a.size, "sha256": a.sha256}
            for a in mail.attachments
        ],
        "authentication": mail.authentication,
        "bounce_of": mail.bounce_of,
        "bounce_permanent": mail.bounce_permanent,
        "warnings": list(mail.warnings),
    }


def as_text(mail: Mail) -> str:
    """The same for people, German."""
    kind = _KINDS[mail.kind] + (f" ({mail.notice})" if mail.notice else "")
    rows = [
        ("Von", _line(mail.sender)),
        ("Antwort an", _line(mail.reply_to) if mail.reply_to else ""),
        ("An", ", ".join(map(_line, mail.to))),
        ("Kopie", ", ".join(map(_line, mail.cc))),
        ("Betreff", mail.subject),
        ("Gesendet", mail.sent_at.strftime("%d.%m.%Y %H:%M:%S UTC") if mail.sent_at else "unbekannt"),
        ("Art", kind),
        ("Marktplatz", mail.platform),
        (
            "Echtheit",
            {"pass": "bestätigt", "fail": "NICHT bestätigt"}.get(mail.authentication, "nicht geprüft"),
        ),
        ("Schlüssel", ", ".join(mail.thread_keys)),
        ("Bestellungen", ", ".join(mail.order_numbers)),
        ("Sendungen", ", ".join(mail.tracking_numbers)),
        (
            "Betrifft",
            mail.bounce_of + (" (endgültig)" if mail.bounce_permanent else "") if mail.bounce_of else "",
        ),
    ]
    out = [f"{name + ':':<14}{value}" for name, value in rows if value]
    out += ["", "Eigener Text:", mail.own_text or "(leer)"]
    if mail.quoted_text:
        out += ["", "Zitiert:", mail.quoted_text]
    if mail.attachments:
        out += ["", "Anhänge:"]
        out += [f"- {a.name} ({a.media_type}, {a.size} Byte, SHA-256 {a.sha256})" for a in mail.attachments]
    if mail.warnings:
        out += ["", "Warnungen:"] + [f"- {warning}" for warning in mail.warnings]
    return "\n".join(out)


def _address(address: Address) -> dict[str, str]:
    return {"name": address.name, "email": address.email}


def _line(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name else address.email
