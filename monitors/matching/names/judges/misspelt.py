"""Latin names with a part misspelt, drawn out, or with another name between: judged from the part that is right."""

import re
from collections.abc import Sequence
from math import log

from rapidfuzz.distance import OSA

from monitors.matching.names.judges.tokens import edges, is_all_capitals
from monitors.matching.names.place import Place
from monitors.matching.names.plausibility import NEVER, english_words
from monitors.matching.names.sound import syllables
from monitors.matching.names.variants.spell import Entry

MISSPELT, OTHER_START, OTHER_WORD, CUT = 3.0, -4.0, -3.0, -4.0
"""One letter otherwise; and against it: the first letter, a word of its own, an ending that is missing or added."""
LONGER_MISSPELT, SHORT_MISSPELT, SHORT = -4.0, -3.5, 4
"""Against a part that is both misspelt and goes on, and against one so short that another letter makes another name."""
MIDDLE, MIDDLE_REACH = 3.0, 40
SELDOM = log(1e-4)
"""How often English uses a word that may be a middle name all the same."""
SAME_START = frozenset(
    pair for both in ("bv", "ck", "kq", "cs", "sz", "cz", "jy", "iy", "gj", "hj") for pair in (both, both[::-1])
)
"""First letters that sound alike in Spanish or English: Balentina, Kristina."""
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def judge_anchor(place: Place, entry: Entry, text: str) -> tuple[float, int, int] | None:
    """Give the log-odds that the token beside this one is the other one misspelt, with the first and last place.

    None where it is not. One letter may be wrong, missing, doubled or swapped.
    """
    if edges(place, text) != 0.0 or len(entry.parts) < 2:
        return None
    token = place.bare_letters()
    if token == entry.parts[0] and (middle := _middle_name(place, entry, text)):
        return middle
    for other, is_after in _neighbours(entry.parts, token):
        found = place.token_beside(after=is_after)
        if found is None:
            continue
        shown, index = found
        odds = _misspelling(other, shown)
        if odds is not None:
            if all(map(_is_pinyin, (*entry.parts, shown))):
                odds += OTHER_WORD  # another syllable is another name: Xinyu, Xinyi
            first, last = (place.first, index) if is_after else (index, place.last)
            return odds + LONGER_MISSPELT * (is_after and _goes_on_after(place, index)), first, last
    return None


def _goes_on_after(place: Place, index: int) -> bool:
    """Whether a part that ends at an index is the first of a double one: Brookes-Smith."""
    rest = place.after(index - place.last + 2)[index - place.last :]
    return rest[:1] == "-" and rest[1:].isalpha()


def _middle_name(place: Place, entry: Entry, text: str) -> tuple[float, int, int] | None:
    """Give the odds and places of first and last part with another name or initial between them."""
    rest = place.after(MIDDLE_REACH)
    last = "['’-]?".join(map(re.escape, entry.plain_parts[-1]))
    found = re.match(rf"[ \-][\"“(]?([^\W\d_]+)[\"”)]?\.?[ \-]{last}(?![^\W_])", rest)
    if not found:
        return None
    middle, start = found.group(1), place.span[1]
    is_rare = english_words().get(middle, NEVER) < SELDOM
    is_quoted = rest[1:2] in {'"', "“", "("}
    is_capital = text[start + 1 : start + 2].isupper() and not is_all_capitals(text)
    is_name = len(middle) == 1 or is_quoted or (is_capital and is_rare)
    if len(entry.parts) > 2 and not is_quoted:  # hers is known: another one is another person's
        is_name = len(entry.parts) == 3 and OSA.distance(middle, entry.plain_parts[1], score_cutoff=1) == 1
    return (MIDDLE, place.first, place.last + found.end()) if is_name else None


def _neighbours(parts: Sequence[str], token: str) -> list[tuple[str, bool]]:
    """Give the part that should stand beside a part, and whether it stands after it."""
    first, last = parts[0], parts[-1]
    found = []
    if token in {first, "".join(parts[:-1])}:
        found.append((last, True))
    if token in {last, "".join(parts[1:])}:
        found.append((first, False))
    return found


def _misspelling(asked: str, shown: str) -> float | None:
    """Give the log-odds that a token is a misspelling of a part of a name."""
    if shown != asked and _DRAWN_OUT.sub(r"\1", shown) in {asked, _DRAWN_OUT.sub(r"\1", asked)}:
        return MISSPELT
    if shown == asked or len(asked) < SHORT or OSA.distance(asked, shown, score_cutoff=1) > 1:
        return None
    if shown[:-1] == asked[:-1] and {shown[-1], asked[-1]} == {"a", "o"}:
        return None  # Mario is nobody's misspelt María
    odds = MISSPELT + SHORT_MISSPELT * (len(asked) == len(shown) == SHORT)
    if shown[0] != asked[0] and shown[0] + asked[0] not in SAME_START:
        odds += OTHER_START
    if shown in english_words():
        odds += OTHER_WORD
    is_cut = len(shown) != len(asked) and (asked.startswith(shown) or shown.startswith(asked))
    return odds + CUT * (is_cut and not _is_unheard(asked, shown))


def _is_pinyin(part: str) -> bool:
    return not part or any(part[:length] in syllables() and _is_pinyin(part[length:]) for length in range(1, 7))


def _is_unheard(asked: str, shown: str) -> bool:
    """Whether the last letter is doubled, or one that is not heard is left out: Hanna for Hannah."""
    return shown == asked + asked[-1] or (shown == asked[:-1] and asked.endswith(("h", "e", shown[-1])))
