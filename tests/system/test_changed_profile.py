"""Changing what is watched for: tried first, and then matched against what is still stored, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors import pipeline
from monitors.errors import StopRun
from monitors.ledger import audit, batches, exhibits, fetches
from monitors.records import Method, Recipient, Stage
from tests.servers.web import Web, serving
from tests.system.house import HER, MAIL, NOBODY, OTHER, RUMOUR, House, feed, house_in

NICKED = "小雾灯又在青河学院门口被人拍了"
"""Names her by a nickname that nobody knew of."""
PLAIN = "林晓月你给我等着，明天放学别想走出校门"
FILE = f"""\
names: [林晓月]
aliases: [小雾灯]
context: [青河学院]
recipients:
  - address: {MAIL}
schedule: {{hour: 0, timezone: UTC}}
adult_in_all_photos: true
consents:
  - {{scope: names, given_by: self, authority: self}}
  - {{scope: image_hashes, given_by: self, authority: self}}
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """Serves one feed: a post that names her, one that does by a nickname, and one about nobody."""
    with serving() as server:
        server.answer("/feed.xml", feed(PLAIN, NICKED, NOBODY))
        yield server


@pytest.fixture
def house(tmp_path: Path, web: Web) -> House:
    """Watches over her and has read the feed once."""
    house = house_in(tmp_path, web)
    house.protect()
    assert house.run("run").code == 0
    return house


@pytest.fixture
def changed(tmp_path: Path) -> str:
    """Her profile file with the nickname in it."""
    (tmp_path / "her.yaml").write_text(FILE, encoding="utf-8")
    return str(tmp_path / "her.yaml")


def texts(house: House) -> list[str]:
    return sorted(hit.post.text for hit in house.hits())


def test_a_change_is_tried_over_what_is_stored(house: House, changed: str) -> None:
    """Every stored post says with its reason whether it would be new, lost or the same, and nothing changes."""
    said = house.run("profile", "try", HER, "--with", changed)

    lines = house.lines("profile", "try", HER, "--with", changed)
    assert sorted((line["change"], line["method"]) for line in lines) == [("new", "exact"), ("same", "exact")]
    assert all(line["reason"] for line in lines)
    assert "3" in said.err
    assert texts(house) == [PLAIN]


def test_odd_input_is_tried_all_the_same(house: House, tmp_path: Path) -> None:
    """An id with half a character is taken as it is; an alias of one letter is bad usage."""
    (tmp_path / "odd.jsonl").write_text(f'{{"id": "\\ud83d", "text": "{PLAIN}"}}\n', encoding="utf-8")

    (line,) = house.lines("profile", "try", HER, "--posts", str(tmp_path / "odd.jsonl"))
    short = house.run("profile", "try", HER, "--alias", "月")

    assert (line["post_id"], line["change"]) == ("\ud83d", "same")
    assert (short.code, "--alias" in short.err) == (2, True)


def test_an_alias_that_goes_is_lost(house: House, changed: str, tmp_path: Path) -> None:
    """What only the old profile finds is told as lost, of posts given by hand too."""
    assert house.run("profile", "change", HER, changed).code == 0
    without = tmp_path / "without.yaml"
    without.write_text(FILE.replace("aliases: [小雾灯]\n", ""), encoding="utf-8")
    (tmp_path / "posts.jsonl").write_text(f'{{"id": "1", "text": "{NICKED}"}}\n{{"id": 2}}\n', encoding="utf-8")

    stored = house.lines("profile", "try", HER, "--with", str(without))
    given = house.run("profile", "try", HER, "--with", str(without), "--posts", str(tmp_path / "posts.jsonl"))

    assert sorted(line["change"] for line in stored) == ["lost", "same"]
    assert '"change": "lost"' in given.out
    assert (given.code, "posts.jsonl:2" in given.err) == (2, True)


