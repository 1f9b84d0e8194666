import pytest

from instantreact.errors import SpeechUnavailable
from instantreact.speech.wit_guard import CircuitBreaker, TokenBucket
from tests.speech.ticking import TickingClock


def make_breaker(clock: TickingClock) -> CircuitBreaker:
    return CircuitBreaker(failures=5, open_s=60, now=clock.now)


def is_shut(breaker: CircuitBreaker) -> bool:
    try:
        breaker.admit()
    except SpeechUnavailable:
        return True
    return False


async def test_bucket_lets_one_through_a_second() -> None:
    clock = TickingClock()
    bucket = TokenBucket(1.0, now=clock.now, sleep=clock.sleep)
    taken = []
    for _ in range(4):
        await bucket.take()
        taken.append(clock.now())
    assert taken == pytest.approx([0, 1, 2, 3])


async def test_bucket_does_not_save_up_when_nobody_asks() -> None:
    clock = TickingClock()
    bucket = TokenBucket(2.0, now=clock.now, sleep=clock.sleep)
    await clock.sleep(100)
    await bucket.take()
    await bucket.take()
    assert clock.now() == pytest.approx(100.5)


def test_breaker_opens_when_five_requests_fail_in_a_row() -> None:
    breaker = make_breaker(TickingClock())
    for _ in range(4):
        breaker.fail("down")
    assert not is_shut(breaker)
    breaker.fail("down")
    with pytest.raises(SpeechUnavailable, match="down") as caught:
        breaker.admit()
    assert caught.value.retry_after_s == pytest.approx(60)


def test_breaker_stays_closed_when_a_success_lies_between_failures() -> None:
    breaker = make_breaker(TickingClock())
    for _ in range(10):
        breaker.fail("down")
        breaker.fail("down")
        breaker.succeed()
    assert not is_shut(breaker)


def test_breaker_lets_one_probe_pass_when_its_time_is_over() -> None:
    clock = TickingClock()
    breaker = make_breaker(clock)
    breaker.shut(60, "down")
    clock.tick(61)
    assert not is_shut(breaker)
    assert is_shut(breaker)


def test_breaker_closes_when_the_probe_succeeds() -> None:
    clock = TickingClock()
    breaker = make_breaker(clock)
    breaker.shut(60, "down")
    clock.tick(61)
    breaker.admit()
    breaker.succeed()
    assert not is_shut(breaker)


def test_breaker_opens_again_for_as_long_when_the_probe_fails() -> None:
    clock = TickingClock()
    breaker = make_breaker(clock)
    breaker.shut(600, "token refused")
    clock.tick(601)
    breaker.admit()
    breaker.fail("still down")
    clock.tick(599)
    assert is_shut(breaker)
    clock.tick(2)
    assert not is_shut(breaker)


def test_breaker_probes_again_when_a_probe_never_came_back() -> None:
    clock = TickingClock()
    breaker = make_breaker(clock)
    breaker.shut(60, "down")
    clock.tick(61)
    breaker.admit()
    clock.tick(61)
    assert not is_shut(breaker)
