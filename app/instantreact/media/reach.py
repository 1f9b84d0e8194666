"""Which hosts and files a source may open.

Private networks are where cameras live; link-local and metadata addresses, and the service's own ports, are never
cameras. A name is resolved once, every address it has is judged, and the address that was judged is the one opened.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.source import Scheme, Source

SENDS_ELSEWHERE = "The camera sends us to another address; give that address as its source."
"""What a redirect off the camera is answered with: the policy judged another address."""

_METADATA = frozenset(
    ipaddress.ip_address(address) for address in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)


@dataclass(frozen=True)
class ReachPolicy:
    """What may be opened.

    file_folders   files only below these
    own_ports      the ports of this service now, refused on every address of this machine
    allow_private  whether private and loopback addresses may be opened
    """

    file_folders: tuple[Path, ...] = ()
    own_ports: Callable[[], frozenset[int]] = frozenset
    allow_private: bool = True


def check_source(source: Source, policy: ReachPolicy) -> None:
    """Raise NotAllowed where the policy forbids the source, StreamLost where its host has no address now."""
    if source.scheme is Scheme.FILE:
        resolve_file(source.path, policy)
    elif source.host:
        resolve_host(source.host, source.port, policy)


def resolve_file(path: str, policy: ReachPolicy) -> Path:
    """The real path, links followed. Raises NotAllowed outside the allowed folders, StreamLost where no file is."""
    real = Path(path).resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in policy.file_folders):
        raise NotAllowed("This file does not lie below a folder that cameras may be read from.")
    if not real.is_file():
        raise StreamLost("There is no such file.")
    return real


def resolve_host(host: str, port: int, policy: ReachPolicy) -> str:
    """The address to open. Raises NotAllowed when any address of the host is forbidden, StreamLost when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise StreamLost(f"The name of the host cannot be resolved: {error.strerror or error}.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        _check_address(address, port, policy)
    return addresses[0]


def _check_address(text: str, port: int, policy: ReachPolicy) -> None:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if address.is_link_local or address in _METADATA:
        raise NotAllowed("Link-local and metadata addresses are not opened.")
    if address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255":
        raise NotAllowed("This address is not one machine's.")
    if not policy.allow_private and not address.is_global:
        raise NotAllowed("Addresses of private networks are forbidden here.")
    if _is_ours(str(address)) and port in policy.own_ports():
        raise NotAllowed("This is a port of the service itself.")


def _is_ours(address: str) -> bool:
    """Whether the address belongs to this machine: only then can a socket be bound to it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
