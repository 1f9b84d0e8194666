"""`instantreact` in a hurry, for campaigns of faults: `python -m benchmarks.hasty serve ...`.

Nothing is changed but numbers: Messenger's own pace (20 a second for a Page, one a second for a person) is lifted, an
answer of Graph is waited for 6 seconds instead of 20, and the waits between tries, Retry-After included, are a
fifth.
"""

from random import Random

from instantreact.channels.messenger import channel, setup
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.cli import main
from instantreact.jobs import worker
from instantreact.jobs.retry import Backoff, delay_s

HASTE = 5.0
REPLY_TIMEOUT_S = 6.0


def hurry() -> None:
    """Put the numbers in place of the product's."""

    def soon(backoff: Backoff, attempt: int, *, random: Random, retry_after_s: float | None = None) -> float:
        return delay_s(backoff, attempt, random=random, retry_after_s=retry_after_s) / HASTE

    def account(**values: str | None) -> MessengerAccount:
        return MessengerAccount(**values, reply_timeout_s=REPLY_TIMEOUT_S)  # type: ignore[arg-type]

    worker.delay_s = soon  # type: ignore[attr-defined]
    setup.MessengerAccount = account  # type: ignore[attr-defined, assignment]
    channel.Pacer = lambda: Pacer(page_per_s=1e6, person_interval_s=0.0)  # type: ignore[attr-defined, assignment, misc]


if __name__ == "__main__":
    hurry()
    main()
