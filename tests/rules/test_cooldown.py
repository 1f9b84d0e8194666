from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from instantreact.rules.cooldown import is_quiet

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_is_quiet_is_false_when_nothing_was_alerted_before() -> None:
    assert not is_quiet(60.0, None, now=NOON)


@given(st.floats(0, 1e5), st.floats(-2e5, 2e5))
def test_is_quiet_holds_exactly_within_the_cooldown_on_either_side(cooldown_s: float, apart_s: float) -> None:
    apart = timedelta(seconds=apart_s)
    assert is_quiet(cooldown_s, NOON, now=NOON + apart) == (abs(apart) < timedelta(seconds=cooldown_s))
