"""How long to wait before the next try: exponential back-off with full jitter.

Full jitter spreads best those that failed together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Backoff:
    """The longest wait is `base_s` after the first try, doubles with each, and never exceeds `cap_s`."""

    base_s: float = 1.0
    cap_s: float = 300.0

    def longest_s(self, attempt: int) -> float:
        """The longest wait after try number `attempt`, counted from 1."""
        doublings = min(attempt - 1, 64)  # beyond, the power would overflow long after the cap is reached
        return min(self.cap_s, self.base_s * 2.0**doublings)


def delay_s(backoff: Backoff, attempt: int, *, random: Random, retry_after_s: float | None = None) -> float:
    """Seconds to wait after try number `attempt` failed: anything up to the longest wait.

    Where the other side said when to come back, it is added: never earlier, and not all at once.
    """
    return (retry_after_s or 0.0) + random.uniform(0.0, backoff.longest_s(attempt))
