import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.matching.names.normalise import normalise, read_batch
from monitors.matching.names.tables import WALL

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        pytest.param("ＬＩＮ　晓月！", "lin 晓月!", id="full width"),
        pytest.param("林\u200b晓\u2060月\ufeff", "林晓月", id="zero width"),
        pytest.param("林\x00晓\x1b月\x7f\x80", "林晓月", id="control characters"),
        pytest.param("\u202e林晓月\u202c", "林晓月", id="direction controls"),
        pytest.param("許星遙", "许星遥", id="traditional"),
        pytest.param("𝓛𝓲𝓷 𝐗𝐢𝐚𝐨 ⓨⓤⓔ", "lin xiao yue", id="mathematical and circled letters"),
        pytest.param("🅻🅸🅽 🇱🇮🇳", "lin lin", id="squared letters and flags of letters"),
        pytest.param("⽉", "月", id="radical"),
        pytest.param("l̶i̶n̶", "lin", id="struck through"),
        pytest.param("Jose\u0301 José", "josé josé", id="an accent apart or not"),
        pytest.param("ᄒ\u1161\u11ab국 ｶﾞ", "한국 ガ", id="Korean letters and half-width kana taken apart"),
        pytest.param("ﬁ ㎏ Straße", "fi kg strasse", id="one that becomes several"),
        pytest.param(
            "%E6%9E%97&#26195;\\u6708&nbsp;%21&#108;", "林晓月 %21&#108;", id="escapes of letters, not of others"
        ),
        pytest.param("林\ud800晓", "林晓", id="half a surrogate pair"),
        pytest.param("\U0010ffff林", "林", id="the wall itself"),
    ],
)
def test_plain_form(written: str, plain: str) -> None:
    """What hides a text from a search is undone; words, accents and punctuation stay."""
    assert normalise([written])[0].text == plain


def test_span_is_what_was_written() -> None:
    """A place in the plain text leads back to the original, whatever was dropped or grew before it."""
    text = "ﬁ\u200bn 林\u200b·\u200b晓月。"
    plain = normalise([text])[0]
    start = plain.text.index("林")

    first, end = plain.span(start, start + 4)

    assert text[first:end] == "林\u200b·\u200b晓月"


@given(ANY_TEXT)
def test_twice_changes_nothing(text: str) -> None:
    """What is plain stays as it is."""
    once = normalise([text])[0].text

    assert normalise([once])[0].text == once


@given(st.lists(ANY_TEXT, max_size=6))
def test_a_batch_is_its_texts(texts: list[str]) -> None:
    """A text reads the same alone and among others, and every letter stands in its own text."""
    together = normalise(texts)

    for text, plain in zip(texts, together, strict=True):
        alone = normalise([text])[0]
        assert alone.text == plain.text
        assert np.array_equal(alone.offsets, plain.offsets)
        assert len(plain.offsets) == len(plain.text)
        assert all(0 <= place < len(text) for place in plain.offsets.tolist())
        assert (np.diff(plain.offsets) >= 0).all()


@given(st.lists(ANY_TEXT, max_size=6))
def test_one_wall_a_post(texts: list[str]) -> None:
    """Whatever the texts hold, a batch has as many walls as texts."""
    batch = read_batch(texts)

    assert int((batch.codes == WALL).sum()) == len(texts) == len(batch)
