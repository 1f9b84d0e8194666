"""How hard Wit.ai may be asked: a token bucket for its rate limit, a circuit breaker for its bad days."""

from collections.abc import Awaitable, Callable

from instantreact.errors import SpeechUnavailable

Now = Callable[[], float]
"""Seconds on a clock that never goes back."""
Sleep = Callable[[float], Awaitable[None]]


class TokenBucket:
    """Lets one request through every `1 / rate_per_s` seconds; the others wait their turn."""

    def __init__(self, rate_per_s: float, *, now: Now, sleep: Sleep) -> None:
        self._interval_s = 1 / rate_per_s
        self._now = now
        self._sleep = sleep
        self._next_at = now()

    async def take(self) -> None:
        """Wait until the next request may be sent."""
        at = max(self._now(), self._next_at)
        self._next_at = at + self._interval_s
        if at > self._now():
            await self._sleep(at - self._now())


class CircuitBreaker:
    """Keeps requests away from a service that fails: after `failures` in a row for `open_s`, then lets one probe pass.

    A probe that neither succeeds nor fails (it was cancelled) is followed by the next one after the same time.
    """

    def __init__(self, *, failures: int, open_s: float, now: Now) -> None:
        self._limit = failures
        self._open_s = open_s
        self._now = now
        self._failed = 0
        self._shut_for_s: float | None = None
        self._shut_until = 0.0
        self._reason = ""

    @property
    def fault(self) -> str | None:
        """Why requests are kept away, until one has succeeded; None while all is well."""
        return None if self._shut_for_s is None else self._reason

    def admit(self) -> None:
        """Let a request pass, or raise SpeechUnavailable that says why not and until when."""
        if self._shut_for_s is None:
            return
        left_s = self._shut_until - self._now()
        if left_s > 0:
            raise SpeechUnavailable(self._reason, retry_after_s=left_s)
        self._shut_until = self._now() + self._shut_for_s  # this request is the probe; the others keep waiting

    def succeed(self) -> None:
        """The service answered: all is well."""
        self._failed = 0
        self._shut_for_s = None

    def fail(self, reason: str) -> None:
        """A request failed; the last of `failures` in a row, or a probe, shuts the circuit."""
        self._failed += 1
        if self._failed >= self._limit or self._shut_for_s is not None:
            self.shut(self._shut_for_s or self._open_s, reason)

    def shut(self, for_s: float, reason: str) -> None:
        """Keep every request away for `for_s` seconds."""
        self._shut_for_s = for_s
        self._shut_until = self._now() + for_s
        self._reason = reason
