"""What is taken out of a text before it is judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.scoring.masking import PLACEHOLDER, mask, prepare


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        pytest.param("听说林知夏升职了", "林知夏", "听说PERSON升职了", id="Chinese needs no word border"),
        pytest.param("聽說林芷晴升職了", "林芷晴", "听说PERSON升职了", id="traditional"),
        pytest.param("Maya LINDQVIST's talk", "maya lindqvist", "PERSON's talk", id="any case"),
        pytest.param("Ann is annoying", "Ann", "PERSON is annoying", id="whole words of Latin letters"),
        pytest.param("Ann说Ann的事", "Ann", "PERSON说PERSON的事", id="Latin beside Chinese"),
        pytest.param("林\u200b知夏来了", "林知夏", "PERSON来了", id="split by an invisible character"),
        pytest.param("ＬＺＸ来了", "lzx", "PERSON来了", id="full width"),
        pytest.param("C++ (c++) 大会", "c++", "PERSON (PERSON) 大会", id="a form is no regular expression"),
    ],
)
def test_form_becomes_the_placeholder(text: str, form: str, expected: str) -> None:
    """A surface form is masked however it is written."""
    assert prepare([text], [[form]]) == [expected]


def test_longer_forms_go_first() -> None:
    """A nickname inside the full name does not leave half a name behind."""
    assert prepare(["林知夏和知夏姐"], [["知夏", "林知夏", ""]]) == ["PERSON和PERSON姐"]


def test_links_and_other_peoples_handles_are_neutral() -> None:
    """Where a link leads and who is spoken to must not sway the judgement; an e-mail address stays one."""
    (text,) = prepare(["看 https://a.example/x?y=1 和 @路人甲 或 me@mail.example\n\n  谢谢"])

    assert text == "看 [url] 和 @user 或 me@mail.example 谢谢"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("见http://t.cn/A6xyz今晚去你家", "见[url]今晚去你家", id="Chinese right behind a link"),
        pytest.param("www.a.example/资源求", "[url]资源求", id="without a scheme"),
        pytest.param("@小林今晚就去你家门口等着", "@小林今晚就去你家门口等着", id="a handle that nothing ends"),
        pytest.param("转发 @小林:今晚去", "转发 @user:今晚去", id="ended by a colon"),
        pytest.param("@abc_1今晚去", "@user今晚去", id="Latin handle, Chinese behind it"),
        pytest.param("@林知夏今晚去", "@PERSON今晚去", id="her own name as a handle"),
    ],
)
def test_what_stands_behind_a_link_or_a_handle_is_read(text: str, expected: str) -> None:
    """Chinese has no spaces: what is written on without one is still judged."""
    assert prepare([text], [["林知夏"]]) == [expected]


def test_nothing_to_read_is_empty() -> None:
    """Blank and invisible texts become empty, which is scored as unread and not as harmless."""
    assert prepare(["", " \t\n", "\u200b\ufeff"]) == ["", "", ""]


@given(st.text(), st.lists(st.text(max_size=5), max_size=3))
def test_any_text_and_forms_can_be_prepared(text: str, forms: list[str]) -> None:
    """No text and no form stops the batch, and spaces come out single."""
    (prepared,) = prepare([text], [forms])

    assert prepared == " ".join(prepared.split())


@given(st.text(alphabet="ab林知 ", max_size=20), st.text(alphabet="ab林知", min_size=1, max_size=3))
def test_masked_form_is_gone(text: str, form: str) -> None:
    """Masking twice changes nothing."""
    once = mask(text, [form])

    assert mask(once, [form]) == once


@given(st.sampled_from(["林知夏", "Maya", "賴", "さくら", "지민"]), st.sampled_from(["沈予安", "Tom", "田中", "Олег"]))
def test_whose_name_it_is_does_not_matter(one: str, other: str) -> None:
    """Swapping the person, her gender or her script gives the same text to judge."""
    texts = [f"听说 {name} 升职了" for name in (one, other)]

    first, second = prepare(texts, [[one], [other]])

    assert first == second == f"听说 {PLACEHOLDER} 升职了"
