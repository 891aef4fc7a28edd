"""Marks German text for translation where it is data; whoever shows it translates it. Needs no settings."""


def gettext_noop(message: str) -> str:
    return message
