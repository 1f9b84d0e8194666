import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.graph_errors import (
    ECHO_WAIT_S,
    RATE_WAIT_S,
    RESTRICTED_WAIT_S,
    FailureKind,
    GraphFailure,
    classify,
    error_for,
    read_failure,
)
from instantreact.errors import (
    ChannelBroken,
    ChannelRestricted,
    ChatWindowClosed,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    RecipientUnreachable,
)

ANYTHING = 999_999
"""A subcode that no row names."""

# The contract's section 5, row by row. An unnamed subcode stands for "other", "any" and "-".
TABLE: list[tuple[int, int | None, FailureKind]] = [
    (1, 99, FailureKind.RETRY),
    (1, None, FailureKind.RETRY),
    (1, 1357046, FailureKind.AMBIGUOUS),
    (1, 2018382, FailureKind.PAYLOAD),
    (2, None, FailureKind.RETRY),
    (2, 2018344, FailureKind.CONFIG),
    (4, None, FailureKind.RATE),
    (4, 2018022, FailureKind.RATE),
    (9, 2018352, FailureKind.RATE),
    (10, 2018278, FailureKind.WINDOW),
    (10, 2018065, FailureKind.WINDOW),
    (10, 2534022, FailureKind.WINDOW),
    (10, 2018108, FailureKind.RECIPIENT),
    (10, 1893063, FailureKind.RETRY_SLOW),
    (10, None, FailureKind.CONFIG),
    (10, ANYTHING, FailureKind.CONFIG),
    (17, None, FailureKind.RATE),
    (32, None, FailureKind.RATE),
    (100, 2018001, FailureKind.RECIPIENT),
    (100, 33, FailureKind.CONFIG),
    (100, 2018034, FailureKind.PAYLOAD),
    (100, 2018109, FailureKind.PAYLOAD),
    (100, 2018008, FailureKind.PAYLOAD),
    (100, 2018047, FailureKind.PAYLOAD),
    (100, 2018074, FailureKind.PAYLOAD),
    (100, 2018294, FailureKind.PAYLOAD),
    (100, 2534029, FailureKind.CONFIG),
    (100, None, FailureKind.PAYLOAD),
    (100, ANYTHING, FailureKind.PAYLOAD),
    (105, None, FailureKind.PAYLOAD),
    (194, None, FailureKind.PAYLOAD),
    *((190, subcode, FailureKind.AUTH) for subcode in (458, 459, 460, 463, 464, 467, 490, 2069032, None)),
    (200, 1545041, FailureKind.RECIPIENT),
    (200, 2018028, FailureKind.RECIPIENT),
    (200, 2018027, FailureKind.CONFIG),
    (200, 2018021, FailureKind.CONFIG),
    (200, 2534041, FailureKind.AUTH),
    (200, None, FailureKind.CONFIG),
    (200, ANYTHING, FailureKind.CONFIG),
    (230, None, FailureKind.CONFIG),
    (368, None, FailureKind.RETRY_SLOW),
    (551, 1545041, FailureKind.RECIPIENT),
    (551, None, FailureKind.RECIPIENT),
    (613, None, FailureKind.RATE),
    (613, ANYTHING, FailureKind.RATE),
    (1200, None, FailureKind.RETRY),
    (2022, None, FailureKind.CONFIG),
    (10303, None, FailureKind.PAYLOAD),
    (10900, None, FailureKind.RECIPIENT),
    (10903, None, FailureKind.RECIPIENT),
    (10904, None, FailureKind.CONFIG),
    (80006, None, FailureKind.RATE),
]


def make_failure(code: int | None = None, subcode: int | None = None, status: int = 400) -> GraphFailure:
    return GraphFailure(status, "(#1) something happened", code, subcode, "AdSBrmIpW02")


@pytest.mark.parametrize(("code", "subcode", "kind"), TABLE)
def test_classify_follows_the_contract_for_each_row(code: int, subcode: int | None, kind: FailureKind) -> None:
    assert classify(make_failure(code, subcode)) is kind


@pytest.mark.parametrize(("code", "subcode", "kind"), TABLE)
@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_classify_looks_at_the_status_last_when_the_code_is_known(
    code: int, subcode: int | None, kind: FailureKind, status: int
) -> None:
    assert classify(make_failure(code, subcode, status)) is kind


