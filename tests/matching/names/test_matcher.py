from dataclasses import replace
from datetime import timedelta

import pytest

from monitors.matching.names.matcher import NameMatcher
from monitors.records import Method, ProfileState, Scope
from tests.builders import NOON, a_consent, a_post, a_profile


@pytest.mark.parametrize(
    ("text", "written", "method"),
    [
        pytest.param("听说林晓月转学了", "林晓月", Method.EXACT, id="as it is"),
        pytest.param("聽說林曉月轉學了", "林曉月", Method.NORMALISED, id="traditional"),
        pytest.param("林 晓 月 是谁", "林 晓 月", Method.NORMALISED, id="spaced"),
        pytest.param("林·晓·月 是谁", "林·晓·月", Method.NORMALISED, id="dotted"),
        pytest.param("林\u200b晓\u200b月 是谁", "林\u200b晓\u200b月", Method.NORMALISED, id="zero width"),
        pytest.param(
            "吧里?kw=%E6%9E%97%E6%99%93%E6%9C%88&pn=2", "%E6%9E%97%E6%99%93%E6%9C%88", Method.NORMALISED, id="link"
        ),
        pytest.param("叫&#26519;&#x6653;&#26376;的", "&#26519;&#x6653;&#26376;", Method.NORMALISED, id="page escapes"),
        pytest.param(r"是\u6797\u6653\u6708吗", r"\u6797\u6653\u6708", Method.NORMALISED, id="program escapes"),
        pytest.param("𠮷𠮷𝕏林晓月🌙𠮷", "林晓月", Method.EXACT, id="among letters of four bytes"),
        pytest.param("林丨晓丨月 是谁", "林丨晓丨月", Method.NORMALISED, id="strokes between"),
        pytest.param("林晓**的图", "林晓**", Method.MASK, id="masked to the end"),
        pytest.param("林#月的图", "林#月", Method.MASK, id="masked by a sign"),
        pytest.param("l.i.n xiao yue 你火了", "l.i.n xiao yue", Method.PINYIN, id="one syllable letter by letter"),
        pytest.param("linxiaoyue2003 你火了", "linxiaoyue", Method.PINYIN, id="an account with a year"),
        pytest.param("l!nx!aoyue 你火了", "l!nx!aoyue", Method.PINYIN, id="signs for letters"),
        pytest.param("木尧月和林尧月", "林尧月", Method.LOOKALIKE, id="a radical less"),
        pytest.param("就是@Lin_XiaoYue这个号", "Lin_XiaoYue", Method.HANDLE, id="handle"),
        pytest.param("就是 ＬＩＮ＿xiaoyue", "ＬＩＮ＿xiaoyue", Method.HANDLE, id="handle in full width"),
    ],
)
def test_finds_her(text: str, written: str, method: Method) -> None:
    """A name or handle is found as it was written, with its place in the original text."""
    matcher = NameMatcher([a_profile(handles=("lin_xiaoyue",))], now=NOON)

    strongest = matcher.find(text)[0]

    assert (strongest.candidate, strongest.method) == (written, method)
    assert text[slice(*strongest.span)] == written
    assert written in strongest.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("今天天气很好", id="nobody"),
        pytest.param("林晓 和 月亮", id="two letters only"),
        pytest.param("关注 xlin_xiaoyue2", id="a longer handle"),
        pytest.param("周末去竹林晓月湾二期，就在青河学院旁", id="a place beside her school"),
        pytest.param("林业局。" + "……" * 5 + "晓得。" * 3 + "月亮", id="far apart"),
    ],
)
def test_finds_nobody(text: str) -> None:
    """A text without her has no match."""
    matcher = NameMatcher([a_profile(handles=("lin_xiaoyue",))], now=NOON)

    assert matcher.find(text) == []


def test_a_post_ends_where_it_ends() -> None:
    """A name is never put together from two posts."""
    matcher = NameMatcher([a_profile()], now=NOON)

    assert matcher.match([a_post(text="林晓"), a_post(text="月")]) == [[], []]


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(a_profile(consents=(a_consent(scope=Scope.IMAGE_HASHES),)), id="consent to photos only"),
        pytest.param(a_profile(consents=(a_consent(expires_at=NOON - timedelta(days=1)),)), id="consent ran out"),
        pytest.param(a_profile(state=ProfileState.PAUSED), id="paused"),
        pytest.param(a_profile(state=ProfileState.PENDING), id="not confirmed"),
    ],
)
def test_no_consent_no_match(profile: object) -> None:
    """Who did not allow it is not looked for."""
    matcher = NameMatcher([profile], now=NOON)  # type: ignore[list-item]

    assert matcher.match([a_post(text="林晓月")]) == [[]]


def test_matches_carry_their_post() -> None:
    """A match names its post, its profile and why, in the language of the profile."""
    profile = replace(a_profile(), languages=("en",))
    post = a_post(text="林-晓-月")

    [[match]] = NameMatcher([profile], now=NOON).match([post])

    assert (match.post_id, match.profile_id, match.span) == (post.id, profile.id, (0, 5))
    assert match.reason == "“林晓月” written as “林-晓-月”"
    assert (match.query, match.candidate) == ("林晓月", "林-晓-月")


def test_posts_beyond_a_chunk_are_found() -> None:
    """A batch of any size gives one list a post."""
    matcher = NameMatcher([a_profile()], now=NOON)
    texts = ["天" * 300_000, "林晓月", "地" * 300_000, "", "林晓月"]

    found = matcher.find_all(texts)

    assert [len(findings) for findings in found] == [0, 1, 0, 0, 1]


def test_a_changed_profile_is_live_at_once() -> None:
    """A matcher of changed profiles finds what is new and no longer what is gone; the one before stays as it was."""
    kept, renamed, left = (
        a_profile(id=key * 32, names=(name,)) for key, name in zip("abc", ("沈知夏", "林晓月", "许星遥"), strict=True)
    )
    before = NameMatcher([kept, renamed, left], now=NOON)

    after = NameMatcher([kept, replace(renamed, names=("顾南乔",))], now=NOON, before=before)

    texts = ["沈知夏", "林晓月", "许星遥", "顾南乔"]
    assert [bool(found) for found in before.find_all(texts)] == [True, True, True, False]
    assert [bool(found) for found in after.find_all(texts)] == [True, False, False, True]


def test_many_changes_end_on_one_shelf() -> None:
    """However many profiles change, the matcher finds exactly those it was given."""
    surnames, letters = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张", "晓知若清"
    names = [surname + "星" + letter for surname in surnames for letter in letters]
    profiles = [a_profile(id=f"{number:032}", names=(name,)) for number, name in enumerate(names)]

    matcher = NameMatcher(profiles, now=NOON, before=NameMatcher(profiles[:10], now=NOON))
    at_once = matcher.find_all(names)
    assert matcher.shelves.merging
    matcher.shelves.merging.join()
    later = matcher.find_all(names)

    assert at_once == later
    for profile, findings in zip(profiles, later, strict=True):
        assert profile.id in {finding.profile_id for finding in findings}
