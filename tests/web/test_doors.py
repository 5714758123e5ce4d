"""Who gets in, who does not, and what every answer carries."""

import re
from datetime import timedelta

import httpx
import pytest
from fastapi.routing import APIRoute

from monitors.alerts.links import LIFETIMES, Purpose
from monitors.ledger import profiles
from monitors.records import ProfileState, Recipient
from monitors.web.app import HEADERS, app_of
from monitors.web.site import Site
from tests.alerts.room import HER, find, watch
from tests.builders import a_hit, a_post, a_profile
from tests.web.room import Served, read_photo

NAME, WORDS = "周知雨", "听说她昨天晚上没有回宿舍"
OPEN = {"/", "/health", "/robots.txt", "/register", "/source", "/source.tar.gz"}
HELPER = Recipient(address="aunt@mail.example", language="en", is_self=False)


def her_with_a_hit(site: Served) -> tuple[str, str]:
    profile = a_profile(names=(NAME,), recipients=(Recipient(address=HER), HELPER))
    hit = a_hit(post=a_post(text=WORDS))
    watch(site.room.ledger, site.room.vault, profile)
    find(site.room.ledger, site.room.vault, hit)
    return profile.id, hit.id


def routes(site: Served) -> list[tuple[str, str]]:
    app = app_of(Site(base=site.room, fingerprint=read_photo, send_mails=list, erase=list, export=no_export))
    found = [(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods]
    assert len(found) > 20
    return found


def no_export(profile_id: str, actor: str) -> bytes:
    raise AssertionError((profile_id, actor))


def forged(path: str, site: Served) -> list[str]:
    """Ways in without a link: made up, cut off, of another purpose, and of another installation."""
    her = a_profile(recipients=(Recipient(address=HER), HELPER))
    wrong = Purpose.PAUSE if not path.startswith("/pause") else Purpose.HITS
    token = site.path(wrong, her).rpartition("/")[2]
    body, _, signature = token.rpartition(".")
    return ["x", token, f"{body}.", f"{body}.{signature[::-1]}", "%2e%2e", her.id]


def test_every_route_without_a_link_gives_nothing(site: Served) -> None:
    """Walking every route without a link finds no name, no word and no id: 404, or the pages that are for anybody."""
    profile_id, hit_id = her_with_a_hit(site)

    for method, path in routes(site):
        for token in forged(path, site):
            answer = site.client.request(method, path.replace("{token}", token))

            if path in OPEN:
                assert answer.status_code in {200, 400, 403}, path
            else:
                assert answer.status_code == 404, (method, path)
            if path != "/source.tar.gz":
                for secret in (NAME, WORDS, HER, HELPER.address, profile_id, hit_id):
                    assert secret not in answer.text.replace(token, ""), (method, path)


def test_nothing_is_served_beside_the_routes(site: Served) -> None:
    """No documentation, schema or folder listing, and no way out of the static folder."""
    for path in ("/docs", "/redoc", "/openapi.json", "/static/", "/static/../app.py", "/static/%2e%2e/app.py", "/hits"):
        assert site.client.get(path).status_code == 404, path


@pytest.mark.parametrize("purpose", [Purpose.HITS, Purpose.PAUSE, Purpose.WITHDRAW])
def test_expired_link_says_so_and_shows_nothing(site: Served, purpose: Purpose) -> None:
    """A link whose time is over gives a page that says where the new one is."""
    her_with_a_hit(site)
    path = site.path(purpose, a_profile())
    site.room.clock.at += LIFETIMES[purpose]

    answer = site.client.get(path)

    assert answer.status_code == 410
    assert "过期" in answer.text


def test_removed_reader_is_out(site: Served) -> None:
    """The links of somebody who is no recipient any more are dead, although they are signed and not expired."""
    her_with_a_hit(site)
    path = site.path(Purpose.HITS, a_profile(), recipient=HELPER)
    before = site.client.get(path).status_code
    with site.room.ledger.writing() as connection:
        profiles.put(connection, site.room.vault, a_profile(recipients=(Recipient(address=HER),)), site.room.clock.at)

    assert (before, site.client.get(path).status_code) == (200, 404)


def test_links_of_an_erased_profile_are_dead(site: Served) -> None:
    """After erasure her links lead nowhere."""
    profile_id, _ = her_with_a_hit(site)
    path = site.path(Purpose.HITS, a_profile())
    with site.room.ledger.writing() as connection:
        site.room.vault.destroy_key(connection, profile_id)
        profiles.erase(connection, profile_id)

    assert site.client.get(path).status_code == 404


def test_one_persons_link_opens_no_others_hit(site: Served) -> None:
    """A link names profile and hit together: a hit of somebody else is not found."""
    her_with_a_hit(site)
    other = a_profile(id="q" * 32, recipients=(Recipient(address="other@mail.example"),))
    hit = a_hit(profile_id=other.id, post=a_post(id="rss:other"))
    watch(site.room.ledger, site.room.vault, other)
    find(site.room.ledger, site.room.vault, hit)

    assert site.client.get(site.path(Purpose.HIT, other, subject=hit.id)).status_code == 200
    assert site.client.get(site.path(Purpose.HIT, a_profile(), subject=hit.id)).status_code == 404


@pytest.mark.parametrize(
    "purpose", [Purpose.WITHDRAW, Purpose.ACTIVITY, Purpose.EXPORT, Purpose.CONFIRM, Purpose.WITHDRAWN]
)
def test_helper_ends_nothing(site: Served, purpose: Purpose) -> None:
    """What is hers alone is not found by another reader, even with a link for it."""
    her_with_a_hit(site)

    assert site.client.get(site.path(purpose, a_profile(), recipient=HELPER)).status_code == 404


def test_way_out_does_not_lead_in(site: Served) -> None:
    """The pause page, whose link lives for a year, has no link to what was found."""
    her_with_a_hit(site)

    text = site.client.get(site.path(Purpose.PAUSE, a_profile())).text

    assert not re.search(r'href="/(hits|hit|activity|withdraw)/', text)


def test_links_of_a_page_end_with_its_own(site: Served) -> None:
    """Going on from a page does not renew the link it came by."""
    her_with_a_hit(site)
    path = site.path(Purpose.HITS, a_profile())
    site.room.clock.at += LIFETIMES[Purpose.HITS] - timedelta(minutes=1)
    onward = re.findall(r'href="(/(?:hit|activity|pause|withdraw)/[^"]+)"', site.client.get(path).text)

    site.room.clock.at += timedelta(minutes=2)

    assert len(onward) >= 4
    assert {site.client.get(one).status_code for one in onward} == {410}


@pytest.mark.parametrize("state", ProfileState)
def test_reading_changes_nothing(site: Served, state: ProfileState) -> None:
    """GET, whatever the link, leaves the ledger as it is: a mail scanner that opens every link does no harm."""
    profile = watch(site.room.ledger, site.room.vault, a_profile(state=state))
    hit = a_hit()
    find(site.room.ledger, site.room.vault, hit)
    before = _dump(site)

    for purpose in Purpose:
        subject = hit.id if purpose is Purpose.HIT else "ABCD2345"
        assert site.client.get(site.path(purpose, profile, subject=subject)).status_code == 200, purpose

    assert _dump(site) == before
    assert site.calls.empty()


def _dump(site: Served) -> list[str]:
    raw = site.room.ledger.engine.raw_connection()
    try:
        return list(raw.driver_connection.iterdump())  # type: ignore[union-attr] # SQLite's own
    finally:
        raw.close()


def test_every_answer_is_guarded(site: Served) -> None:
    """No answer is kept, framed, indexed, or lets its address travel on; nothing but our own style is loaded."""
    her_with_a_hit(site)
    paths = ["/", "/register", "/nowhere", "/static/style.css", "/source", site.path(Purpose.HITS, a_profile())]

    for path in paths:
        answer = site.client.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
    assert "script" not in HEADERS["Content-Security-Policy"]


def test_pages_load_nothing_from_elsewhere(site: Served) -> None:
    """Pages have no script, no picture and no address outside this site."""
    _, hit_id = her_with_a_hit(site)
    paths = [
        "/",
        "/register",
        site.path(Purpose.HITS, a_profile()),
        site.path(Purpose.HIT, a_profile(), subject=hit_id),
    ]

    for path in paths:
        text = site.client.get(path).text
        assert not re.search(r"<(script|img|iframe|object|svg)|https?://|\son[a-z]+=|style=", text), path


def test_form_of_another_site_is_refused(site: Served) -> None:
    """A form on somebody else's page cannot act here, even with a true link."""
    her_with_a_hit(site)
    path = site.path(Purpose.PAUSE, a_profile())

    refused = site.client.post(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert refused.status_code == 403
    assert "暂停以后" in site.client.get(path).text


def test_name_that_is_not_ours_is_refused(site: Served) -> None:
    """A page elsewhere that points its own name at this machine reads nothing."""
    assert site.client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_every_page_offers_the_running_source(site: Served) -> None:
    """The foot of every page, those for what goes wrong too, leads to the source of this version."""
    _, hit_id = her_with_a_hit(site)
    paths = ["/", "/register", "/nowhere", "/source"]
    paths += [site.path(purpose, a_profile(), subject=hit_id) for purpose in Purpose]

    for path in paths:
        assert 'href="/source"' in site.client.get(path).text, path


def test_title_says_nothing(site: Served) -> None:
    """What stands in the browser's history does not say what was looked at."""
    _, hit_id = her_with_a_hit(site)

    titles = {
        re.search("<title>(.*)</title>", site.client.get(site.path(purpose, a_profile(), subject=hit_id)).text)[1]  # type: ignore[index]
        for purpose in Purpose
    }

    assert titles == {"守望"}


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "登记"),
        ("en-GB,en;q=0.9,zh;q=0.1", "Register"),
        ("zh-TW", "登记"),
        ("fr, en;q=0.5", "Register"),
        ("fr", "登记"),
        ("en;q=nonsense, zh", "登记"),
        ("en;q=0, zh;q=0.1", "登记"),
        ("", "登记"),
    ],
)
def test_language_is_the_browsers(site: Served, asked: str, word: str) -> None:
    """A page for anybody speaks the first language of ours that the browser asks for."""
    assert f"<h1>{word}</h1>" in site.client.get("/register", headers={"Accept-Language": asked}).text


def test_language_is_the_readers(site: Served) -> None:
    """A page behind a link speaks the reader's language; a choice overrules it and is kept from page to page."""
    her_with_a_hit(site)
    path = site.path(Purpose.HITS, a_profile(), recipient=HELPER)

    assert "What was found" in site.client.get(path).text
    chosen = site.client.get(f"{path}?lang=zh-CN").text
    assert "找到的内容" in chosen
    assert re.search(r'href="/hit/[^"]+\?lang=zh-CN"', chosen)


def test_health(site: Served) -> None:
    """Whoever watches over the machine can ask whether the page is up."""
    assert site.client.get("/health").text == "up\n"


def test_search_engines_are_kept_out(site: Served) -> None:
    """robots.txt lets nobody in."""
    assert "Disallow: /\n" in site.client.get("/robots.txt").text


def test_answers_name_no_software(site: Served) -> None:
    """An error shows no traceback and no path of ours."""
    answer = site.client.get("/hits/" + "x" * 3000)

    assert isinstance(answer, httpx.Response)
    assert "Traceback" not in answer.text
    assert answer.status_code == 404
