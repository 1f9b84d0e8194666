"""Which hosts may be spoken to where others choose them: cameras by their addresses, receivers of webhooks by theirs.

Private networks are where both live; link-local and metadata addresses, and the service's own ports, are never what is
meant. A name is resolved once, every address it has is judged, and the address that was judged is the one opened.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass

from instantreact.errors import NotAllowed

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
        "fd00:ec2::/32",  # AWS
        "fd00:42::42",  # Scaleway
        "fd20:ce::254",  # Google
    )
)
"""Where clouds answer their machines, beside the link-local addresses that all of them use."""

# Where the 32 bits of an IPv4 address lie in IPv6 addresses that lead to it, counted from the right.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped, RFC 4291
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # translated, RFC 2765
    (ipaddress.IPv6Network("::/96"), 0),  # compatible, RFC 4291
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 0),  # NAT64 of one's own, RFC 8215
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
    (ipaddress.IPv6Network("2001::/32"), 64),  # Teredo's server, RFC 4380
)
_TEREDO = ipaddress.IPv6Network("2001::/32")
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214
_IPV4 = 0xFFFF_FFFF


@dataclass(frozen=True)
class HostPolicy:
    """Which hosts may be opened.

    own_ports      the ports of this service now, refused on every address of this machine
    allow_private  whether private and loopback addresses may be opened
    """

    own_ports: Callable[[], frozenset[int]] = frozenset
    allow_private: bool = True


def judge_host(host: str, port: int, policy: HostPolicy) -> list[str]:
    """The addresses of the host, each of which may be opened.

    Raises NotAllowed when any of them is forbidden, OSError or UnicodeError when it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        _check_address(address, port, policy)
    return addresses


def is_public(address: str) -> bool:
    """Whether what is sent to the address may cross the internet."""
    return any(each.is_global for each in _unwrap(ipaddress.ip_address(address.partition("%")[0])))


def _check_address(text: str, port: int, policy: HostPolicy) -> None:
    """Judge an address, and every one that it carries within itself."""
    for address in _unwrap(ipaddress.ip_address(text.partition("%")[0])):
        if address.is_link_local or any(address in network for network in _METADATA):
            raise NotAllowed("Link-local and metadata addresses are not opened.")
        if address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255":
            raise NotAllowed("This address is not one machine's.")
        if not policy.allow_private and not address.is_global:
            raise NotAllowed("Addresses of private networks are forbidden here.")
        if _is_ours(str(address)) and port in policy.own_ports():
            raise NotAllowed("This is a port of the service itself.")


def _unwrap(address: _Address) -> list[_Address]:
    """The address, unless it is only another way to write an IPv4 one; and the IPv4 addresses it may lead to."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    number = int(address)
    carried = [number >> shift & _IPV4 for network, shift in _CARRIERS if address in network and number > 1]
    if address in _TEREDO:
        carried.append(~number & _IPV4)  # the client's, all bits turned
    if number >> 32 & _IPV4 in _ISATAP:
        carried.append(number & _IPV4)
    return [address, *map(ipaddress.IPv4Address, carried)]


def _is_ours(address: str) -> bool:
    """Whether the address belongs to this machine: only then can a socket be bound to it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