@pytest.mark.parametrize("code", [None, 31_337])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, FailureKind.RETRY),
        (502, FailureKind.RETRY),
        (503, FailureKind.RETRY),
        (408, FailureKind.RETRY),
        (429, FailureKind.RETRY),
        (302, FailureKind.RETRY),
        (400, FailureKind.RETRY),
        (401, FailureKind.AUTH),
        (403, FailureKind.CONFIG),
        (404, FailureKind.CONFIG),
        (200, FailureKind.AMBIGUOUS),
    ],
)
def test_classify_goes_by_the_status_when_the_code_is_absent_or_new(
    code: int | None, status: int, kind: FailureKind
) -> None:
    assert classify(make_failure(code, status=status)) is kind


@pytest.mark.parametrize(
    "message",
    ["Invalid appsecret_proof provided in the API argument", "API calls require an appsecret_proof argument"],
)
def test_classify_blames_the_set_up_when_graph_refuses_the_proof(message: str) -> None:
    assert classify(GraphFailure(400, message, code=100)) is FailureKind.CONFIG


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (make_failure(2), DeliveryDeferred),
        (make_failure(613), DeliveryDeferred),
        (make_failure(1, 1357046), DeliveryDeferred),
        (make_failure(368), ChannelRestricted),
        (make_failure(10, 2018278), ChatWindowClosed),
        (make_failure(551, 1545041), RecipientUnreachable),
        (make_failure(100), DeliveryRefused),
        (make_failure(190, 463), ChannelBroken),
        (make_failure(230), ChannelBroken),
    ],
)
def test_error_for_raises_one_type_a_class_and_says_what_graph_said(
    failure: GraphFailure, kind: type[DeliveryError]
) -> None:
    error = error_for(failure)
    assert type(error) is kind
    for fact in (failure.message, f"code {failure.code}", "HTTP 400", "trace AdSBrmIpW02"):
        assert fact in str(error)


@pytest.mark.parametrize(
    ("failure", "regain_access_s", "retry_after_s", "ambiguous"),
    [
        (make_failure(2), 0.0, None, False),
        (make_failure(2), 120.0, None, False),
        (make_failure(613), 0.0, RATE_WAIT_S, False),
        (make_failure(613), 180.0, 180.0, False),
        (make_failure(1, 1357046), 0.0, ECHO_WAIT_S, True),
        (make_failure(status=200), 0.0, ECHO_WAIT_S, True),
        (make_failure(10, 1893063), 0.0, RESTRICTED_WAIT_S, False),
        (make_failure(status=503), 0.0, None, False),
    ],
)
def test_error_for_says_how_long_to_wait_and_whether_the_message_may_have_been_taken(
    failure: GraphFailure, regain_access_s: float, retry_after_s: float | None, ambiguous: bool
) -> None:
    error = error_for(failure, regain_access_s=regain_access_s)
    assert isinstance(error, DeliveryDeferred)
    assert (error.retry_after_s, error.ambiguous) == (retry_after_s, ambiguous)


def test_read_failure_takes_every_field_when_graph_answers_in_full() -> None:
    error = {
        "message": "(#10) outside of allowed window.",
        "type": "OAuthException",
        "code": 10,
        "error_subcode": 2018278,
        "fbtrace_id": "AdSB",
    }
    failure = read_failure(400, json.dumps({"error": error}).encode())
    assert failure == GraphFailure(400, "(#10) outside of allowed window.", 10, 2018278, "AdSB")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Sorry</html>", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 5000, None),
        (b'{"error":"oops"}', None),
        (b'{"error":{"code":true}}', None),
        (b'{"error":{"code":"613"}}', 613),
        (b'{"error":{"code":613,"message":7,"fbtrace_id":[]}}', 613),
    ],
)
def test_read_failure_leaves_out_what_it_cannot_read_when_the_body_is_odd(body: bytes, code: int | None) -> None:
    failure = read_failure(502, body)
    assert (failure.code, failure.trace_id) == (code, None)
    assert "502" in failure.message


def test_without_stars_out_secrets_when_graph_quotes_them() -> None:
    failure = GraphFailure(401, "Malformed access token EAAx", 190).without(("EAAx", "s3cret"))
    assert failure.message == "Malformed access token ***"


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_error_for_has_an_answer_for_any_bytes(status: int, body: bytes) -> None:
    assert isinstance(error_for(read_failure(status, body)), DeliveryError)


@given(
    status=st.integers(100, 599),
    code=st.none() | st.sampled_from([row[0] for row in TABLE]) | st.integers(),
    subcode=st.none() | st.sampled_from([row[1] for row in TABLE]) | st.integers() | st.text(max_size=3),
)
def test_error_for_has_an_answer_for_any_code(status: int, code: object, subcode: object) -> None:
    body = json.dumps({"error": {"code": code, "error_subcode": subcode}}).encode()
    assert isinstance(error_for(read_failure(status, body)), DeliveryError)
