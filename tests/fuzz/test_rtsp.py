"""The front for RTSP cameras: whatever answers there, the relay passes it on as it understood it, or hangs up and says
why; it neither breaks nor grows."""

import socket
import threading
from contextlib import suppress
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from instantreact.addresses import Login
from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.camera_login import CameraLogin
from instantreact.media.rtsp_messages import Message, MessageSplitter
from instantreact.media.rtsp_relay import RtspRelay
from instantreact.media.source import parse_source
from tests.fuzz.effort import AWKWARD, cuts_of, damaged, effort
from tests.fuzz.hostile_cameras import Behaviour, open_all, repeating
from tests.servers.rtsp import OddPort, RtspScript

CHALLENGES = (
    "Digest",
    "Digest realm",
    "Digest realm=",
    'Digest realm="cam", nonce="1"',
    'Digest realm="cam", nonce="1", qop="auth", algorithm=SHA-256, opaque="x", stale=true',
    'Digest realm="cam", nonce="1", algorithm=MD5-sess',
    'Digest realm="cam", nonce="1", qop="auth-int"',
    'Digest realm="\\"\\\\", nonce=' + '"' * 50,
    "Digest " + "a=b," * 5000,
    "Digest " + ", digest " * 5000,
    'Digest realm="\udcff", nonce="\udc80", nonce="2"',
    "Basic",
    'Basic realm="x", Digest nonce=1, basic realm=y',
    "Negotiate " + "A" * 2000,
    "Bearer realm=x",
    "digest ," + " " * 2000 + "basic ,",
)
HEADERS = st.sampled_from(
    [
        *(f"WWW-Authenticate: {each}" for each in CHALLENGES),
        *(f"CSeq: {each}" for each in ("1", "2", "-1", "0", "x", "٣", "9" * 5000, " 1 ")),
        *(f"Content-Length: {each}" for each in ("0", "4", "-4", "+4", "4, 4", "1e3", "9" * 30, "9" * 5000, "0x4", "")),
        *(f"Transport: {each}" for each in ("RTP/AVP/TCP;interleaved=0-1", "RTP/AVP;unicast;source=10.0.0.1", ";;;=,")),
        "Content-Base: rtsp://127.0.0.2/elsewhere/",
        "Location: rtsp://127.0.0.2/x",
        "Session: " + "s" * 3000,
        "Public: OPTIONS, DESCRIBE",
        " folded",
        "no colon",
        ": no name",
        "\udcff\udcfe: \udc80",
        "X: " + "y" * 60_000,
    ]
)
STARTS = st.sampled_from(
    [
        *("RTSP/1.0 200 OK", "RTSP/1.0 401 Unauthorized", "RTSP/1.0 401 Unauthorized", "RTSP/1.0 404 Not Found"),
        *(
            "RTSP/1.0 302 Moved",
            "RTSP/1.0 000 ",
            "RTSP/1.0 999 ",
            "RTSP/2.0 200 OK",
            "HTTP/1.1 200 OK",
            "RTSP/1.0 99999",
        ),
        *(
            "OPTIONS rtsp://x RTSP/1.0",
            "REDIRECT rtsp://127.0.0.2/x RTSP/1.0",
            "PLAY_NOTIFY * RTSP/1.0",
            "",
            "$",
            "a" * 70_000,
        ),
    ]
)


def write_message(start: str, headers: list[str], body: bytes) -> bytes:
    return "\r\n".join([start, *headers, "", ""]).encode("utf-8", "surrogateescape") + body


BODIES = st.sampled_from([b"", b"", b"abcd", b"v=0\r\n", b"RTSP/1.0 302 Moved\r\n\r\n"])
MESSAGES = st.builds(write_message, STARTS, st.lists(HEADERS, max_size=6), BODIES)
FRAMES = st.binary(max_size=30).map(lambda payload: b"$\x00" + len(payload).to_bytes(2, "big") + payload)
PIECES = st.one_of(MESSAGES, MESSAGES, FRAMES, st.sampled_from([b"\r\n", b"$\x00\xff\xff", b"$", *AWKWARD]))
SAID = st.lists(PIECES, max_size=6).map(b"".join)
MOST_KEPT_BYTES = (1 << 20) + 65_536 + 4


def split(pieces: list[bytes]) -> tuple[list[Message | bytes], str | None, int]:
    """What is found, why no more is, and the most that was kept meanwhile."""
    splitter, found, kept = MessageSplitter(), list[Message | bytes](), 0
    try:
        for piece in pieces:
            found += splitter.split(piece)
            kept = max(kept, len(splitter._rest))
    except StreamLost as error:
        return found, str(error), kept
    return found, None, kept


