"""Steps that need the settings of one home: run as a child, JSON in, JSON out.

queries   SQL statements of each path, with the given session
"""

import json
import sys
from typing import Any


def queries(given: dict[str, Any]) -> dict[str, list[int]]:
    """Status and number of statements of each path, the second time it is asked for in one process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(HTTP_HOST="127.0.0.1")
    client.cookies["sessionid"] = given["session"]
    found = {}
    for path in given["paths"]:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            status = client.get(path).status_code
        found[path] = [status, len(asked)]
    return found


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps({"queries": queries}[sys.argv[1]](json.load(sys.stdin))))
