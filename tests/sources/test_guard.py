"""One regression test for each known way round an SSRF guard."""

import socket
import ssl
import time
from collections.abc import Sequence

import httpcore
import pytest
import trustme

from monitors.sources.guard import Guard, GuardedBackend, RefusedError, Resolve
from tests.servers.web import Web, serving


def ask(guard: Guard, url: str, *, seconds: float = 5, tls: ssl.SSLContext | None = None) -> bytes:
    """Ask for a URL as the requester does, without its manners."""
    read = guard.read_url(url)
    backend = GuardedBackend(guard, until=time.monotonic() + seconds)
    with httpcore.ConnectionPool(network_backend=backend, ssl_context=tls) as line:
        return line.request("GET", str(read)).content


def resolving(*answers: str) -> Resolve:
    """A resolver that gives these addresses for every name."""

    def resolve(_host: str, _port: int) -> Sequence[str]:
        return answers

    return resolve


NO_PLAIN_ADDRESS = {
    "file": ("file:///etc/passwd", "scheme"),
    "gopher": ("gopher://site.example/_x", "scheme"),
    "ftp": ("ftp://site.example/", "scheme"),
    "no scheme": ("//site.example/", "scheme"),
    "no host": ("http:///x", "not_a_url"),
    "data": ("data:text/plain,x", "scheme"),
    "userinfo": ("http://admin@site.example/", "userinfo"),
    "userinfo with password": ("http://a:b@site.example/", "userinfo"),
    "GHSA-rph4 backslash before at": ("http://169.254.169.254\\@site.example/", "odd_character"),
    "GHSA-rph4 backslash in the host": ("http://site.example\\.evil.example/", "odd_character"),
    "tab in the scheme": ("ht\ttp://site.example/", "odd_character"),
    "jar": ("jar:http://site.example/!/", "scheme"),
    "line break smuggles a header": ("http://site.example/\r\nHost: evil.example", "odd_character"),
    "space": ("http://site.example /", "odd_character"),
    "zero width": ("http://site\u200b.example/", "odd_character"),
    "full-width digits": ("http://１２７.0.0.1/", "not_a_url"),
    "circled digits": ("http://①②⑦.⓪.⓪.①/", "not_a_url"),
    "decimal address": ("http://2130706433/", "odd_host"),
    "hexadecimal address": ("http://0x7f000001/", "odd_host"),
    "mixed address": ("http://0x7f.0.0.1/", "odd_host"),
    "octal address": ("http://0177.0.0.1/", "not_a_url"),
    "short address": ("http://127.1/", "odd_host"),
    "port out of range": ("http://site.example:99999/", "not_a_url"),
    "percent in the host": ("http://127.0.0.1%2f.site.example/", "odd_host"),
    "empty label": ("http://site..example/", "odd_host"),
    "label past 63 letters": (f"http://{'a' * 64}.example/", "odd_host"),
    "open bracket": ("http://[::1/", "not_a_url"),
    "semicolon before at": ("http://site.example;@127.0.0.1/", "userinfo"),
    "two ports": ("http://site.example:80:80/", "not_a_url"),
    "signed port": ("http://site.example:+80/", "not_a_url"),
    "full-width port": ("http://site.example:８０/", "not_a_url"),
    "zero in the host": ("http://site.example%00.evil.example/", "odd_host"),
    "address with a final dot": ("http://127.0.0.1./", "odd_host"),
    "endless": ("http://site.example/" + "a" * 9000, "too_long"),
}


@pytest.mark.parametrize(("url", "reason"), NO_PLAIN_ADDRESS.values(), ids=NO_PLAIN_ADDRESS.keys())
def test_odd_urls_are_refused(url: str, reason: str) -> None:
    """An address that is not plain http(s), or that two parsers read in two ways, is never asked."""
    with pytest.raises(RefusedError) as refused:
        Guard().read_url(url)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/路径?q=林#x",
        "http://例子.测试:8080/",
        "https://SITE.example:443/",
        "http://[2a00:1450::1]/",
        "http://8.8.8.8/",
    ],
)
def test_plain_urls_are_read(url: str) -> None:
    """Addresses in any script, with or without a port, are plain."""
    assert Guard().read_url(url).host


LITERAL = {
    "CVE-2026-27696 loopback": "http://127.0.0.1/",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "GHSA-gwph carrier NAT": "http://100.64.0.1/",
    "v4-mapped": "http://[::ffff:127.0.0.1]/",
    "v4-mapped in hex": "http://[::ffff:7f00:1]/",
    "NAT64": "http://[64:ff9b::7f00:1]/",
    "6to4": "http://[2002:7f00:1::]/",
    "Teredo": "http://[2001:0:808:808:0:0:80ff:fffe]/",
    "v6 loopback": "http://[::1]/",
    "unspecified": "http://0.0.0.0/",
    "v6 unspecified": "http://[::]/",
    "zone of a network card": "http://[fe80::1%25eth0]/",
    "mapped with a zone": "http://[::ffff:127.0.0.1%25lo]/",
    "v4-compatible": "http://[::127.0.0.1]/",
    "site-local": "http://[fec0::1]/",
    "unique local": "http://[fd00::1]/",
    "AWS metadata over v6": "http://[fd00:ec2::254]/latest/meta-data/",
    "link-local v6": "http://[fe80::1]/",
    "ISATAP": "http://[2a00:1450::5efe:127.0.0.1]/",
    "local NAT64": "http://[64:ff9b:1::7f00:1]/",
    "Alibaba metadata": "http://100.100.100.200/latest/meta-data/",
    "Oracle metadata": "http://192.0.0.192/",
    "Azure platform": "http://168.63.129.16/",
    "broadcast": "http://255.255.255.255/",
    "multicast": "http://224.0.0.1/",
    "a port of this machine": "http://127.0.0.1:5432/",
}


