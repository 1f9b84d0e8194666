"""The relay between FFmpeg and an RTSP camera, spoken to by a client of our own."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from instantreact.addresses import Login
from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.rtsp_relay import RtspRelay
from instantreact.media.source import parse_source
from tests.servers.rtsp import OddPort, RtspScript

FRAME = b"$\x00\x00\x04abcd"


class NonceOnce:
    """A camera that takes each nonce for one request only."""

    def __init__(self) -> None:
        self.nonce = 0
        self.answered: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        while request := connection.recv(4096).decode():
            sequence = re.search(r"CSeq: \d+", request)
            assert sequence
            status = "200 OK"
            if f'nonce="{self.nonce}"' in request:
                self.answered.append(request.partition(" ")[0])
                self.nonce += 1
            else:
                self.nonce += 1
                status = f'401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", nonce="{self.nonce}", stale=true'
            connection.sendall(f"RTSP/1.0 {status}\r\n{sequence[0]}\r\n\r\n".encode())


@contextmanager
def relayed(port: int, path: str = "/s") -> Iterator[tuple[RtspRelay, socket.socket]]:
    source = replace(parse_source(f"rtsp://127.0.0.1:{port}{path}"), login=Login("anna", "secret"))
    with RtspRelay(source, "127.0.0.1", open_timeout_s=2.0) as relay, connected(relay) as client:
        yield relay, client


@contextmanager
def connected(relay: RtspRelay) -> Iterator[socket.socket]:
    own_port = parse_source(relay.url).port
    with socket.create_connection(("127.0.0.1", own_port), timeout=5) as client:
        yield client


def ask(client: socket.socket, method: str, url: str, sequence: int) -> str:
    client.sendall(f"{method} {url} RTSP/1.0\r\nCSeq: {sequence}\r\n\r\n".encode())
    return client.recv(4096).decode()


def wait_for_end(client: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while part := client.recv(4096):
            received += part
    return received


def test_relay_answers_each_time_a_camera_asks_anew() -> None:
    camera = NonceOnce()
    with OddPort(camera) as port, relayed(port.port) as (relay, client):
        answers = [ask(client, method, relay.url, number) for number, method in enumerate(["OPTIONS", "PLAY"], 41)]
    assert [answer.split("\r\n")[:2] for answer in answers] == [
        ["RTSP/1.0 200 OK", "CSeq: 41"],
        ["RTSP/1.0 200 OK", "CSeq: 42"],
    ]
    assert camera.answered == ["OPTIONS", "PLAY"]


def test_relay_passes_a_refusal_on_without_asking_twice() -> None:
    refusal = '401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", nonce="1"'
    camera = RtspScript({"OPTIONS": refusal})
    with OddPort(camera) as port, relayed(port.port) as (relay, client):
        assert ask(client, "OPTIONS", relay.url, 1) == "RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n"
    assert len(camera.requests) == 2
    assert not any("secret" in line for request in camera.requests for line in request)


def test_relay_passes_frames_on_as_they_are_until_the_camera_sends_elsewhere() -> None:
    hears: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        hears.append(connection.recv(4096))
        connection.sendall(FRAME + FRAME[:5])
        hears.append(connection.recv(4096))
        connection.sendall(FRAME[5:] + b"RTSP/1.0 301 Moved\r\nLocation: rtsp://127.0.0.2/x\r\n\r\n")

    with OddPort(behave) as port, relayed(port.port) as (relay, client):
        client.sendall(f"PLAY {relay.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert client.recv(4096) == FRAME
        client.sendall(FRAME)
        assert wait_for_end(client) == FRAME
        failure = relay.failure
    assert hears[1] == FRAME
    assert isinstance(failure, NotAllowed)


@pytest.mark.parametrize("token", ["", "/0123456789abcdef0123456789abcdef"])
def test_relay_serves_nobody_who_does_not_know_its_url(token: str) -> None:
    camera = RtspScript()
    with OddPort(camera) as port, relayed(port.port) as (relay, client):
        own = relay.url.removesuffix("/s").rpartition("/")[0]
        client.sendall(f"DESCRIBE {own}{token}/s RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert wait_for_end(client) == b""
    assert camera.requests == []


def test_relay_takes_one_connection_only() -> None:
    with OddPort(RtspScript()) as port, relayed(port.port) as (relay, client):
        assert ask(client, "OPTIONS", relay.url, 1).startswith("RTSP/1.0 200 OK")
        with pytest.raises(ConnectionRefusedError), connected(relay):
            pass


def test_relay_ends_when_it_is_closed_before_anybody_came() -> None:
    before = threading.active_count()
    with OddPort(RtspScript()) as port:
        source = parse_source(f"rtsp://127.0.0.1:{port.port}/s")
        with RtspRelay(source, "127.0.0.1", open_timeout_s=2.0) as relay:
            assert isinstance(relay.failure, StreamLost)
        assert threading.active_count() == before + 1
