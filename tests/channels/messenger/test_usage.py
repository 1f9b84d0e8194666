import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.graph import Usage, read_usage

BUSINESS = "x-business-use-case-usage"


def make_header(**figures: object) -> str:
    return json.dumps({"1000": [{"type": "messenger", **figures}]})


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        ({BUSINESS: make_header(call_count=33, total_cputime=12, total_time=25)}, Usage(33.0)),
        ({BUSINESS: make_header(call_count=5, total_time=99, estimated_time_to_regain_access=3)}, Usage(99.0, 180.0)),
        ({"x-app-usage": '{"call_count":7,"total_time":8,"total_cputime":9}'}, Usage(9.0)),
        ({"x-app-usage": '{"call_count":7}', BUSINESS: make_header(call_count=6)}, Usage(7.0)),
        ({BUSINESS: "not json"}, Usage()),
        ({BUSINESS: make_header(call_count="many", total_time=True, total_cputime=-1)}, Usage()),
        ({BUSINESS: '{"1000":[{"call_count":NaN,"estimated_time_to_regain_access":Infinity}]}'}, Usage()),
    ],
)
def test_read_usage_takes_the_fullest_allowance_and_minutes_as_seconds(headers: dict[str, str], usage: Usage) -> None:
    assert read_usage(headers) == usage


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(value=JSON, record=st.dictionaries(st.sampled_from(["call_count", "estimated_time_to_regain_access"]), JSON))
def test_read_usage_gives_finite_figures_for_any_header(value: object, record: dict[str, object]) -> None:
    for header in (value, record, {"1000": [record]}):
        usage = read_usage({BUSINESS: json.dumps(header)})
        assert 0 <= usage.percent <= 1_000_000
        assert 0 <= usage.regain_access_s <= 60_000_000
