from random import Random

from hypothesis import given
from hypothesis import strategies as st

from instantreact.jobs.retry import Backoff, delay_s

BACKOFFS = st.builds(Backoff, base_s=st.floats(0.01, 60), cap_s=st.floats(60, 3600))


@given(BACKOFFS, st.integers(1, 10_000), st.randoms(use_true_random=False))
def test_delay_s_is_never_longer_than_the_longest_wait(backoff: Backoff, attempt: int, random: Random) -> None:
    assert 0 <= delay_s(backoff, attempt, random=random) <= backoff.longest_s(attempt) <= backoff.cap_s


@given(BACKOFFS, st.integers(1, 100))
def test_longest_s_doubles_until_the_cap(backoff: Backoff, attempt: int) -> None:
    assert backoff.longest_s(attempt + 1) == min(backoff.cap_s, 2 * backoff.longest_s(attempt))


@given(BACKOFFS, st.integers(1, 100), st.floats(0, 1e6))
def test_delay_s_never_comes_back_earlier_than_asked(backoff: Backoff, attempt: int, retry_after_s: float) -> None:
    assert delay_s(backoff, attempt, random=Random(1), retry_after_s=retry_after_s) >= retry_after_s


def test_delay_s_spreads_those_that_failed_together() -> None:
    random = Random(5)
    waits = [delay_s(Backoff(base_s=10.0), 1, random=random) for _ in range(1000)]
    assert min(waits) < 1 < 9 < max(waits)
    assert 4 < sum(waits) / len(waits) < 6
