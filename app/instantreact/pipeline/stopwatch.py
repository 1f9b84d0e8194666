"""How long each stage of an analysis took."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Histogram


class Stopwatch:
    """Adds up the time spent in named stages; `histograms` are told of each stretch of theirs."""

    def __init__(self, histograms: "Mapping[str, Histogram] | None" = None) -> None:
        self._histograms = histograms or {}
        self._started = time.perf_counter()
        self._spent_s: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the `with` block to `stage`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            took_s = time.perf_counter() - started
            self._spent_s[stage] += took_s
            if stage in self._histograms:
                self._histograms[stage].observe(took_s)

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds of each stage, and of everything as `total`."""
        total_s = time.perf_counter() - self._started
        return {stage: round(1000 * spent, 1) for stage, spent in {**self._spent_s, "total": total_s}.items()}
