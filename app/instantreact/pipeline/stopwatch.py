"""How long each stage of an analysis took."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the time spent in named stages."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._spent_s: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the `with` block to `stage`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._spent_s[stage] += time.perf_counter() - started

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds of each stage, and of everything as `total`."""
        total_s = time.perf_counter() - self._started
        return {stage: round(1000 * spent, 1) for stage, spent in {**self._spent_s, "total": total_s}.items()}
