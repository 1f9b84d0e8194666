"""What may be opened and what may not."""

import socket
from pathlib import Path

import pytest

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.reach import ReachPolicy, check_source, is_address, resolve_file, resolve_host
from instantreact.media.source import parse_source


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%lo", "::ffff:169.254.169.254", "fd00:ec2::254",
        "100.100.100.200", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "2852039166", "0xA9FEA9FE",
        "168.63.129.16", "0xa83f8110", "0250.077.0201.020", "0251.0376.43518", "192.0.0.192", "fd00:42::42",
        "fd00:ec2::23",
        "64:ff9b::169.254.169.254", "64:ff9b::168.63.129.16", "64:ff9b:1::100.100.100.200",  # NAT64
        "2002:a9fe:a9fe::1", "2002:a83f:8110::", "2002:6464:64c8:1::5",  # 6to4
        "::169.254.169.254", "::ffff:168.63.129.16", "::ffff:0:169.254.169.254",  # compatible, mapped, translated
        "2001:0:a9fe:a9fe::1", "2001:0:1:2::5601:5601",  # Teredo: its server, its client with all bits turned
        "fe80::5efe:169.254.169.254", "2001:db8::5efe:a9fe:a9fe", "2001:db8::200:5efe:a83f:8110",  # ISATAP
        "64:ff9b::224.0.0.1", "64:ff9b::0.0.0.0",
    ],
)  # fmt: skip
def test_resolve_host_refuses_addresses_that_are_no_cameras(host: str) -> None:
    with pytest.raises(NotAllowed):
        resolve_host(host, 554, ReachPolicy())


@pytest.mark.parametrize("host", ["64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:db8::5efe:10.0.0.1", "::127.0.0.1"])
def test_resolve_host_sees_private_addresses_within_others(host: str) -> None:
    assert resolve_host(host, 554, ReachPolicy())
    with pytest.raises(NotAllowed, match="private"):
        resolve_host(host, 554, ReachPolicy(allow_private=False))


@pytest.mark.parametrize("host", ["64:ff9b::127.0.0.1", "2002:7f00:1::", "::127.0.0.1", "127.1", "0x7f000001"])
def test_resolve_host_refuses_own_ports_in_every_writing(host: str) -> None:
    with pytest.raises(NotAllowed, match="port of the service"):
        resolve_host(host, 8000, ReachPolicy(own_ports=lambda: frozenset({8000})))


@pytest.mark.parametrize("host", ["2606:4700::1111", "64:ff9b::8.8.8.8", "2a00:1450:4001::200e", "8.8.8.8"])
def test_resolve_host_takes_public_addresses(host: str) -> None:
    assert resolve_host(host, 554, ReachPolicy())


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b", "\ud800.example"])
def test_resolve_host_says_so_when_a_name_cannot_be_one(host: str) -> None:
    with pytest.raises(StreamLost, match="cannot be resolved"):
        resolve_host(host, 554, ReachPolicy())


def test_is_address_knows_every_form_that_the_system_reads() -> None:
    assert all(map(is_address, ["10.0.0.1", "fe80::1", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "127.1"]))
    assert not any(map(is_address, ["camera.lan", "localhost", "10.0.0.1.example", ""]))


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
