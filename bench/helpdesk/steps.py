"""What a bench has django-helpdesk do: `python -m bench.helpdesk.steps STEP JSON` prints one JSON document.

setup    make the database and a queue that reads a folder of mails
count    how many tickets and follow-ups there are
fill     tickets straight into the table, one a mail: how they came in does not change what a search costs
search   milliseconds of each query: newest 25 tickets by its own search, as its list asks for them
page     milliseconds of a ticket's page, through Django's test client, without a server in between
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.helpdesk.settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402  after the set-up
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from helpdesk.models import FollowUp, Queue, Ticket  # noqa: E402
from helpdesk.query import get_query_class  # noqa: E402
from helpdesk.user import HelpdeskUser  # noqa: E402


def setup(given: dict[str, Any]) -> Any:
    call_command("migrate", verbosity=0, interactive=False)
    get_user_model().objects.create_superuser("bench", "bench@shop.example", "bench")
    Queue.objects.create(
        title="Kundenservice",
        slug="service",
        email_address="service@shop.example",
        allow_email_submission=True,
        email_box_type="local",
        email_box_local_dir=given["mails"],
        email_box_interval=0,
        logging_type="none",
    )


def count(given: dict[str, Any]) -> Any:
    return {"tickets": Ticket.objects.count(), "followups": FollowUp.objects.count()}


def fill(given: dict[str, Any]) -> Any:
    queue, now = Queue.objects.get(), timezone.now()
    rows = json.loads(Path(given["tickets"]).read_text(encoding="utf-8"))
    tickets = [
        Ticket(
            queue=queue,
            title=row["subject"][:200],
            description=row["text"],
            submitter_email=row["sender"],
            created=now,
            modified=now,
        )
        for row in rows
    ]
    Ticket.objects.bulk_create(tickets, batch_size=500)
    FollowUp.objects.bulk_create(
        [
            FollowUp(ticket=ticket, title="E-Mail", date=now, public=True, comment=ticket.description)
            for ticket in Ticket.objects.all()
        ],
        batch_size=500,
    )
    return len(tickets)


def search(given: dict[str, Any]) -> Any:
    user = HelpdeskUser(get_user_model().objects.get())
    took, hits = [], []
    for _ in range(given["times"]):
        for text in given["queries"]:
            started = time.perf_counter()
            params = {"search_string": text, "filtering": {}, "sorting": "created", "sortreverse": True}
            found = list(get_query_class()(user, query_params=params).get()[:25])
            took.append((time.perf_counter() - started) * 1000)
            hits.append(len(found))
    return {"took": took, "hits": hits}


def page(given: dict[str, Any]) -> Any:
    client = Client()
    client.force_login(get_user_model().objects.get())
    took = []
    for ticket in Ticket.objects.order_by("-pk").values_list("pk", flat=True)[: given["times"]]:
        started = time.perf_counter()
        status = client.get(f"/tickets/{ticket}/").status_code
        took.append((time.perf_counter() - started) * 1000)
        if status != 200:
            raise SystemExit(f"ticket page answered {status}")
    return {"took": took}


if __name__ == "__main__":
    steps = {"setup": setup, "count": count, "fill": fill, "search": search, "page": page}
    print(json.dumps(steps[sys.argv[1]](json.loads(sys.argv[2]))))
