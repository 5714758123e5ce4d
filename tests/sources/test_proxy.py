"""Through the operator's own proxy: the guard looks at what is asked before the proxy does."""

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitors.errors import BadInputError
from monitors.records import FetchKind
from monitors.sources.guard import Guard, ProxyBackend, RefusedError
from monitors.sources.line import Proxy
from monitors.sources.requester import Fetched, Named, Requester
from tests.servers.internet import Internet, a_traveller
from tests.servers.web import Web, redirect_to


def soon() -> datetime:
    """A deadline."""
    return datetime.now(UTC) + timedelta(seconds=20)


def kind_and_detail(fetched: Fetched) -> tuple[FetchKind, str]:
    """What the fetch came to."""
    return fetched.outcome.kind, fetched.outcome.detail


def unknown(_host: str, _port: int) -> Sequence[str]:
    """A resolver that knows nobody, as on a line that reaches little."""
    raise socket.gaierror


def test_the_real_address_is_asked(internet: Internet) -> None:
    """A https address is asked through the proxy, under its own certificate and by its own name."""
    internet.site("t.me").answer("/s/news", "守望".encode())

    fetched = a_traveller(internet).get("https://t.me/s/news?q=1", deadline=soon())

    assert fetched.content.decode() == "守望"
    assert internet.asked() == ["t.me/s/news?q=1"]
    assert internet.seen[0].headers["host"] == "t.me"
    assert internet.seen[0].headers["user-agent"] == "Shouwang/0.1.0 (+ops@watch.example)"


def test_plain_http_too(internet: Internet) -> None:
    """An address without TLS goes the same way."""
    internet.site("old.example").answer("/feed", b"hello")

    assert a_traveller(internet).get("http://old.example/feed", deadline=soon()).content == b"hello"


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("::ffff:169.254.169.254",)])
def test_private_targets_never_reach_the_proxy(internet: Internet, addresses: tuple[str, ...]) -> None:
    """A name that leads inside is refused here: a proxy on this machine would gladly connect to it."""
    internet.site("inside.example").answer("/", b"secret")

    fetched = a_traveller(internet, addresses=addresses).get("https://inside.example/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.NOT_PUBLIC, "refused_private_address")
    assert internet.seen == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/", "http://[::1]/", "http://100.64.0.1/"])
def test_private_literals_never_reach_the_proxy(internet: Internet, url: str) -> None:
    """Nor does an address written as numbers."""
    fetched = a_traveller(internet).get(url, deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.NOT_PUBLIC, "refused_private_address")
    assert internet.seen == []


def test_each_hop_is_vetted(internet: Internet) -> None:
    """A redirect inside is refused though the proxy could follow it."""
    internet.site("t.me").misbehave("/x", redirect_to("http://169.254.169.254/latest/"))

    fetched = a_traveller(internet).get("https://t.me/x", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.NOT_PUBLIC, "refused_private_address")
    assert internet.asked() == ["t.me/x"]


def test_a_name_only_the_proxy_knows(internet: Internet) -> None:
    """What somebody named may be unknown here; what a post or a redirect names may not."""
    internet.site("t.me").misbehave("/x", redirect_to("https://elsewhere.example/"))
    internet.site("t.me").answer("/", b"there")
    requester = Requester(guard=Guard(resolve=unknown), tls=internet.trust, proxy=Proxy.read(internet.proxy))

    named = requester.get("https://t.me/", deadline=soon())
    elsewhere = requester.get("https://t.me/x", deadline=soon())
    in_a_post = requester.get("https://other.example/", deadline=soon(), named=Named.BY_A_POST)

    assert named.content == b"there"
    assert kind_and_detail(elsewhere) == (FetchKind.UNREACHABLE, "dns")
    assert kind_and_detail(in_a_post) == (FetchKind.UNREACHABLE, "dns")
    assert internet.asked() == ["t.me/", "t.me/x"]


@pytest.mark.parametrize("host", ["localhost.", "router", "db.internal", "nas.local", "a.localhost", "x.home.arpa"])
def test_names_of_a_house_never_reach_the_proxy(internet: Internet, host: str) -> None:
    """A name that no public platform has is not tried on the proxy, though nobody here knows it."""
    requester = Requester(guard=Guard(resolve=unknown), tls=internet.trust, proxy=Proxy.read(internet.proxy))

    fetched = requester.get(f"http://{host}/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.UNREACHABLE, "dns")
    assert internet.seen == []


def test_unknown_hosts_are_599(internet: Internet) -> None:
    """This internet has no other hosts than those a test gave it."""
    fetched = a_traveller(internet).get("https://elsewhere.example/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.BROKEN, "http_599")


def test_a_forged_certificate(internet: Internet) -> None:
    """A proxy does not weaken TLS: a certificate that nobody vouches for ends the fetch."""
    internet.forge("t.me")

    fetched = a_traveller(internet).get("https://t.me/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.UNREACHABLE, "tls")
    assert internet.seen == []


def test_a_proxy_that_is_gone(internet: Internet) -> None:
    """Without its proxy a platform is out of reach, which is told apart from a platform's no."""
    internet.close()

    fetched = a_traveller(internet).get("https://t.me/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.UNREACHABLE, "proxy")


def test_a_proxy_that_refuses(web: Web) -> None:
    """So is a proxy that will not connect."""
    requester = Requester(guard=Guard(resolve=lambda _h, _p: ("93.184.216.34",)), proxy=Proxy.read(web.url("")))

    fetched = requester.get("https://t.me/", deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.UNREACHABLE, "proxy")


def test_a_proxy_is_connected_to_and_nothing_else() -> None:
    """The way to the proxy leads nowhere else, whatever asks for it."""
    backend = ProxyBackend("127.0.0.1", 7890, until=float("inf"))

    with pytest.raises(RefusedError, match="past_the_proxy"):
        backend.connect_tcp("127.0.0.1", 22)


def test_written_with_a_password() -> None:
    """A proxy's login may stand in its address."""
    assert Proxy.read("http://lin:p%40ss@[::1]:7890") == Proxy(host="::1", port=7890, user="lin", password="p@ss")


@pytest.mark.parametrize("address", ["", "127.0.0.1:7890", "socks5://127.0.0.1:1080", "http://host", "http://[x:1"])
def test_what_is_no_proxy(address: str) -> None:
    """Anything else is told at once, without the password that may stand in it."""
    with pytest.raises(BadInputError) as said:
        Proxy.read(address)

    assert said.value.field == "SHOUWANG_PROXIES"


def test_one_source_with_a_proxy_one_without(internet: Internet, web: Web) -> None:
    """A proxy is one source's alone, while both keep one pace."""
    internet.site("t.me").answer("/", b"far")
    web.answer("/", b"near")
    direct = Requester(guard=Guard(allow_hosts=[f"127.0.0.1:{web.port}", "t.me"]), tls=internet.trust)

    far = direct.limited(proxy=Proxy.read(internet.proxy)).get("https://t.me/", deadline=soon())
    near = direct.get(web.url("/"), deadline=soon())

    assert (far.content, near.content) == (b"far", b"near")
    assert internet.asked() == ["t.me/"]
