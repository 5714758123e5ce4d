import pytest

from monitors.matching.names.matcher import NameMatcher
from monitors.matching.names.namesakes import Lesson, Memory, learn, odds_against
from tests.builders import NOON, a_profile

NOT_HER = "演员林晓月主演的电视剧《长风渡口》今晚开播，粉丝接机"
NAMESAKE = [
    "林晓月新剧杀青，导演晒合照",
    "《长风渡口》大结局，林晓月哭得好惨",
    "恭喜林晓月拿下最佳女主角",
    "电视剧《长风渡口》主演林晓月出席开机仪式",
]
HERS = [
    "林晓月的私照是假的，别传了",
    "有人在群里卖林晓月的视频",
    "青河学院林晓月演过电视剧？",
    "林晓月被造谣，已经报警",
    "听说林晓月跟导师有一腿",
    "#林晓月事件# 求吃瓜",
    "林晓月粉丝群里有人乱发她照片",
    "谁有林晓月的视频，女主角就是她",
    "今晚林晓月在吗",
]


def matcher(*lessons: Lesson, others: tuple[str, ...] = ()) -> NameMatcher:
    """A matcher that was taught."""
    profile = a_profile()
    memory = learn(lessons, others=others, hers=(*profile.names, *profile.context))
    return NameMatcher([profile], now=NOON, memories={profile.id: memory})


@pytest.mark.parametrize("text", NAMESAKE)
def test_one_word_silences_the_namesake(text: str) -> None:
    """After one "not her", posts about the other of that name are silent."""
    taught = matcher(Lesson(text=NOT_HER, is_about_her=False))

    assert matcher().find(text)
    assert taught.find(text) == []


@pytest.mark.parametrize("text", HERS)
def test_one_word_silences_none_of_hers(text: str) -> None:
    """After one "not her", every post about her is found as before."""
    taught = matcher(Lesson(text=NOT_HER, is_about_her=False))

    assert [finding.span for finding in taught.find(text)] == [finding.span for finding in matcher().find(text)] != []


def test_what_was_hers_teaches_nothing() -> None:
    """A word that also stands in a post about her does not argue against her."""
    hers = Lesson(text="林晓月去年演过《长风渡口》的群众角色，电视剧里能看到", is_about_her=True)
    taught = matcher(Lesson(text=NOT_HER, is_about_her=False), hers)

    assert taught.find("《长风渡口》里的林晓月，电视剧第三集")


def test_known_others_argue_against() -> None:
    """A term that she named for another of her name silences that one, not herself."""
    taught = matcher(others=("平原大学",))

    assert taught.find("平原大学的林晓月拿了奖") == []
    assert taught.find("林晓月转学了")


def test_her_context_outweighs_the_other() -> None:
    """A post with her own context is about her, whatever it shares with the other."""
    taught = matcher(Lesson(text=NOT_HER, is_about_her=False))

    assert taught.find("青河学院的林晓月长得像《长风渡口》的主演")


def test_a_lesson_is_another_profiles_affair() -> None:
    """What one profile learned says nothing about another of the same name."""
    one, other = a_profile(), a_profile(id="q" * 32)
    memory = learn([Lesson(text=NOT_HER, is_about_her=False)])

    found = NameMatcher([one, other], now=NOON, memories={one.id: memory}).find(NAMESAKE[0])

    assert [finding.profile_id for finding in found] == [other.id]


def test_nothing_learned_says_nothing() -> None:
    """An empty memory changes no score."""
    assert odds_against(Memory(weights={}), NOT_HER) == (0.0, ())


def test_only_the_latest_lessons_are_used() -> None:
    """Any number of judged posts takes bounded work."""
    lessons = [Lesson(text=f"林晓月和第{at}个无关的人在渡口", is_about_her=False) for at in range(1_000)]

    assert len(learn(lessons).weights) < 500
