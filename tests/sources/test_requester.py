"""The one door to the web, against a server that misbehaves."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from gzip import compress

import pytest

from monitors.records import FetchKind
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Fetched, Named, Requester
from tests.servers import web as servers
from tests.servers.requester import a_requester
from tests.servers.web import Behaviour, Web, answer_with, redirect_to


def soon(seconds: float = 30) -> datetime:
    """A deadline."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def kind_and_detail(fetched: Fetched) -> tuple[FetchKind, str]:
    """What the fetch came to."""
    return fetched.outcome.kind, fetched.outcome.detail


def test_an_answer(web: Web, requester: Requester) -> None:
    """An answer brings its bytes, its headers, its address and the time."""
    web.answer("/x", "守望".encode(), headers={"Content-Type": "text/HTML; charset=utf-8", "X-Two": "a"})

    fetched = requester.get(web.url("/x?q=1#part"), deadline=soon())

    assert fetched.is_ok
    assert fetched.content.decode() == "守望"
    assert fetched.media_type == "text/html"
    assert fetched.headers["x-two"] == "a"
    assert fetched.fetched_at.tzinfo is UTC
    assert web.seen[0].path == "/x?q=1"


def test_honest_user_agent(web: Web, requester: Requester) -> None:
    """Every request says who asks and how to reach the operator."""
    requester.get(web.url(), deadline=soon())

    assert web.seen[0].headers["user-agent"] == "Shouwang/0.1.0 (+ops@watch.example)"


MISBEHAVIOURS: dict[str, tuple[Behaviour, FetchKind, str]] = {
    "hangs up": (servers.hang_up, FetchKind.UNREACHABLE, "hung_up"),
    "hangs up mid-answer": (servers.hang_up_mid_answer, FetchKind.UNREACHABLE, "hung_up"),
    "breaks its chunks": (servers.break_chunks, FetchKind.UNREACHABLE, "hung_up"),
    "never answers": (servers.stay_silent, FetchKind.UNREACHABLE, "timeout"),
    "drips": (servers.drip, FetchKind.UNREACHABLE, "timeout"),
    "drips headers": (servers.drip_headers, FetchKind.UNREACHABLE, "timeout"),
    "never ends": (servers.never_end, FetchKind.BROKEN, "too_large"),
    "lies about its length": (servers.lie_about_length, FetchKind.BROKEN, "too_large"),
    "sends a bomb": (servers.bomb, FetchKind.BROKEN, "too_large"),
    "talks nonsense": (servers.talk_nonsense, FetchKind.BROKEN, "protocol"),
    "cannot pack": (answer_with(b"x", headers={"Content-Encoding": "gzip"}), FetchKind.BROKEN, "encoding"),
    "is broken": (answer_with(status=503), FetchKind.BROKEN, "http_503"),
    "wants a login": (answer_with(status=401), FetchKind.LOGIN_NEEDED, "http_401"),
    "redirects to nowhere": (answer_with(status=302), FetchKind.BROKEN, "http_302"),
    "redirects to nonsense": (redirect_to("http://[::1"), FetchKind.NOT_PUBLIC, "refused_not_a_url"),
    "redirects to a file": (redirect_to("file:///etc/passwd"), FetchKind.NOT_PUBLIC, "refused_scheme"),
    "redirects to this machine": (redirect_to("http://127.0.0.1:1/"), FetchKind.NOT_PUBLIC, "refused_private_address"),
    "redirects to metadata": (
        redirect_to("http://169.254.169.254/latest/"),
        FetchKind.NOT_PUBLIC,
        "refused_private_address",
    ),
    "redirects with a backslash": (
        redirect_to("http://169.254.169.254\\@site.example/"),
        FetchKind.NOT_PUBLIC,
        "refused_odd_character",
    ),
    "redirects to a password": (redirect_to("http://a:b@site.example/"), FetchKind.NOT_PUBLIC, "refused_userinfo"),
    "redirects to itself": (redirect_to("/x"), FetchKind.BROKEN, "redirects"),
}


