"""The benches lie beside `src`. This folder is no package: it would hide theirs, which has the same name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
