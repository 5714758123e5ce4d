import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.words import LONGEST_WORD, Word, folded, phrases_of, spans_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("林曉月", "林 晓 月"),
        ("薴苧苎", "苎 苎 苎"),  # traditional of traditional: to the end of the chain
        ("妳", "你"),
        ("今天lin来2次", "今 天 lin 来 2 次"),
        ("Ｌｉｎ①", "lin1"),
        ("Xiǎoyuè ǖ", "xiaoyue u"),
        ("Straße İstanbul ΣΊΣΥΦΟΣ", "strasse istanbul σισυφοσ"),
        ("Đào Søren Łódź þing æther œuvre", "dao soren lodz thing aether oeuvre"),
        ("O'Brien O’Brien OʼBrien Oʻahu", "o brien o brien o brien o ahu"),
        ("ё й", "е и"),
        ("が ﾊﾞ ヴ", "が バ ヴ"),  # sound marks make other letters: they stay
        ("김지우", "김 지 우"),
        ("ครู", "ค รู"),
        ("हिन्दी में", "हिन्दी में"),
        ("مُحَمَّد שָׁלוֹם", "محمد שלום"),
        ("می\u200cخواهم xiao\u00adyue \u202elin\u202c", "میخواهم xiaoyue lin"),
        ("林\u3164晓\u115f月", "林 晓 月"),  # letters that nobody sees
        ("👩🏽\u200d💻 ☕\ufe0f 🇨🇳 1\ufe0f\u20e3", "👩 💻 ☕ 🇨 🇳 1"),
        ("㍿ ﬁ ½ ™", "株 式 会 社 fi 1 2 tm"),
        ("a_b-c@d.e/f#g", "a b c d e f g"),
        ("a\x00b\ud83dc\ue000d", "a b c d"),
        ("，。！？ —… \n\t", ""),
        ("", ""),
    ],
)
def test_folds(text: str, words: str) -> None:
    """Every way to write a word becomes one; signs part words and are none."""
    assert folded(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("🌙林曉", [Word("🌙", 0, 1), Word("林", 1, 2), Word("晓", 2, 3)]),
        ("e\u0301a lin", [Word("ea", 0, 3), Word("lin", 4, 7)]),
        ("㍿", [Word("株", 0, 1), Word("式", 0, 1), Word("会", 0, 1), Word("社", 0, 1)]),
        ("xiao\u200byue。", [Word("xiaoyue", 0, 8)]),
    ],
)
def test_words_know_their_place(text: str, words: list[Word]) -> None:
    """A place counts code points of the text as it was written."""
    assert words_of(text) == words


def test_a_long_run_is_cut() -> None:
    """A run without spaces becomes words that any store keeps, and none of it is lost."""
    words = words_of("x" * 200)

    assert [len(word.text) for word in words] == [LONGEST_WORD] * 3 + [8]
    assert (words[1].start, words[-1].end) == (LONGEST_WORD, 200)


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("林晓月", [("林", "晓", "月")]),
        ("林晓月\u3000青河", [("林", "晓", "月"), ("青", "河")]),
        ('"lin xiaoyue" 月', [("lin", "xiaoyue"), ("月",)]),
        ("“lin xiaoyue”", [("lin", "xiaoyue")]),
        ('"lin xiaoyue', [("lin", "xiaoyue")]),
        ('lin"xiao yue"', [("lin",), ("xiao", "yue")]),
        ("林 林 林", [("林",)]),
        ('"" — !', []),
    ],
)
def test_reads_a_query(query: str, phrases: list[tuple[str, ...]]) -> None:
    """Spaces part phrases, quotation marks hold one together; what says nothing is left out."""
    assert phrases_of(query) == phrases


def test_spans_of_nothing() -> None:
    """Where nothing is asked, nothing is marked."""
    assert (spans_of("林晓月", []), spans_of("", [("林",)])) == ((), ())


@given(st.text())
def test_places_lie_in_the_text_and_in_order(text: str) -> None:
    """Places are inside the text, none is empty, and none begins before the one before it."""
    words = words_of(text)

    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)


@given(st.text())
def test_a_word_is_a_plain_string(text: str) -> None:
    """No word holds a space, a quotation mark or any sign that a store could read as more than a word."""
    letters = {unicodedata.category(char) for word in words_of(text) for char in word.text}

    assert not {kind for kind in letters if kind[0] in "ZPC" and kind != "Cn"}


@given(st.text() | st.text("林曉ß½ﬁ่é\u200b ·", max_size=150))
def test_the_quick_way_is_the_slow_way(text: str) -> None:
    """What is indexed is exactly the words that are marked later."""
    assert folded(text) == " ".join(word.text for word in words_of(text))


@given(st.text("林曉月ａÉß ﬁ·", max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    """What was folded is folded already."""
    assert folded(folded(text)) == folded(text)


@given(st.text(), st.text())
def test_a_space_parts_for_good(left: str, right: str) -> None:
    """Texts on either side of a line break have the words they have alone."""
    assert folded(f"{left}\nx{right}").split() == folded(left).split() + folded(f"x{right}").split()
