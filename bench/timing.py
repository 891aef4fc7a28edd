"""Figures of many timed calls."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values were measured")
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def p50(values: Sequence[float]) -> float:
    return percentile(values, 0.50)


def p95(values: Sequence[float]) -> float:
    return percentile(values, 0.95)


def scale() -> float:
    """KULANZ_BENCH_SCALE: a share of every count, to try a bench quickly. Its figures then say nothing."""
    return float(os.environ.get("KULANZ_BENCH_SCALE", "1"))


def scaled(count: int, least: int = 1) -> int:
    return max(round(count * scale()), least)
