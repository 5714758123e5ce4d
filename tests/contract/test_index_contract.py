"""What every search store promises, told once and held against each of them."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from monitors.errors import BadInputError
from search.elastic.store import ElasticIndex
from search.embedded.store import EmbeddedIndex
from search.index import MOST, Document, Found, Index, Search
from search.words import folded, phrases_of, words_of
from tests.builders import NOON, a_document

STORES = ["embedded", pytest.param("elasticsearch", marks=pytest.mark.needs_elasticsearch)]
MINE, THEIRS = "m" * 32, "t" * 32


@pytest.fixture(params=STORES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    if request.param == "embedded":
        return EmbeddedIndex(tmp_path / "index.sqlite")
    node, prefix = (request.getfixturevalue(name) for name in ("elasticsearch_node", "index_prefix"))
    made = ElasticIndex.at(node.url, prefix=prefix)
    made.set_up()
    return made


def texts(found: Found) -> list[str]:
    return [document.text for document in found.documents]


def ids(found: Found) -> list[str]:
    return [document.hit_id for document in found.documents]


def marked(found: Found) -> list[str]:
    """Every highlight of a page, cut out of the text it belongs to."""
    together = zip(found.documents, found.highlights, strict=True)
    return [document.text[start:end] for document, spans in together for start, end in spans]


def pages(index: Index, search: Search) -> Iterator[Found]:
    while True:
        found = index.find(search)
        yield found
        if found.next is None:
            return
        search = replace(search, after=found.next)


def many(number: int, **changed: object) -> list[Document]:
    return [a_document(hit_id=f"{place:032x}", text=f"林晓月 {place}", **changed) for place in range(number)]


FOUND_HOWEVER_WRITTEN = [
    pytest.param("安宁", "安宁", id="a name of two characters"),
    pytest.param("昨天安宁没有来上课", "安宁", id="a name of two characters inside a text"),
    pytest.param("听说林晓月转学了", "林晓月", id="a name inside a text"),
    pytest.param("听说林晓月转学了", "月转", id="any two characters side by side"),
    pytest.param("聽說林曉月轉學了", "林晓月", id="traditional text, simplified query"),
    pytest.param("听说林晓月转学了", "林曉月", id="simplified text, traditional query"),
    pytest.param("林\u200b晓\u2060月", "林晓月", id="zero-width characters between"),
    pytest.param("林·晓·月", "林晓月", id="dots between"),
    pytest.param("林 晓\n月", "林晓月", id="spaces between"),
    pytest.param("ＬＩＮ\u3000Ｘｉａｏｙｕｅ", '"lin xiaoyue"', id="full-width letters"),
    pytest.param("Lin Xiǎoyuè", "“lin xiaoyue”", id="pinyin with tone marks"),
    pytest.param("lin Xiaoyue", "XIǍOYUÈ", id="tone marks typed, none written"),
    pytest.param("又是林xiao月干的", "林xiao月", id="characters and pinyin mixed"),
    pytest.param("林xiaoyue月", "xiaoyue", id="a word between characters"),
    pytest.param("Zoë Núñez-O’Brien's", "nunez", id="Spanish"),
    pytest.param("Zoë Núñez-O’Brien's", "O'Brien", id="another apostrophe"),
    pytest.param("die Große Straße", "STRASSE", id="sharp s"),
    pytest.param("Łukasz Jørgensen", '"lukasz jorgensen"', id="letters with a stroke"),
    pytest.param("Юлия Фёдорова", "ФЕДОРОВА", id="Russian"),
    pytest.param("김지우가 왔다", "김지우", id="a Korean name with a particle"),
    pytest.param("김지우가 왔다", unicodedata.normalize("NFD", "김지우"), id="a decomposed query"),
    pytest.param("昨日、はなこさんが", "はなこ", id="Japanese"),
    pytest.param("ﾊﾅｺさん", "ハナコ", id="half-width kana"),
    pytest.param("เมื่อวานสมหญิงไม่มา", "สมหญิง", id="Thai"),
    pytest.param("مُحَمَّد هنا", "محمد", id="Arabic with vowel marks"),
    pytest.param("Nguyễn Thị Hồng Đào", '"nguyen thi hong dao"', id="Vietnamese"),
    pytest.param("晚安🌙", "🌙", id="an emoji"),
    pytest.param("好👩🏽\u200d💻的", "👩", id="a part of a joined emoji"),
    pytest.param("#林晓月# @lin_xiao99", "xiao99", id="a part of a handle"),
    pytest.param("林晓月在青河学院", "青河学院 林晓月", id="two phrases in any order"),
    pytest.param("林晓月 ☕", "林晓月 ——", id="signs beside a phrase ask for nothing"),
]


@pytest.mark.parametrize(("text", "words"), FOUND_HOWEVER_WRITTEN)
def test_finds_however_it_is_written(index: Index, text: str, words: str) -> None:
    """What stands in a text is found, however it is written, in the text or in the query."""
    index.put([a_document(text=text), a_document(text="今天 nothing 在这里")])

    found = index.find(Search(words=words))

    assert texts(found) == [text]


NOT_FOUND = [
    pytest.param("月晓林", "林晓月", id="another order"),
    pytest.param("林某和晓月", "林晓月", id="something between"),
    pytest.param("晓月", "林晓月", id="a part missing"),
    pytest.param("xiaoyuelin", "xiaoyue", id="a longer Latin word"),
    pytest.param("lin da xiaoyue", '"lin xiaoyue"', id="a word between"),
    pytest.param("林晓月", "林晓月 青河学院", id="one of two phrases"),
    pytest.param("林晓月", '林晓月" OR "x', id="quotation marks are no query language"),
    pytest.param("林晓月", "text:林", id="nor is a field name"),
    pytest.param("b", "NEAR(b c)", id="nor is NEAR"),
    pytest.param("林晓月", "。！？", id="a query of nothing but signs"),
    pytest.param("", "林晓月", id="a text without words"),
]


@pytest.mark.parametrize(("text", "words"), NOT_FOUND)
def test_finds_nothing_else(index: Index, text: str, words: str) -> None:
    """A phrase is found as it stands or not at all, and no sign in a query has a power."""
    index.put([a_document(text=text)])

    found = index.find(Search(words=words))

    assert found == Found(documents=(), highlights=(), total=0)


def test_stores_a_document_exactly(index: Index) -> None:
    """What is found is what was put, to the microsecond, with every field that may be empty full or empty."""
    full = a_document(text="一", found_at=NOON.replace(microsecond=123456), published_at=datetime(1, 1, 1, tzinfo=UTC))
    bare = a_document(text="二", categories=(), probability=None, stance=None, model=None, lang=None, published_at=None)

    index.put([full, bare])

    assert index.find(Search()).documents == (full, bare)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\x00林\x00", "\ufffd", "🌙" * 3000, "林" * 20_000, "a" * 40_000, '"\\\n\r\t', "\U0010ffff"],
    ids=["empty", "blank", "NUL", "replacement", "emoji", "a long text", "a long word", "escapes", "no character"],
)
def test_keeps_any_text(index: Index, text: str) -> None:
    """A text comes back as it was put, whatever is in it."""
    index.put([a_document(text=text)])

    assert texts(index.find(Search())) == [text]


def test_half_a_character_stops_nothing(index: Index) -> None:
    """A text with half of a surrogate pair is found by the rest of it."""
    index.put([replace(a_document(), text="林晓月\ud83d来了")])

    assert index.find(Search(words="林晓月\ud83d")).total == 1


@pytest.mark.parametrize("words", ["", "  ", "\n\u3000"], ids=["empty", "blank", "other blanks"])
def test_blank_words_find_everything(index: Index, words: str) -> None:
    """Who types nothing sees every hit, without highlights."""
    index.put([a_document(text="一"), a_document(text="。")])

    found = index.find(Search(words=words))

    assert (found.total, found.highlights) == (2, ((), ()))


def test_empty_store_gives_an_empty_page(index: Index) -> None:
    """A store without documents finds nothing and is well."""
    found = index.find(Search(words="林晓月"))

    assert (found, index.check()) == (Found(documents=(), highlights=(), total=0), [])


def test_every_filter_must_hold(index: Index) -> None:
    """Profile, category, severity and time each narrow what is found; a category counts wherever it stands."""
    wanted = a_document(text="林晓月 一", profile_id=MINE, categories=("insult", "doxxing"), severity="urgent")
    others = [
        replace(wanted, hit_id="1" * 32, profile_id=THEIRS),
        replace(wanted, hit_id="2" * 32, categories=("insult",)),
        replace(wanted, hit_id="3" * 32, categories=()),
        replace(wanted, hit_id="4" * 32, severity="high"),
        replace(wanted, hit_id="5" * 32, found_at=NOON - timedelta(microseconds=1)),
        replace(wanted, hit_id="6" * 32, text="晓月 一"),
    ]
    index.put([wanted, *others])

    found = index.find(Search(words="林晓月", profile_id=MINE, category="doxxing", severity="urgent", since=NOON))

    assert found.documents == (wanted,)


def test_newest_found_comes_first(index: Index) -> None:
    """Pages run from the newest to the oldest, a microsecond apart or a year; equal times by falling id."""
    ages = [timedelta(days=365), timedelta(microseconds=1), timedelta(0), timedelta(0), timedelta(hours=1)]
    documents = [replace(document, found_at=NOON - age) for document, age in zip(many(5), ages, strict=True)]
    index.put(documents)

    found = index.find(Search(words="林晓月"))

    assert [int(hit_id) for hit_id in ids(found)] == [3, 2, 1, 4, 0]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_neither_lose_nor_double(index: Index, limit: int) -> None:
    """Hits that share a time stand on exactly one page each, whatever its size; every page tells the whole total."""
    index.put(many(7))

    walked = list(pages(index, Search(words="林晓月", limit=limit)))

    assert [hit_id for page in walked for hit_id in ids(page)] == [f"{place:032x}" for place in reversed(range(7))]
    assert {page.total for page in walked} == {7}


def test_what_comes_meanwhile_does_not_shift_the_pages(index: Index) -> None:
    """A hit found while somebody turns pages is on none of them and moves no other."""
    index.put(many(4))
    first = index.find(Search(limit=2))

    index.put([a_document(hit_id="f" * 32, found_at=NOON + timedelta(seconds=1))])
    second = index.find(Search(limit=2, after=first.next))

    assert [int(hit_id) for hit_id in ids(first) + ids(second)] == [3, 2, 1, 0]


@pytest.mark.parametrize("after", ["x", "~", "1~", "~" + "a" * 32, "9" * 30 + "~a", "1.5~a"])
def test_no_page_of_ours(index: Index, after: str) -> None:
    """A place that no page gave is an error that names the field, not a wrong page."""
    with pytest.raises(BadInputError, match="after"):
        index.find(Search(after=after))


@pytest.mark.parametrize(("limit", "given"), [(-1, 0), (0, 0), (10**9, 3)])
def test_odd_limits_are_taken_sensibly(index: Index, limit: int, given: int) -> None:
    """A limit under nought shows nothing, one over the most shows up to the most."""
    index.put(many(3))

    found = index.find(Search(limit=limit))

    assert (len(found.documents), found.total, found.next) == (given, 3, None)


def test_a_page_has_its_most(index: Index) -> None:
    """However many are asked for, a page ends at the most and tells where to go on."""
    index.put(many(MOST + 1))

    found = index.find(Search(limit=MOST + 1))

    assert (len(found.documents), found.total, found.next is None) == (MOST, MOST + 1, False)


def test_putting_twice_changes_nothing(index: Index) -> None:
    """A repeated stage leaves one document of each hit."""
    index.put(many(3))

    index.put(many(3))

    assert index.find(Search(words="林晓月")).total == 3


def test_a_new_version_takes_the_place_of_the_old(index: Index) -> None:
    """A hit scored again is found by what it is now, and no longer by what it was."""
    index.put([a_document(hit_id="1" * 32, text="林晓月", severity="low")])

    index.put([a_document(hit_id="1" * 32, text="安宁", severity="urgent")])

    assert index.find(Search(words="林晓月")).total == 0
    assert texts(index.find(Search(words="安宁", severity="urgent"))) == ["安宁"]


def test_putting_nothing_is_no_error(index: Index) -> None:
    """An empty batch ends well."""
    index.put([])

    assert index.find(Search()).total == 0


def test_deleted_hits_are_gone(index: Index) -> None:
    """A deleted hit is not found; ids that are not there are no error."""
    index.put(many(3))

    index.delete([f"{1:032x}", "nobody's"])

    assert [int(hit_id) for hit_id in ids(index.find(Search(words="林晓月")))] == [2, 0]


def test_a_withdrawn_profile_leaves_the_others(index: Index) -> None:
    """Everything of one profile goes, and nothing of another, though the post be the same; twice is no error."""
    shared = a_document(hit_id="a" * 32, text="林晓月 安宁", profile_id=MINE)
    index.put([*many(1200, profile_id=MINE), shared, replace(shared, hit_id="b" * 32, profile_id=THEIRS)])

    index.delete_profile(MINE)
    index.delete_profile(MINE)

    assert index.find(Search(profile_id=MINE)).total == 0
    assert ids(index.find(Search())) == ["b" * 32]


def test_rebuilding_gives_the_same_documents(index: Index) -> None:
    """A rebuild from the same hits finds the same, in the same order, and the store is well."""
    documents = [*many(5), a_document(text="聽說林曉月", found_at=NOON + timedelta(days=1))]
    index.put(documents)
    before = index.find(Search(words="林晓月"))

    number = index.rebuild(iter(documents))

    assert (number, index.find(Search(words="林晓月")), index.check()) == (6, before, [])


def test_rebuilding_forgets_what_is_not_given(index: Index) -> None:
    """After a rebuild the store holds what the ledger holds and nothing else; a hit given twice counts once."""
    index.put([a_document(text="安宁")])

    number = index.rebuild([a_document(text="林晓月"), a_document(text="林晓月")])

    assert (number, texts(index.find(Search()))) == (1, ["林晓月"])


def test_a_broken_rebuild_changes_nothing(index: Index) -> None:
    """Where reading the ledger fails half-way, everything is found as before, and the next rebuild works."""
    index.put(many(3))

    def broken() -> Iterator[Document]:
        yield a_document(text="安宁")
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        index.rebuild(broken())

    assert (index.find(Search(words="林晓月")).total, index.find(Search(words="安宁")).total) == (3, 0)
    assert (index.rebuild(many(2)), index.check()) == (2, [])


def test_nobody_sees_an_empty_store_while_it_is_rebuilt(index: Index) -> None:
    """Whoever searches during a rebuild finds the old documents."""
    index.put(many(3))
    seen = []

    def watched() -> Iterator[Document]:
        for document in many(5):
            seen.append(index.find(Search()).total)
            yield document

    index.rebuild(watched())

    assert (set(seen), index.find(Search()).total) == ({3}, 5)


@pytest.mark.parametrize(
    ("text", "words", "cut"),
    [
        ("聽說林曉月轉學了，林曉月", "林晓月", ["林曉月", "林曉月"]),
        ("🌙👩🏽\u200d💻林晓月", "林晓月", ["林晓月"]),
        ("e\u0301te\u0301 Zoe\u0308 là", "zoë", ["Zoe\u0308"]),
        ("ＬＩＮ·Xiǎoyuè!", '"lin xiaoyue"', ["ＬＩＮ·Xiǎoyuè"]),
        ("林\u200b晓\u200b月。", "林晓月", ["林\u200b晓\u200b月"]),
        ("㍿林", "会社", ["㍿"]),
        ("月月月月", "月月", ["月月月月"]),
        ("晓月林晓", "晓月 林晓", ["晓月", "林晓"]),
        ("晓月林晓", "晓月林 月林晓", ["晓月林晓"]),
    ],
    ids=[
        "two places",
        "after emoji",
        "marks",
        "full width",
        "zero width",
        "one sign",
        "overlap",
        "side by side",
        "both",
    ],
)
def test_highlights_cut_the_right_characters(index: Index, text: str, words: str, cut: list[str]) -> None:
    """A highlight is what was written, in code points of the original; overlapping ones are one."""
    index.put([a_document(text=text)])

    assert marked(index.find(Search(words=words))) == cut


# Few letters, so that phrases meet; and each trap: folded pairs, invisible signs, marks, emoji, syntax of both stores.
SOME = st.text("林晓曉月xé' \u0301\u200b·。\"*:(-🌙ﬁߡ", max_size=30)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ON_REAL_STORES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ON_REAL_STORES
@given(text=SOME | ANY, data=st.data())
def test_any_text_is_found_by_any_of_its_parts(index: Index, text: str, data: st.DataObject) -> None:
    """A stored text is found by every run of its own words, cut at their borders."""
    words = words_of(text)
    assume(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    # A sign such as ½ is several words in one character: it cannot be cut.
    assume(first == 0 or words[first - 1].end <= words[first].start)
    assume(last == len(words) - 1 or words[last].end <= words[last + 1].start)
    part = (
        text[words[first].start : words[last].end]
        .replace('"', " ")
        .replace("“", " ")
        .replace("”", " ")
        .replace("„", " ")
    )
    profile_id = uuid4().hex
    index.put([a_document(hit_id=uuid4().hex, profile_id=profile_id, text=text)])

    found = index.find(Search(words=f'"{part}"', profile_id=profile_id))

    assert texts(found) == [text]


@ON_REAL_STORES
@given(stored=st.lists(SOME, min_size=1, max_size=6), query=SOME)
def test_finds_what_reading_everything_finds(index: Index, stored: list[str], query: str) -> None:
    """Both stores agree with the slow way: fold every text, look for every phrase between its words."""
    profile_id = uuid4().hex
    documents = [a_document(hit_id=uuid4().hex, profile_id=profile_id, text=text) for text in stored]
    phrases = phrases_of(query)
    is_asked = bool(phrases) or not query.strip()
    met = [
        document.hit_id
        for document in documents
        if is_asked and all(f" {' '.join(phrase)} " in f" {folded(document.text)} " for phrase in phrases)
    ]
    index.put(documents)

    found = index.find(Search(words=query, profile_id=profile_id))

    assert (ids(found), found.total) == (sorted(met, reverse=True), len(met))
