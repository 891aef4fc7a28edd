"""A child for the supervisor's tests: tells its pid and its grandchild's, as a server with a worker of its own."""

import os
import signal
import sys
import time
from pathlib import Path

from kulanz.base.process import stop_event, tie_forked_children, tie_to_starter


def main(mode: str, told: Path) -> None:
    tie_to_starter()
    if mode == "dies":
        with told.open("a") as file:
            file.write(f"{os.getpid()}\n")
        raise SystemExit(3)
    tie_forked_children()
    grandchild = os.fork()
    if grandchild == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    stop = stop_event(60)
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with told.open("a") as file:
        file.write(f"{os.getpid()} {grandchild}\n")
    stop.wait(600)
    os.kill(grandchild, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
