"""Who asks, as far as their address tells."""

import ipaddress
from functools import lru_cache


def find_source(client: tuple[str, int] | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which one machine may have all of."""
    return _find_network(client[0]) if client else ""


@lru_cache(maxsize=1024)
def is_inside(source: str, networks: tuple[str, ...]) -> bool:
    """Whether what counts as one address lies in one of these networks."""
    try:
        own = ipaddress.ip_network(source)
    except ValueError:
        return False
    return any(own.version == each.version and (own.overlaps(each)) for each in map(ipaddress.ip_network, networks))


@lru_cache(maxsize=1024)
def _find_network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