def test_a_change_finds_what_is_still_stored_once(house: House, changed: str) -> None:
    """The post is matched, judged, sealed, indexed and told of like any other, and one time, however often it runs."""
    (said,) = house.lines("profile", "change", HER, changed)

    assert said["found"] == 1
    assert texts(house) == sorted([PLAIN, NICKED])
    assert len(house.documents()) == 2
    with house.opened() as parts, parts.ledger.reading() as ledger:
        assert len(exhibits.chain_of(ledger, HER)) == 2
    assert house.run("profile", "change", HER, changed).code == 0
    assert house.run("run").code == 0
    assert house.run("run").code == 0
    assert texts(house) == sorted([PLAIN, NICKED])
    assert len(house.hits()) == len({hit.id for hit in house.hits()}) == 2
    assert house.adds_up()
    assert house.run("evidence", "verify").code == 0


@pytest.mark.parametrize("stage", ["match", "score", "seal", "index"])
def test_a_killed_look_back_is_made_again(
    house: House, changed: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it dies, the next run ends it: the post is found, once."""

    def die(*_: object) -> None:
        raise StopRun("killed")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, stage, die)
        assert house.run("profile", "change", HER, changed).code == 1

    assert house.run("run").code == 0
    assert texts(house) == sorted([PLAIN, NICKED])
    assert len(house.documents()) == 2
    assert house.adds_up()


def test_a_person_who_just_confirmed_is_looked_for_in_what_is_stored(house: House) -> None:
    """A new profile is a change too; hits of others stay what they are."""
    house.protect(id=OTHER, names=("小雾灯",), context=(), recipients=(Recipient(address="chen@mail.example"),))

    assert house.run("run").code == 0

    assert sorted((hit.profile_id, hit.post.text) for hit in house.hits()) == [(HER, PLAIN), (OTHER, NICKED)]
    assert house.adds_up()


def test_where_nothing_is_kept_looking_back_says_so(house: House, changed: str) -> None:
    """With no days to keep, posts about nobody are gone: the command tells it instead of finding nothing silently."""
    keeping_nothing = house.settled(keep_unmatched="0")
    assert keeping_nothing.run("run").code == 0

    said = keeping_nothing.run("profile", "change", HER, changed)

    assert (said.code, '"found": 0' in said.out) == (0, True)
    assert "SHOUWANG_KEEP_UNMATCHED=0" in said.err


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        pytest.param(MAIL, "other@mail.example", "recipients", id="somebody else is told"),
        pytest.param("scope: image_hashes", "scope: faces", "consents", id="more is allowed"),
        pytest.param("names: [林晓月]", "names: [陈雨桐]", "names", id="another person"),
        pytest.param("aliases: [小雾灯]", "aliases: [灯]", "aliases[0]", id="one letter"),
    ],
)
def test_what_is_asked_of_her_cannot_be_changed(house: House, changed: str, old: str, new: str, field: str) -> None:
    """Who is told, what is allowed and who she is stay hers; the field is named and nothing changes."""
    Path(changed).write_text(FILE.replace(old, new), encoding="utf-8")

    said = house.run("profile", "change", HER, changed)

    assert (said.code, "her.yaml" in said.err, field in said.err) == (2, True, True)
    (shown,) = house.lines("profile", "show", HER)
    assert shown["aliases"] == []


def test_a_change_stands_in_her_log(house: House, changed: str) -> None:
    """She can read that it was changed; no coverage line tells of a look at what was stored."""
    house.lines("profile", "change", HER, changed)

    with house.opened() as parts, parts.ledger.reading() as ledger:
        assert "changed" in {entry.action for entry in audit.entries_of(ledger, HER)}
        looks = fetches.looks(ledger, since=parts.clock.now().replace(year=2000))
        assert {look.source for look in looks} == {"rss"}
        assert batches.leaks(ledger) == []


def test_a_stored_post_that_was_handed_in_is_no_new_hit(house: House, changed: str, tmp_path: Path) -> None:
    """A post that is hers already is left as it is, whatever else would find it now."""
    (tmp_path / "seen.txt").write_text(NICKED, encoding="utf-8")
    house.lines("submit", str(tmp_path / "seen.txt"), "--profile", HER)

    house.lines("profile", "change", HER, changed)

    handed_in = [hit for hit in house.hits(Stage.INDEX) if hit.post.source == "submitted"]
    assert [hit.strongest.method for hit in handed_in] == [Method.SUBMITTED]
    assert RUMOUR not in texts(house)
    assert house.adds_up()