@pytest.mark.parametrize("url", LITERAL.values(), ids=LITERAL.keys())
def test_private_literals_are_refused(url: str) -> None:
    """An address written as numbers is vetted like one that was looked up."""
    with pytest.raises(RefusedError, match="private_address"):
        ask(Guard(), url)


@pytest.mark.parametrize("tail", ["?@127.0.0.1:80@/", "#@127.0.0.1/", "/@127.0.0.1/"])
def test_what_follows_the_host_is_no_host(tail: str) -> None:
    """An at-sign after the host names nobody."""
    assert Guard().read_url(f"http://site.example{tail}").host == "site.example"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
def test_names_of_this_machine_are_refused(host: str) -> None:
    """The system's own names for this machine do not get through."""
    with pytest.raises(RefusedError, match="private_address"):
        ask(Guard(), f"http://{host}/")


@pytest.mark.parametrize(
    "answers",
    [
        ("10.0.0.1",),
        ("8.8.8.8", "127.0.0.1"),
        ("2a00:1450::1", "::ffff:10.0.0.1"),
        ("8.8.8.8", "100.64.9.9"),
        ("junk",),
    ],
    ids=["private", "public first", "mapped among public", "carrier NAT among public", "not an address"],
)
def test_every_resolved_address_must_be_public(answers: tuple[str, ...]) -> None:
    """One private answer among public ones is enough to refuse."""
    guard = Guard(resolve=resolving(*answers))

    with pytest.raises(RefusedError, match="private_address"):
        ask(guard, "http://site.example/")


def test_rebinding_finds_no_second_lookup(web: Web) -> None:
    """A name is resolved once, and the connection goes to the address that was vetted (DNS rebinding)."""
    web.answer("/", b"hello")
    answers = iter([("127.0.0.1",), ("127.0.0.2",)])
    guard = Guard(allow_hosts=["site.example"], resolve=lambda _host, _port: next(answers))

    content = ask(guard, f"http://site.example:{web.port}/")

    assert content == b"hello"
    assert next(answers) == ("127.0.0.2",)


def test_host_header_is_the_name(web: Web) -> None:
    """Though the connection goes to an address, the server is asked by its name."""
    guard = Guard(allow_hosts=["site.example"], resolve=resolving("127.0.0.1"))

    ask(guard, f"http://site.example:{web.port}/")

    assert web.seen[0].headers["host"] == f"site.example:{web.port}"


def test_tls_is_verified_for_the_name() -> None:
    """The certificate must be for the name that was asked, and the name is told to the server (SNI)."""
    authority = trustme.CA()
    theirs, ours = _contexts(authority, "site.example")
    names: list[str | None] = []
    theirs.sni_callback = lambda _line, name, _context: names.append(name)
    guard = Guard(allow_hosts=["site.example", "other.example"], resolve=resolving("127.0.0.1"))

    with serving(tls=theirs) as web:
        web.answer("/", b"private line")
        content = ask(guard, web.url("/", host="site.example"), tls=ours)
        with pytest.raises(httpcore.ConnectError, match="tls"):
            ask(guard, web.url("/", host="other.example"), tls=ours)

    assert content == b"private line"
    assert names == ["site.example", "other.example"]


def test_an_exception_is_for_its_port_alone(web: Web) -> None:
    """An exception written with a port opens no other port of that host."""
    guard = Guard(allow_hosts=[f"127.0.0.1:{web.port}"])

    ask(guard, web.url("/"))

    with pytest.raises(RefusedError):
        ask(guard, f"http://127.0.0.1:{web.port + 1}/")


def test_an_exception_is_for_its_spelling_alone(web: Web) -> None:
    """Allowing a name does not allow the address behind it."""
    guard = Guard(allow_hosts=["localhost"])

    ask(guard, web.url("/", host="localhost"))

    with pytest.raises(RefusedError):
        ask(guard, web.url("/"))


def test_the_next_address_is_tried(web: Web) -> None:
    """A host with a dead address is still reached at its other one."""
    guard = Guard(allow_hosts=["site.example"], resolve=resolving("::1", "127.0.0.1"))
    web.answer("/", b"hello")

    assert ask(guard, f"http://site.example:{web.port}/") == b"hello"


def test_unix_sockets_are_refused() -> None:
    """A connection never goes to a local socket, whatever asks for it."""
    backend = GuardedBackend(Guard(), until=time.monotonic() + 1)

    with pytest.raises(RefusedError, match="unix_socket"):
        backend.connect_unix_socket("/run/docker.sock")


def test_unknown_name() -> None:
    """A name nobody knows is a failed connection, and says that it was the name."""

    def fail(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    with pytest.raises(httpcore.ConnectError, match="dns"):
        ask(Guard(resolve=fail), "http://site.example/")


def _contexts(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(theirs)
    authority.configure_trust(ours)
    return theirs, ours
