"""A clock whose sleepers do not wait."""

import asyncio


class TickingClock:
    """Counts seconds from 0; to sleep is to let them pass."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since it was made."""
        return self._now_s

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass and remember them."""
        self.slept.append(seconds)
        self.tick(seconds)
        await asyncio.sleep(0)
