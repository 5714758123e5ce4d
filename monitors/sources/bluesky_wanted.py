"""Which of a stream's posts are looked at: those in a language that is watched, and whatever names somebody.

A language is what the writer's program says, and programs are often wrong: a post without one is looked at, one
written in the letters of a watched language too, and one in which a word of the plan stands in any case.
"""

import re
from collections.abc import Callable, Sequence

from monitors.records import Query
from monitors.sources.bluesky_posts import Written, languages, told
from monitors.sources.bluesky_stream import Wanted

_LETTERS = {
    "zh": "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff",
    "ja": "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff",
    "ko": "\u1100-\u11ff\uac00-\ud7af",
    "ru": "\u0400-\u04ff",
    "uk": "\u0400-\u04ff",
    "ar": "\u0600-\u06ff",
    "fa": "\u0600-\u06ff",
    "th": "\u0e00-\u0e7f",
    "hi": "\u0900-\u097f",
    "he": "\u0590-\u05ff",
    "el": "\u0370-\u03ff",
}
"""Languages that are known by their letters."""


def wanted_by(watched: Sequence[str], plan: Sequence[Query]) -> Wanted:
    """Give what decides about a post; without a watched language every post is looked at."""
    if not watched:
        return lambda _written: True
    wanted = frozenset(language.partition("-")[0].lower() for language in watched)
    letters = "".join(_LETTERS.get(language, "") for language in sorted(wanted))
    in_letters = re.compile(f"[{letters}]").search if letters else _never
    names = _finder(plan)

    def decide(written: Written) -> bool:
        said, text = languages(written.record), told(written.record)
        return not said or not wanted.isdisjoint(said) or bool(in_letters(text)) or names(text)

    return decide


def _finder(plan: Sequence[Query]) -> Callable[[str], bool]:
    words = sorted({word.casefold() for query in plan for word in (*query.words, *query.handles) if len(word) > 1})
    if not words:
        return lambda _text: False
    from ahocorasick_rs import AhoCorasick

    automaton = AhoCorasick(words)
    return lambda text: bool(automaton.find_matches_as_indexes(text.casefold()))


def _never(_text: str) -> None:
    return None
