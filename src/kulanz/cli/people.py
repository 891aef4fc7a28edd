"""owner: the first user of an installation, and the way back in for whoever forgot the password."""

from typing import Annotated

import typer

from kulanz.cli.home import HomeOption, enter
from kulanz.cli.show import fail, result


def register(app: typer.Typer) -> None:
    app.command("owner")(owner)


def owner(
    username: Annotated[str, typer.Argument(help="Anmeldename.")],
    name: Annotated[str, typer.Option("--name", help="Vor- und Nachname.")] = "",
    home: HomeOption = None,
) -> None:
    """Inhaberin oder Inhaber anlegen, oder dem bestehenden Benutzer ein neues Passwort geben."""
    enter(home)

    from django.db import transaction

    from kulanz.audit.record import record
    from kulanz.base.clock import now
    from kulanz.cli.database import ready
    from kulanz.people.models import Role, User
    from kulanz.people.verbs import first_password

    if not username.strip() or len(username) > 150:
        fail("Der Anmeldename muss 1 bis 150 Zeichen haben.", 2)
    ready()
    password = first_password()
    with transaction.atomic():
        user = User.objects.filter(username__iexact=username.strip()).first()
        what = "reset_password" if user else "create_user"
        if user is None:
            first, _, last = name.strip().rpartition(" ")
            user = User(username=username.strip(), first_name=first or last, last_name=last if first else "")
            user.role = Role.OWNER
        elif user.role != Role.OWNER:
            fail(
                f"„{user.username}“ ist nicht Inhaber. Sein Passwort setzt die Inhaberin unter Einstellungen."
            )
        user.is_active = True
        user.set_password(password)
        user.save()
        record(who="kulanz:owner", what=what, kind="user", object_id=user.pk, now=now())
    result(
        f"Anmelden als {user.username} mit dem Passwort {password} (steht nur hier; ändern Sie es nach der Anmeldung)."
    )
