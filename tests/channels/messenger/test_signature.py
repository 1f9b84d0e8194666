import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.signature import appsecret_proof, is_signed

SECRET = "0123456789abcdef0123456789abcdef"
# The contract's vectors, sections 1.1 and 7.4.
PROOF = "558080b299ccfabcdbfaf45bd3a4f6c06b5703c83f3c6d3023c8efc960fef88b"
BODY = (
    rb'{"object":"page","entry":[{"id":"1","time":1700000000000,"messaging":[{"sender":{"id":"42"},'
    rb'"recipient":{"id":"1"},"timestamp":1700000000000,"message":{"mid":"m_1",'
    rb'"text":"\u00e4\u00f6\u00e5 \ud83d\udd25 a\/b \u003Cx\u0040y>"}}]}]}'
)
HEADER = "sha256=9015cc15ef7bbcd645784b1078434832e2642bc303cc112417e5a85e08024603"


def test_appsecret_proof_matches_the_contract_for_its_test_vector() -> None:
    assert appsecret_proof("EAAtesttoken", SECRET) == PROOF


def test_is_signed_accepts_the_contract_s_test_vector() -> None:
    assert json.loads(BODY)["entry"][0]["messaging"][0]["message"]["text"] == "äöå 🔥 a/b <x@y>"
    assert is_signed(BODY, HEADER, SECRET)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_is_signed_refuses_the_body_when_it_was_parsed_and_written_again(ascii_only: bool) -> None:
    again = json.dumps(json.loads(BODY), ensure_ascii=ascii_only, separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(BODY)
    assert not is_signed(again, HEADER, SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        HEADER.removeprefix("sha256="),
        HEADER.upper(),
        HEADER + " ",
        HEADER[:-1],
        "sha1=" + HEADER.removeprefix("sha256="),
        "sha256=é\udcff",
    ],
)
def test_is_signed_refuses_when_the_header_is_absent_or_different(header: str | None) -> None:
    assert not is_signed(BODY, header, SECRET)


def test_is_signed_refuses_when_the_key_is_another() -> None:
    assert not is_signed(BODY, HEADER, "the verify token")


@given(body=st.binary(max_size=200), at=st.integers(0, 199), bit=st.integers(0, 7))
def test_is_signed_refuses_when_one_bit_of_the_body_is_flipped(body: bytes, at: int, bit: int) -> None:
    damaged = bytearray(BODY + body)
    damaged[at] ^= 1 << bit
    assert not is_signed(bytes(damaged), HEADER, SECRET)
