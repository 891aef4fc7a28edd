"""The maker gives the committed files again, byte for byte, where its source can be read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"
SOURCE = Path("orders") / "uci_online_retail" / "online_retail.csv.xz"


def shared_folder() -> str:
    """The folder KULANZ_SHARED names, if it holds the source; "" otherwise."""
    root = os.environ.get("KULANZ_SHARED") or str(Path(__file__).resolve().parents[3] / "shared")
    return root if root and any((Path(root) / place / SOURCE).exists() for place in (".", "data")) else ""


def made(folder: Path) -> dict[str, bytes]:
    roots = (folder / name for name in ("bestellungen", "wawi", "tracking", "mail"))
    files = {
        str(path.relative_to(folder)): path for root in roots for path in root.rglob("*") if path.is_file()
    }
    return {name: path.read_bytes() for name, path in files.items()}


@pytest.mark.slow
@pytest.mark.skipif(not shared_folder(), reason="KULANZ_SHARED names no folder with UCI Online Retail")
def test_the_maker_gives_the_committed_files_again(tmp_path: Path) -> None:
    copy = tmp_path / "demo"
    shutil.copytree(DEMO, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("bestellungen", "wawi", "tracking", "mail"):
        shutil.rmtree(copy / name)
    found = os.environ | {"KULANZ_SHARED": shared_folder()}
    subprocess.run([sys.executable, str(copy / "build" / "make.py")], check=True, timeout=120, env=found)
    assert made(copy) == made(DEMO)
