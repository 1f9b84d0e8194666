import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.payloads import find_answer, write_payload
from instantreact.domain.alert import Answer, AnswerKind


@given(kind=st.sampled_from(AnswerKind), alert_id=st.uuids().map(lambda value: value.hex))
def test_find_answer_reads_what_write_payload_wrote(kind: AnswerKind, alert_id: str) -> None:
    payload = write_payload(Answer(kind, alert_id))
    assert find_answer(payload) == Answer(kind, alert_id)
    assert len(payload) <= 1000


@pytest.mark.parametrize(
    ("payload", "answer"),
    [("ACK:0f6c", Answer(AnswerKind.ACKNOWLEDGE, "0f6c")), ("FALSE:0f6c", Answer(AnswerKind.DISMISS, "0f6c"))],
)
def test_find_answer_knows_both_prefixes(payload: str, answer: Answer) -> None:
    assert find_answer(payload) == answer


@pytest.mark.parametrize(
    "payload", ["", "ACK", "ACK:", "ack:1", " ACK:1", "ACK:1\n", "ACK:1;x", "ACK:" + "a" * 65, "GET_STARTED", "ACK:é"]
)
def test_find_answer_finds_none_when_the_payload_is_not_ours(payload: str) -> None:
    assert find_answer(payload) is None
