"""How many answers without end there may be: of news, of walls."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException


@dataclass(frozen=True)
class StreamLimit:
    """How many streams there may be and how long.

    from_address  at once
    of_principal  at once
    beat_s        after so long without news a sign of life is sent
    life_s        after so long it ends, and whoever opens it anew is looked at anew
    """

    from_address: int = 16
    of_principal: int = 64
    beat_s: float = 15.0
    life_s: float = 300.0


class StreamRoom:
    """Counts those that are open."""

    def __init__(self, limit: StreamLimit) -> None:
        self._limit = limit
        self._open: Counter[tuple[str, str]] = Counter()

    def enter(self, source: str, principal: str) -> Callable[[], None]:
        """One more; what is returned says that it is over.

        Raises an HTTPException with 429 where there are too many.
        """
        places = (("address", source), ("principal", principal))
        limits = (self._limit.from_address, self._limit.of_principal)
        if any(self._open[place] >= limit for place, limit in zip(places, limits, strict=True)):
            detail = "Too many streams are open from this address, or with this key; close one."
            raise HTTPException(429, detail, headers={"Retry-After": "10"})
        self._open.update(places)

        def leave() -> None:
            self._open.subtract(places)
            self._open += Counter()  # forgets those that have none

        return leave

    def count(self) -> int:
        """How many are open."""
        return sum(number for (kind, _), number in self._open.items() if kind == "address")
