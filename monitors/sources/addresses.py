"""Which network addresses lie in public: pure, and the one place that decides it.

The lists follow IANA's special-purpose address registries. They are written out because the answers of
``ipaddress.is_global`` changed between Python versions (3.11.10, 3.12.4).
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; Alibaba's metadata service lives here (GHSA-gwph)
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform service, in public space and reachable from inside only
        "169.254.0.0/16",  # link-local; most clouds' metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.0.2.0/24",
        "192.88.99.0/24",  # the retired 6to4 relay
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo is looked into before, ORCHID and benchmarks stay here
        "2001:db8::/32",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: Address) -> bool:
    """Whether the address, and every IPv4 address hidden in it, is reachable by everyone."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    hidden = tuple(_hidden_in(address))
    if hidden and _is_a_wrapping(address):
        return all(is_public(inner) for inner in hidden)
    return _is_public_6(address) and all(is_public(inner) for inner in hidden)


def read_address(host: str) -> Address | None:
    """Give the address a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_public_6(address: IPv6Address) -> bool:
    return (
        address.scope_id is None and address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
    )


def _is_a_wrapping(address: IPv6Address) -> bool:
    # Blocks outside of public space that carry traffic to an IPv4 address: what is inside decides alone.
    return address.ipv4_mapped is not None or address in _NAT64 or address in _TEREDO


def _hidden_in(address: IPv6Address) -> Iterator[IPv4Address]:
    packed = address.packed
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address in _NAT64:
        yield IPv4Address(packed[12:])
    if address in _SIX_TO_FOUR:
        yield IPv4Address(packed[2:6])
    if address.teredo is not None:
        yield from address.teredo
    if int.from_bytes(packed[8:12]) in _ISATAP:
        yield IPv4Address(packed[12:])
