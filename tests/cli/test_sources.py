"""`shouwang sources check` and `sources plan`, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitors.sources.registry import ABILITIES
from tests.cli_runs import Said, shouwang
from tests.servers.homes import watch_over_her
from tests.servers.web import Web, answer_with

ITEM = b"<rss version='2.0'><channel><item><guid>1</guid><title>hello</title></item></channel></rss>"


@pytest.fixture
def env(tmp_path: Path, web: Web) -> dict[str, str]:
    """An installation that watches one feed for one person."""
    web.answer("/feed", ITEM, headers={"Content-Type": "application/rss+xml"})
    settings = {
        "SHOUWANG_HOME": str(tmp_path / "home"),
        "SHOUWANG_FEEDS": web.url("/feed"),
        "SHOUWANG_ALLOW_HOSTS": f"127.0.0.1:{web.port}",
        "SHOUWANG_RUN_SOURCES": "rss,mastodon",
        "LC_ALL": "en",
    }
    watch_over_her(tmp_path / "home")
    return settings


def rows(said: Said) -> dict[str, dict[str, Any]]:
    """The rows by their source."""
    return {row["source"]: row for row in map(json.loads, said.out.splitlines())}


def test_check_before_the_first_run(env: dict[str, str]) -> None:
    """A feed that was never read is asked; a source with nowhere to look says which setting it needs."""
    said = shouwang("sources", "check", env=env)

    assert said.code == 0, said.err
    found = rows(said)
    assert found["rss canary"]["state"] == "sees"
    assert "SHOUWANG_MASTODON_SERVERS" in found["mastodon"]["advice"]
    assert "SHOUWANG_BLUESKY=true" in found["bluesky"]["advice"]


def test_check_says_what_is_blind(env: dict[str, str], web: Web) -> None:
    """A feed that fails makes the command end with 1, and says what to do."""
    web.misbehave("/feed", answer_with(status=403))
    shouwang("run", env=env)

    said = shouwang("sources", "check", env=env)

    assert said.code == 1
    assert rows(said)["rss feed-1"]["state"] == "BLIND"
    assert "do not go round it" in rows(said)["rss feed-1"]["advice"]


def test_quick_asks_nobody(env: dict[str, str], web: Web) -> None:
    """With --quick only what is known is said."""
    shouwang("sources", "check", "--quick", env=env)

    assert web.seen == []


def test_plan(env: dict[str, str], web: Web) -> None:
    """The plan says what is asked, how often and what cannot be seen, and asks nothing."""
    found = rows(shouwang("sources", "plan", env=env | {"SHOUWANG_MASTODON_SERVERS": web.url("")}))

    assert "#林晓月" in found["mastodon"]["asks"]
    assert "twice an hour" in found["mastodon"]["often"]
    assert "needs an account" in found["mastodon"]["unseen"]
    assert found["rss"]["queries"] == 1
    assert "shouwang submit" in found["WeChat, QQ, closed groups"]["unseen"]
    assert web.seen == []


def test_everything_unseen_is_said() -> None:
    """Whatever a source cannot see stands in both languages."""
    from monitors.messages import LANGUAGES, say_in

    for language in LANGUAGES:
        say = say_in(language)
        for abilities in ABILITIES.values():
            assert all(say(f"sources.unseen.{what}") for what in abilities.unseen)


def test_terms_are_shown_before_and_after(env: dict[str, str]) -> None:
    """What an operator agrees to with her own account is said before she switches it on, and in every plan after."""
    before = rows(shouwang("sources", "plan", env=env))
    after = rows(
        shouwang("sources", "plan", env=env | {"SHOUWANG_RUN_SOURCES": "weibo", "SHOUWANG_WEIBO_COOKIE": "S=1"})
    )

    assert "forbids automatic reading" in before["weibo"]["asks"]
    assert "SHOUWANG_WEIBO_COOKIE" in before["weibo"]["asks"]
    assert "charges for every post" in before["x"]["asks"]
    assert "forbids automatic reading" in after["weibo"]["often"]
