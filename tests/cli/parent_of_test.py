"""A supervisor in a process of its own: `parent_of_test.py MODE=FILE …`."""

import sys
from pathlib import Path

from kulanz.cli.supervisor import Child, Supervisor

CHILD = Path(__file__).with_name("child_of_test.py")


def main(words: list[str]) -> None:
    children = []
    for word in words:
        mode, told = word.split("=", 1)
        children.append(Child(mode, [sys.executable, str(CHILD), mode, told]))
    Supervisor(children, lambda text: print(text, file=sys.stderr, flush=True)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