@given(st.data())
@effort(120)
def test_what_a_camera_says_is_split_the_same_however_it_arrives(data: st.DataObject) -> None:
    said = data.draw(SAID.flatmap(damaged))
    at_once, why, _ = split([said])
    bit_by_bit, why_then, kept = split(data.draw(cuts_of(said)))

    assert why_then == why
    assert kept <= MOST_KEPT_BYTES
    if why is None:
        assert join(bit_by_bit) == join(at_once)
    for each in bit_by_bit:
        if isinstance(each, Message):  # whoever reads what we write reads the same
            ((again,), refused, _) = split([each.encode()])
            assert refused is None
            assert isinstance(again, Message)
            assert (again.start, again.body) == (each.start, each.body)


def join(pieces: list[Message | bytes]) -> bytes:
    return b"".join(each if isinstance(each, bytes) else each.encode() for each in pieces)


def test_long_message_in_tiny_pieces_is_looked_at_once() -> None:
    """Looked at anew with each byte it would take hours."""
    head = b"RTSP/1.0 200 OK\r\nContent-Length: 1000000\r\n" + b"A: b\r\n" * 9000 + b"\r\n"
    splitter = MessageSplitter()
    found = [each for at in range(len(head)) for each in splitter.split(head[at : at + 1])]
    found += [each for _ in range(1_000_000) for each in splitter.split(b"x")]
    assert len(found) == 1


@given(st.lists(st.sampled_from(CHALLENGES) | st.text(max_size=80), max_size=4))
@effort(150)
def test_any_challenge_is_answered_or_not(challenges: list[str]) -> None:
    login = CameraLogin(Login("anna", "secret"))
    if login.take_challenge(challenges):
        answer = login.answer("DESCRIBE", "rtsp://camera/s")
        assert answer is not None
        assert "secret" not in answer


def converse(said: bytes, *, closes: bool) -> tuple[StreamLost | NotAllowed | None, bytes]:
    """Ask through a relay twice; what became of it, and what we heard."""

    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(said)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    heard = b""
    with OddPort(behave) as port:
        source = replace(parse_source(f"rtsp://127.0.0.1:{port.port}/s"), login=Login("anna", "secret"))
        with RtspRelay(source, "127.0.0.1", open_timeout_s=2.0) as relay:
            own = parse_source(relay.url)
            with socket.create_connection(("127.0.0.1", own.port), timeout=0.02) as client, suppress(OSError):
                client.sendall(f"OPTIONS {relay.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
                while part := client.recv(65_536):
                    heard += part
            return relay.failure, heard


@given(SAID, st.booleans())
@example(write_message("RTSP/1.0 200 OK", ["CSeq: " + "9" * 5000], b""), True)
@example(write_message("RTSP/1.0 401 Unauthorized", ["CSeq: 1", "WWW-Authenticate: Digest realm"], b""), True)
@example(write_message("RTSP/1.0 000 ", ["WWW-Authenticate: Digest"], b""), False)
@effort(60)
def test_relay_survives_what_a_camera_says(said: bytes, closes: bool) -> None:
    """An error in its thread would fail the test."""
    failure, heard = converse(said, closes=closes)

    assert failure is None or isinstance(failure, StreamLost | NotAllowed)
    assert b"secret" not in heard
    answers = [each for each in MessageSplitter().split(heard) if isinstance(each, Message) and each.status]
    assert not any(each.find("WWW-Authenticate") for each in answers)


ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
HOSTILE: dict[str, Behaviour] = {
    "headers without end": repeating(ANSWER, b"A: b\r\n"),
    "one header without end": repeating(ANSWER + b"A: ", b"b" * 4096),
    "frames instead of an answer": repeating(b"", b"$\x00\x00\x04abcd" * 500),
    "answers nobody asked for": repeating(b"", ANSWER + b"\r\n"),
    "requests instead of an answer": repeating(b"", b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    "blank lines": repeating(b"", b"\r\n" * 1000),
    "a body that trickles": repeating(ANSWER + b"Content-Length: 1000000\r\n\r\n", b"x", 0.1),
    "a trickle": repeating(ANSWER, b"a", 0.1),
    "a trickle of frames": repeating(b"", b"$\x00\x00\x01a", 0.1),
    "a challenge each time": RtspScript(
        dict.fromkeys(("OPTIONS", "DESCRIBE"), '401 No\r\nWWW-Authenticate: Digest nonce="1"')
    ),
    "a description without end": RtspScript(
        {"DESCRIBE": "200 OK\r\nContent-Type: application/sdp\r\nContent-Length: 1048577"}
    ),
    "no description": RtspScript({"DESCRIBE": "200 OK\r\nContent-Type: application/sdp\r\nContent-Length: 0"}),
    "a session of nonsense": RtspScript({"SETUP": "200 OK\r\nSession: \x01\r\nTransport: ;;=;\xff"}),
    "another port for media": RtspScript({"SETUP": "200 OK\r\nTransport: RTP/AVP/TCP;interleaved=99999-0"}),
}


def test_hostile_cameras_are_given_up_in_time_and_no_thread_stays() -> None:
    before = threading.active_count()

    told = open_all("rtsp", HOSTILE)

    assert {name: said for name, said in told.items() if not said.startswith("is refused: ")} == {}
    assert threading.active_count() == before
