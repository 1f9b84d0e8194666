"""What may be opened and what may not."""

import socket
from pathlib import Path

import pytest

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.reach import ReachPolicy, check_source, resolve_file, resolve_host
from instantreact.media.source import parse_source


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%lo", "::ffff:169.254.169.254", "fd00:ec2::254",
        "100.100.100.200", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "2852039166", "0xA9FEA9FE",
    ],
)  # fmt: skip
def test_resolve_host_refuses_addresses_that_are_no_cameras(host: str) -> None:
    with pytest.raises(NotAllowed):
        resolve_host(host, 554, ReachPolicy())


@pytest.mark.parametrize("host", ["192.168.1.20", "10.0.0.1", "172.16.3.4", "127.0.0.1", "fd12::1"])
def test_resolve_host_takes_private_addresses_unless_forbidden(host: str) -> None:
    assert resolve_host(host, 554, ReachPolicy()) == host
    with pytest.raises(NotAllowed):
        resolve_host(host, 554, ReachPolicy(allow_private=False))


def test_resolve_host_refuses_own_ports_on_own_addresses_only() -> None:
    policy = ReachPolicy(own_ports=lambda: frozenset({8000}))
    for ours in ("127.0.0.1", "127.8.9.1", "localhost", "::ffff:127.0.0.1"):
        with pytest.raises(NotAllowed):
            resolve_host(ours, 8000, policy)
    assert resolve_host("127.0.0.1", 8001, policy) == "127.0.0.1"
    assert resolve_host("192.0.2.7", 8000, policy) == "192.0.2.7"


def test_resolve_host_refuses_own_ports_on_the_machines_own_name() -> None:
    address = socket.gethostbyname(socket.gethostname())
    with pytest.raises(NotAllowed):
        resolve_host(address, 8000, ReachPolicy(own_ports=lambda: frozenset({8000})))


def test_resolve_host_says_so_when_a_name_has_no_address() -> None:
    with pytest.raises(StreamLost, match="cannot be resolved"):
        resolve_host("no-such-camera.invalid", 554, ReachPolicy())


def test_resolve_file_stays_below_the_allowed_folders(tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "allowed-not"
    allowed.mkdir()
    outside.mkdir()
    (allowed / "a.mp4").write_bytes(b"x")
    (outside / "b.mp4").write_bytes(b"x")
    (allowed / "escape.mp4").symlink_to(outside / "b.mp4")
    policy = ReachPolicy(file_folders=(allowed,))

    assert resolve_file(str(allowed / "a.mp4"), policy) == (allowed / "a.mp4").resolve()
    for forbidden in (outside / "b.mp4", allowed / "escape.mp4", allowed / ".." / "allowed-not" / "b.mp4"):
        with pytest.raises(NotAllowed):
            resolve_file(str(forbidden), policy)
    with pytest.raises(StreamLost):
        resolve_file(str(allowed / "none.mp4"), policy)
    with pytest.raises(NotAllowed):
        resolve_file(str(allowed / "a.mp4"), ReachPolicy())


def test_check_source_asks_nothing_of_devices_and_pushed_frames() -> None:
    check_source(parse_source("device:0"), ReachPolicy(allow_private=False))
    check_source(parse_source("push:"), ReachPolicy(allow_private=False))
