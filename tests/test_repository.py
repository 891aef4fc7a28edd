"""What holds for every file: sizes, addresses, dependencies, the direction of foreign keys."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field

ROOT = Path(__file__).parents[1]
FUNCTION_LINES = 70
FILE_LINES = 500
LONG_FILES: dict[str, str] = {}
"""Path -> why it is longer than FILE_LINES."""
LONG_FUNCTIONS: dict[str, str] = {
    "tests/channels/woocommerce/test_orders.py::test_an_order_with_everything": "one order, every column named",
    "tests/kill/harness.py::_count": "every promise of the kill test, one list from top to bottom",
}
"""path::function -> why it is longer than FUNCTION_LINES."""
LAYERS = (
    ("web", "cli"),
    ("flow",),
    ("replies",),
    ("cases",),
    ("channels", "carriers"),
    ("outbox", "intake"),
    ("people",),
    ("facts",),
    ("work", "audit"),
    ("base",),
)
"""Highest first, as in pyproject.toml; a test holds the two against each other."""
FOREIGN_APPS = ("django.", "allauth.", "axes.")

# Joined from parts, so that this file does not hold what it looks for.
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "un" + "pkg.com"]
REGISTRIES += ["js" + "delivr.net", "cdn" + "js.cloudflare.com", "--index" + "-url", "--extra-index" + "-url"]
MACHINE_PATHS = [
    "/work" + "/",
    "/farm" + "/",
    "/tmp/" + "brief",
    "/opt/" + "pypi",
    "/opt/" + "wheels",
    "/home/" + "user",
]


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = (ROOT / name for name in listed.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def sources() -> list[Path]:
    """Python of ours: everything but what Django wrote."""
    return [path for path in committed() if path.suffix == ".py" and "migrations" not in path.parts]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_is_longer_than_the_limit() -> None:
    long = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {
        path: lines for path, lines in long.items() if lines > FILE_LINES and path not in LONG_FILES
    } == {}
    assert [path for path in LONG_FILES if long.get(path, 0) <= FILE_LINES] == []


def functions(path: Path) -> Iterator[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{place(path)}::{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_longer_than_the_limit() -> None:
    long = {name: lines for path in sources() for name, lines in functions(path) if lines > FUNCTION_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert [name for name in LONG_FUNCTIONS if name not in long] == []


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = []
    for path in committed():
        if path.suffix in (".svg", ".woff2", ".png", ".ico", ".gz") or "static" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [(place(path), word) for word in REGISTRIES + MACHINE_PATHS if word in text]
    assert found == []


@pytest.mark.parametrize("name", ["bootstrap", "run", "test"])
def test_locks_name_versions_and_hashes_and_nothing_else(name: str) -> None:
    text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    packages = [block for block in blocks if block]
    assert packages
    form = re.compile(
        r"[a-z0-9._-]+(\[[a-z,]+\])?==[^\s;\\]+( ;[^\\\n]+)?( \\\n\s+--hash=sha256:[0-9a-f]{64})+"
    )
    assert [block.splitlines()[0] for block in packages if not form.fullmatch(block.strip())] == []


def asked_for() -> set[str]:
    """Package names in requirements/*.in."""
    names = set()
    for path in (ROOT / "requirements").glob("*.in"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "-")):
                names.add(re.split(r"[\[~=<>! ]", line.strip())[0].lower())
    return names


def test_every_dependency_has_a_line_of_why() -> None:
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = {match.lower() for match in re.findall(r"(?m)^\| `([^`]+)` \|", page)}
    assert explained == asked_for()


def test_every_dependency_is_locked() -> None:
    for name in ("run", "test"):
        lock = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
        locked = set(re.findall(r"(?m)^([a-z0-9._-]+)(?:\[[^]]*\])?==", lock))
        asked = asked_for() - {"uv"}
        if name == "run":
            asked = {
                re.split(r"[\[~=<>! ]", line)[0]
                for line in (ROOT / "requirements/run.in").read_text().split("\n")
                if line
            }
        assert asked - locked == set()


def room(module: str) -> str:
    """`kulanz.facts.models` -> facts; empty for others' modules."""
    parts = module.split(".")
    return parts[1] if parts[0] == "kulanz" and len(parts) > 2 else ""


def height(name: str) -> int:
    """0 is the highest layer."""
    return next(number for number, rooms in enumerate(LAYERS) if name in rooms)


def relations() -> list[Field]:  # type: ignore[type-arg]
    found = []
    for model in apps.get_app_config("kulanz").get_models(include_auto_created=True):
        fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
        found += [field for field in fields if field.remote_field is not None]
    return found


def test_foreign_keys_point_down_and_have_no_way_back() -> None:
    wrong = []
    for field in relations():
        target = field.related_model
        assert isinstance(target, type)
        if field.model._meta.auto_created or target.__module__.startswith(FOREIGN_APPS):
            continue
        here, there = room(field.model.__module__), room(target.__module__)
        if height(there) < height(here) or (here != there and height(here) == height(there)):
            wrong.append(f"{field} points up or aside, to {target.__name__}")
        if not str(field.remote_field.related_name).endswith("+"):
            wrong.append(f"{field} has no related_name='+'")
    assert wrong == []


def test_the_layers_are_those_the_linter_checks() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    assert layers == [" | ".join(rooms) for rooms in LAYERS]


def test_every_room_says_what_it_is_for() -> None:
    rooms = [path for path in (ROOT / "src/kulanz").iterdir() if (path / "__init__.py").exists()]
    silent = [
        path.name
        for path in rooms
        if not (path / "__init__.py").read_text(encoding="utf-8").startswith('"""')
    ]
    assert [name for name in silent if name != "migrations"] == []