@pytest.mark.parametrize(("behaviour", "kind", "detail"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS.keys())
def test_misbehaviour_is_typed(web: Web, behaviour: Behaviour, kind: FetchKind, detail: str) -> None:
    """Whatever a server does, the answer is a typed outcome, in time and within bounds."""
    web.misbehave("/x", behaviour)
    requester = a_requester(web, longest=timedelta(seconds=2))
    started = time.monotonic()

    fetched = requester.get(web.url("/x"), deadline=soon())

    assert kind_and_detail(fetched) == (kind, detail)
    assert time.monotonic() - started < 20
    assert len(fetched.content) <= 10 * 1024 * 1024


def test_nobody_there(web: Web, requester: Requester) -> None:
    """A port nobody listens on is an unreachable network, not a platform's no."""
    web.close()

    fetched = requester.get(web.url(), deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.UNREACHABLE, "connect")


def test_ten_redirects_are_followed(web: Web, requester: Requester) -> None:
    """Ten hops are followed, the eleventh is not; the answer names where it came from."""
    for hop in range(12):
        web.misbehave(f"/{hop}", redirect_to(f"/{hop + 1}"))
    web.answer("/12", b"there")

    followed = requester.get(web.url("/2"), deadline=soon())
    refused = requester.get(web.url("/1"), deadline=soon())

    assert (followed.content, followed.url) == (b"there", web.url("/12"))
    assert kind_and_detail(refused) == (FetchKind.BROKEN, "redirects")


def test_redirects_lead_only_to_allowed_ports(web: Web, requester: Requester) -> None:
    """An operator's exception for a host and port is not passed on by a redirect."""
    with servers.serving() as other:
        web.misbehave("/x", redirect_to(other.url("/secret")))

        fetched = requester.get(web.url("/x"), deadline=soon())

        assert kind_and_detail(fetched) == (FetchKind.NOT_PUBLIC, "refused_private_address")
        assert other.seen == []


def test_secrets_stay_with_their_host() -> None:
    """A token for one host is not sent to the host it redirects to."""
    with servers.serving() as one, servers.serving() as two:
        one.misbehave("/x", redirect_to(two.url("/y")))
        requester = Requester(
            guard=Guard(allow_hosts=["127.0.0.1"]), pace=Pace(clock=SystemClock(), interval=timedelta(0))
        )

        requester.get(one.url("/x"), deadline=soon(), headers={"Authorization": "Bearer t", "X-Kept": "1"})

        assert one.seen[0].headers["authorization"] == "Bearer t"
        assert "authorization" not in two.seen[0].headers
        assert two.seen[0].headers["x-kept"] == "1"


def test_no_cookies(web: Web, requester: Requester) -> None:
    """What a server wants remembered is forgotten: nobody is followed from one request to the next."""
    web.answer("/x", headers={"Set-Cookie": "id=1"})

    requester.get(web.url("/x"), deadline=soon())
    requester.get(web.url("/x"), deadline=soon())

    assert "cookie" not in web.seen[1].headers


def test_no_proxy_from_the_environment(web: Web, requester: Requester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment cannot lead requests round the guard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    web.answer("/x", b"direct")

    assert requester.get(web.url("/x"), deadline=soon()).content == b"direct"


def test_conditional_get(web: Web, requester: Requester) -> None:
    """With the last answer's marks, an unchanged answer comes without its bytes."""
    web.answer("/x", status=304)

    fetched = requester.get(web.url("/x"), deadline=soon(), etag='W/"1"', modified="Sun, 01 Mar 2026 12:00:00 GMT")

    assert fetched.not_modified
    assert fetched.outcome.kind is FetchKind.EMPTY
    assert web.seen[0].headers["if-none-match"] == 'W/"1"'
    assert web.seen[0].headers["if-modified-since"] == "Sun, 01 Mar 2026 12:00:00 GMT"


def test_a_mark_that_cannot_be_sent(web: Web, requester: Requester) -> None:
    """A mark in letters that HTTP does not know is left out."""
    web.answer("/x", b"all of it")

    assert requester.get(web.url("/x"), deadline=soon(), etag='"守望"').content == b"all of it"


def test_packed_answer(web: Web, requester: Requester) -> None:
    """Packed bytes come out unpacked, from the server's one packing that we ask for."""
    web.answer("/x", compress(b"hello"), headers={"Content-Encoding": "gzip"})

    assert requester.get(web.url("/x"), deadline=soon()).content == b"hello"
    assert web.seen[0].headers["accept-encoding"] == "gzip, deflate"


RETRIES: dict[str, Callable[[], dict[str, str]]] = {
    "seconds": lambda: {"Retry-After": "120"},
    "date": lambda: {"Retry-After": format_datetime(soon(120), usegmt=True)},
    "Mastodon's headers": lambda: {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": soon(120).isoformat()},
}


@pytest.mark.parametrize("headers", RETRIES.values(), ids=RETRIES.keys())
def test_limits_are_honoured(web: Web, requester: Requester, headers: Callable[[], dict[str, str]]) -> None:
    """After a 429 the host is left alone until the moment it named; other fetches of it are told so at once."""
    web.answer("/x", status=429, headers=headers())

    first = requester.get(web.url("/x"), deadline=soon())
    second = requester.get(web.url("/y"), deadline=soon())

    assert first.outcome.retry_at is not None
    assert timedelta(seconds=110) < first.outcome.retry_at - first.fetched_at <= timedelta(seconds=121)
    assert kind_and_detail(second) == (FetchKind.LIMITED, "pause")
    assert second.outcome.retry_at == first.outcome.retry_at
    assert len(web.seen) == 1


def test_spent_budget_is_noticed_in_a_good_answer(web: Web, requester: Requester) -> None:
    """An answer that says it was the last one of this window is used, and nothing is asked after it."""
    web.answer("/x", b"fine", headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": soon(90).isoformat()})

    assert requester.get(web.url("/x"), deadline=soon()).content == b"fine"
    assert requester.get(web.url("/x"), deadline=soon()).outcome.kind is FetchKind.LIMITED


def test_pause_between_two_requests(web: Web) -> None:
    """Two requests to a host lie an interval apart."""
    clock = SystemClock()
    requester = Requester(
        guard=Guard(allow_hosts=["127.0.0.1"]), clock=clock, pace=Pace(clock=clock, interval=timedelta(seconds=0.3))
    )

    requester.get(web.url("/x"), deadline=soon())
    requester.get(web.url("/y"), deadline=soon())

    assert web.seen[1].at - web.seen[0].at >= 0.3


def test_nothing_is_asked_after_the_deadline(web: Web, requester: Requester) -> None:
    """When the time is over, nobody is asked."""
    fetched = requester.get(web.url("/x"), deadline=soon(-1))

    assert kind_and_detail(fetched) == (FetchKind.BUDGET_SPENT, "deadline")
    assert web.seen == []


def test_walls_are_told(web: Web, requester: Requester) -> None:
    """A login page behind a redirect is a login, though its status says that all is well."""
    web.misbehave("/p/1", redirect_to("/login?next=/p/1"))
    web.answer("/login", b"<form>", headers={"Content-Type": "text/html"})

    fetched = requester.get(web.url("/p/1"), deadline=soon())

    assert kind_and_detail(fetched) == (FetchKind.LOGIN_NEEDED, "login_page")
    assert fetched.content == b"<form>"


def test_robots_for_what_a_post_links(web: Web, requester: Requester) -> None:
    """What a post links to is asked only where the site lets crawlers in, and its rules are read once."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /private")
    web.answer("/public", b"hello")

    closed = requester.get(web.url("/private/1"), deadline=soon(), named=Named.BY_A_POST)
    opened = requester.get(web.url("/public"), deadline=soon(), named=Named.BY_A_POST)

    assert kind_and_detail(closed) == (FetchKind.BLOCKED, "robots")
    assert opened.content == b"hello"
    assert [request.path for request in web.seen] == ["/robots.txt", "/public"]


def test_no_robots_for_what_somebody_named(web: Web, requester: Requester) -> None:
    """What an operator or the person herself named is not crawling."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /")
    web.answer("/feed", b"hello")

    assert requester.get(web.url("/feed"), deadline=soon()).content == b"hello"
    assert web.asked("/robots.txt") == 0


def test_no_robots_file(web: Web, requester: Requester) -> None:
    """A site without rules lets everyone in."""
    web.answer("/x", b"hello")

    assert requester.get(web.url("/x"), deadline=soon(), named=Named.BY_A_POST).content == b"hello"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (answer_with(status=500), FetchKind.BROKEN),
        (answer_with(status=429), FetchKind.LIMITED),
        (servers.hang_up, FetchKind.UNREACHABLE),
    ],
    ids=["broken", "limited", "hung up"],
)
def test_robots_that_cannot_be_read(web: Web, requester: Requester, behaviour: Behaviour, kind: FetchKind) -> None:
    """While a site cannot say what it allows, nothing is crawled there."""
    web.misbehave("/robots.txt", behaviour)
    web.answer("/x", b"hello")

    fetched = requester.get(web.url("/x"), deadline=soon(), named=Named.BY_A_POST)

    assert fetched.outcome.kind is kind
    assert web.asked("/x") == 0


def test_robots_bind_redirects(web: Web, requester: Requester) -> None:
    """A redirect does not lead past the rules."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /private")
    web.misbehave("/public", redirect_to("/private"))

    fetched = requester.get(web.url("/public"), deadline=soon(), named=Named.BY_A_POST)

    assert kind_and_detail(fetched) == (FetchKind.BLOCKED, "robots")


def test_out_of_time_is_not_out_of_reach(web: Web, requester: Requester) -> None:
    """A request that the caller's own deadline cut short is told as that, not as a failure of the network."""
    web.misbehave("/x", servers.drip)

    fetched = requester.get(web.url("/x"), deadline=soon(0.3))

    assert kind_and_detail(fetched) == (FetchKind.BUDGET_SPENT, "deadline")


def test_a_host_that_is_down_rests(web: Web, requester: Requester) -> None:
    """After three failures in a row a host is asked no more for a while; that is told apart from its own wish for a pause."""
    web.misbehave("/x", servers.hang_up)

    outcomes = [requester.get(web.url("/x"), deadline=soon()).outcome for _ in range(5)]

    assert [outcome.detail for outcome in outcomes] == ["hung_up", "hung_up", "hung_up", "resting", "resting"]
    assert {outcome.kind for outcome in outcomes} == {FetchKind.UNREACHABLE}
    assert outcomes[-1].retry_at is not None
    assert web.asked("/x") == 3


def test_a_platforms_no_is_no_failure(web: Web, requester: Requester) -> None:
    """A host that says no is there: it does not rest."""
    web.answer("/x", status=403)

    kinds = [requester.get(web.url("/x"), deadline=soon()).outcome.kind for _ in range(5)]

    assert kinds == [FetchKind.BLOCKED] * 5


def test_a_form_is_sent(web: Web, requester: Requester) -> None:
    """A form goes as its own type, with the headers given."""
    web.answer("/token", b"{}")

    fetched = requester.post(web.url("/token"), {"a": "1 2", "b": "林"}, deadline=soon(), headers={"X-Own": "1"})

    (request,) = web.seen
    assert fetched.is_ok
    assert (request.method, request.body) == ("POST", b"a=1+2&b=%E6%9E%97")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["x-own"] == "1"


def test_a_form_is_led_nowhere(web: Web, requester: Requester) -> None:
    """Where a form is sent on, nothing goes there: it holds a secret."""
    web.misbehave("/token", redirect_to("/elsewhere"))

    fetched = requester.post(web.url("/token"), {"secret": "s"}, deadline=soon(), headers={})

    assert kind_and_detail(fetched) == (FetchKind.BROKEN, "http_302")
    assert web.asked("/elsewhere") == 0


def test_robots_for_pages_that_are_turned(web: Web, requester: Requester) -> None:
    """Turning a site's pages is crawling, also where the operator named the site."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /s/")

    fetched = requester.get(web.url("/s/news"), deadline=soon(), named=Named.BY_CRAWLING)

    assert kind_and_detail(fetched) == (FetchKind.BLOCKED, "robots")


def test_our_own_pace_is_no_limit_of_theirs(web: Web) -> None:
    """Where the deadline comes before the host's turn, our time was too short; nobody limited us."""
    requester = Requester(
        guard=Guard(allow_hosts=["127.0.0.1"]), pace=Pace(clock=SystemClock(), interval=timedelta(seconds=20))
    )
    requester.get(web.url("/x"), deadline=soon())

    fetched = requester.get(web.url("/x"), deadline=soon(1))

    assert kind_and_detail(fetched) == (FetchKind.BUDGET_SPENT, "deadline")
    assert web.asked("/x") == 1
