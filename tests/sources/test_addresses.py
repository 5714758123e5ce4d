"""Which addresses are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.sources.addresses import Address, is_public

NAT64 = ip_network("64:ff9b::/96")
PRIVATE = {
    "this host": "0.0.0.0",
    "ten": "10.1.2.3",
    "carrier NAT": "100.64.0.1",
    "Alibaba metadata": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback, far end": "127.255.255.254",
    "Azure platform": "168.63.129.16",
    "link-local metadata": "169.254.169.254",
    "docker": "172.17.0.1",
    "Oracle metadata": "192.0.0.192",
    "documentation": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "home": "192.168.1.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.251",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "v6 unspecified": "::",
    "v6 loopback": "::1",
    "v4-compatible": "::127.0.0.1",
    "v4-compatible public": "::8.8.8.8",
    "v4-mapped loopback": "::ffff:127.0.0.1",
    "v4-mapped metadata": "::ffff:a9fe:a9fe",
    "v4-translated": "::ffff:0:127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64, local prefix": "64:ff9b:1::808:808",
    "6to4 of a private net": "2002:c0a8:101::1",
    "Teredo of loopback": "2001:0:7f00:1:0:0:f7f7:f7f7",
    "Teredo client at home": "2001:0:808:808:0:0:3f57:fefe",
    "ISATAP of a private net": "2a00:1450::5efe:10.0.0.1",
    "ISATAP, universal": "2a00:1450::200:5efe:10.0.0.1",
    "unique local": "fd00:ec2::254",
    "link-local": "fe80::1",
    "link-local with zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "v6 multicast": "ff02::1",
    "v6 documentation": "2001:db8::1",
    "v6 documentation, new": "3fff::1",
    "ORCHID": "2001:20::1",
    "segment routing": "5f00::1",
    "discard": "100::1",
}
PUBLIC = {
    "v4": "8.8.8.8",
    "just below carrier NAT": "100.63.255.255",
    "just above carrier NAT": "100.128.0.0",
    "v6": "2a00:1450:4001::200e",
    "v4-mapped": "::ffff:8.8.8.8",
    "NAT64": "64:ff9b::808:808",
    "6to4": "2002:808:808::1",
    "Teredo": "2001:0:808:808:0:0:f7f7:f7f7",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE.keys())
def test_not_public(address: str) -> None:
    """An address only some can reach is not public, however it is wrapped."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC.keys())
def test_public(address: str) -> None:
    """An address of the open internet is public, also through a gateway."""
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_wrapping_changes_nothing(number: int) -> None:
    """An IPv4 address is as public inside IPv6 as it is bare."""
    bare = IPv4Address(number)
    inverted = number ^ 0xFFFF_FFFF

    wrapped = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x0064_FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(0x2001_0000 << 96 | 0x0808_0808 << 64 | inverted),
    ]

    assert {is_public(address) for address in wrapped} == {is_public(bare)}


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_python_agrees(address: Address) -> None:
    """What we call public, Python calls global or a wrapping of something global."""
    wrapping = isinstance(address, IPv6Address) and (address.ipv4_mapped or address in NAT64 or address.teredo)

    assert not is_public(address) or address.is_global or wrapping
