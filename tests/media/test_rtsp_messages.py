"""RTSP cut into messages and frames, however it arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.errors import StreamLost
from instantreact.media.rtsp_messages import Message, MessageSplitter

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 6\r\n\r\n$\x00\r\n\r\n"
ASKED = b"OPTIONS rtsp://camera/s RTSP/1.0\r\nCSeq: 7\r\n\r\n"


def frame(payload: bytes) -> bytes:
    return b"$\x00" + len(payload).to_bytes(2, "big") + payload


PIECES = st.lists(st.one_of(st.just(ANSWER), st.just(ASKED), st.binary(max_size=40).map(frame)), max_size=12)


@given(PIECES, st.lists(st.integers(1, 50), max_size=30))
def test_splitter_finds_the_same_however_it_arrives(pieces: list[bytes], cuts: list[int]) -> None:
    sent = b"".join(pieces)
    splitter, at, found = MessageSplitter(), 0, []
    for length in [*cuts, len(sent)]:
        found += splitter.split(sent[at : at + length])
        at += length
    assert b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in found) == sent
    messages = [piece for piece in found if isinstance(piece, Message)]
    assert [bool(message.status) for message in messages] == [
        piece == ANSWER for piece in pieces if not piece.startswith(b"$")
    ]


def test_splitter_reads_sloppy_cameras() -> None:
    sent = b"\r\nRTSP/1.0  404 Stream Not Found\ncseq:3\nServer: a\n folded\n\nGET_PARAMETER * RTSP/1.0\n\n"
    answer, asked = MessageSplitter().split(sent)
    assert isinstance(answer, Message)
    assert isinstance(asked, Message)
    assert (answer.status, answer.find("CSeq"), answer.find("Server")) == (404, "3", "a folded")
    assert (asked.status, asked.method, asked.url) == (0, "GET_PARAMETER", "*")


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x16\x03\x01",
        b"RTSP/1.0 3020 Moved\r\n\r\n",
        b"RTSP/1.0 000 OK\r\nTransport: RTP/AVP;source=192.0.2.1\r\n\r\n",  # neither an answer nor a request
        "RTSP/1.0 ٣٠٢ Moved\r\nLocation: rtsp://x\r\n\r\n".encode(),
        b"RTSP/1.0 200 OK\rLocation: rtsp://x\r\n\r\n",
        b"garbage\n$\x00\x00\x00\nRTSP/1.0 302 Moved\r\nLocation: rtsp://x\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 20_000,
    ],
)
def test_splitter_refuses_what_is_no_rtsp(sent: bytes) -> None:
    with pytest.raises(StreamLost, match="does not speak RTSP"):
        MessageSplitter().split(sent)


def test_splitter_leaves_out_what_another_reader_might_take_for_more() -> None:
    sent = b"RTSP/1.0 200 OK\r\n$RTSP/1.0 302 Moved\r\nLo\rcation: rtsp://x\r\nCSeq: 1\r\nCSeq: 2\r\n\r\n"
    (message,) = MessageSplitter().split(sent)
    assert isinstance(message, Message)
    assert message.having("CSeq", "9").encode() == b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"
