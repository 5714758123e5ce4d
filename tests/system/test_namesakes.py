"""Another person of the same name: one word silences her, and nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitors.ledger import audit, hits, profiles, verdicts
from monitors.records import Recipient
from tests.servers.web import Web, serving
from tests.system.house import HER, OTHER, House, feed, house_in

FIRST = "马拉松女将林晓月今日在厦门跑出2小时28分，刷新个人最好成绩"
"""The post she says is not about her."""
NAMESAKE = (
    "林晓月夺得半程马拉松冠军",
    "专访长跑运动员林晓月：每周跑量两百公里",
    "林晓月因伤退出全国田径锦标赛",
    "厦门马拉松：林晓月第三次登上领奖台",
    "林晓月备战亚运会马拉松，教练说状态不错",
)
HERS = (
    "林晓月的照片被人P了发在群里",
    "听说青河学院林晓月跟导师有一腿",
    "林晓月住哪个宿舍有人知道吗",
    "谁有林晓月的视频，求资源",
    "林晓月今天没来上课",
    "恶心，林晓月这种人也配拿奖学金",
    "林晓月加油，我们相信你",
    "有人冒充林晓月在群里骂人",
    "青河学院的林晓月报名了校园马拉松",
    "林晓月跑马拉松的照片被人拿去配了脏话",
    "林*月昨晚在酒店的事你们听说了吗，青河学院的",
    "lin xiaoyue 青河学院，懂的都懂",
)
NOBODY = ("厦门马拉松报名开始了", "今天食堂的糖醋排骨又涨价了")


@pytest.fixture
def web() -> Iterator[Web]:
    """Serves one feed; at first with one post about the runner."""
    with serving() as server:
        server.answer("/feed.xml", feed(FIRST))
        yield server


@pytest.fixture
def house(tmp_path: Path, web: Web) -> House:
    """Watches over two people of one name, who live in different places."""
    house = house_in(tmp_path, web)
    house.protect()
    house.protect(id=OTHER, context=("南山大学",), recipients=(Recipient(address="other@mail.example"),))
    assert house.run("run").code == 0
    return house


def of(house: House, profile_id: str) -> set[str]:
    return {hit.post.text for hit in house.hits() if hit.profile_id == profile_id}


def first_hit(house: House, profile_id: str = HER) -> str:
    return next(hit.id for hit in house.hits() if hit.profile_id == profile_id and hit.post.text == FIRST)


def test_one_word_silences_the_namesake_and_none_of_hers(house: House, web: Web) -> None:
    """After one "not her" the runner is silent for this profile, every post about her is found, nobody else changes."""
    (said,) = house.lines("verdict", first_hit(house), "--about-her", "no")

    web.answer("/feed.xml", feed(*NAMESAKE, *HERS, *NOBODY))
    assert house.run("run").code == 0

    assert said["about_her"] == "no"
    assert of(house, HER) == {FIRST, *HERS}
    assert of(house, OTHER) >= {FIRST, *NAMESAKE}
    assert house.adds_up()


def test_without_a_word_both_are_found(house: House, web: Web) -> None:
    """The posts about the runner are silent because of the verdict, not by themselves."""
    web.answer("/feed.xml", feed(*NAMESAKE, *HERS, *NOBODY))

    assert house.run("run").code == 0

    assert of(house, HER) == {FIRST, *NAMESAKE, *HERS}


def test_a_word_is_taken_back_by_another(house: House, web: Web) -> None:
    """Once she says that it is about her after all, the next run finds what was silenced and is still stored."""
    hit = first_hit(house)
    house.lines("verdict", hit, "--about-her", "no")
    web.answer("/feed.xml", feed(*NAMESAKE))
    assert house.run("run").code == 0
    assert of(house, HER) == {FIRST}

    house.lines("verdict", hit, "--about-her", "yes")
    assert house.run("run").code == 0

    assert of(house, HER) == {FIRST, *NAMESAKE}
    assert house.adds_up()


def test_what_is_not_about_her_is_not_told_again(house: House) -> None:
    """A hit that somebody said is not about her stands in no digest that comes after; it stays in the ledger."""
    hit = first_hit(house)
    house.lines("verdict", hit, "--about-her", "no", "--harmful", "no")

    with house.opened() as parts, parts.ledger.reading() as ledger:
        assert hits.due(ledger, parts.vault, HER) == ()
        assert [said.by for said in verdicts.of_hits(ledger, [hit])[hit]] == ["operator"]
        assert "judged" in {entry.action for entry in audit.entries_of(ledger, HER)}
    assert of(house, HER) == {FIRST}


def test_known_others_stand_in_the_profile(house: House, web: Web) -> None:
    """A word that tells the other silences her from the first post on, for this profile alone."""
    with house.opened() as parts, parts.ledger.writing() as ledger:
        profile = profiles.get(ledger, parts.vault, HER)
        assert profile
        profiles.put(ledger, parts.vault, replace(profile, others=("马拉松", "田径", "长跑")), parts.clock.now())
    web.answer("/feed.xml", feed(*NAMESAKE, *HERS))

    assert house.run("run").code == 0

    assert of(house, HER) >= {text for text in HERS if "马拉松" not in text or "青河学院" in text}
    assert of(house, HER).isdisjoint(NAMESAKE)
    assert of(house, OTHER) >= set(NAMESAKE)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["no-such-hit", "--about-her", "no"], "no-such-hit", id="unknown hit"),
        pytest.param(["HIT", "--about-her", "maybe"], "--about-her", id="no answer"),
        pytest.param(["HIT"], "--about-her", id="nothing said"),
    ],
)
def test_a_word_that_says_nothing_is_bad_usage(house: House, arguments: list[str], named: str) -> None:
    """What is wrong is named, and nothing is written down."""
    hit = first_hit(house)

    said = house.run("verdict", *(hit if part == "HIT" else part for part in arguments))

    assert (said.code, named in said.err) == (2, True)
    with house.opened() as parts, parts.ledger.reading() as ledger:
        assert verdicts.of_hits(ledger, [hit]) == {hit: []}
