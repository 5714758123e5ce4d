"""Names in letters that stand between spaces: whole tokens, their order, their initials, some letters hidden."""

import re
from functools import lru_cache
from itertools import pairwise
from math import log

from monitors.matching.names.judges.beside_latin import follows, is_vietnamese, precedes, said_of_person, season_odds
from monitors.matching.names.judges.tokens import edges
from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import Gap, Place
from monitors.matching.names.plausibility import MOST, english_words, log_of_token
from monitors.matching.names.variants.latin import LATIN_TITLES
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Rule, Trait

PRIOR = log(1e-6)
FULL, SINGLE, EACH_LETTER = 4.0, 1.0, 0.3
"""A name of several tokens; one token by itself, the surer the longer."""
LOWER_WORDS, SMALL_LETTERS, WRONG_ACCENT = -7.0, -4.0, -7.0
SHORT_NAME = 8
"""Letters up to which a name in small letters may be words of a language of short words."""
WIDEST = 4
"""Code points that may stand between two tokens of a name."""
FEW_SHOWN = 3.5
"""Letters of a masked name that say nothing yet."""
VERY_SHORT, VERY_FEW, FEW_DIGITS = -4.0, 2, 5
"""Against a name so short that it means nobody without evidence; letters, and digits, up to which it is one."""
LONGER_SHORTENED = -4.0
"""Against a long name without one of its parts that goes on: Vietnamese and Spanish names differ by such a part."""
_DISGUISED = re.compile("[\\d@$|!*\u2000-\U0010ffff]")


# Asked of the whole post for each of its candidates, of which it may have ten thousand: looked up once a post.
@lru_cache(maxsize=4)
def _holds_vietnamese(text: str) -> bool:
    return is_vietnamese(text)


def judge_latin(place: Place, trait: Trait, entry: Entry, text: str) -> float | None:
    """Give the log-odds that tokens mean her; None where they are part of others. ``text`` is the original."""
    is_turned = trait.rule is Rule.LATIN_TURNED
    edge = edges(place, text)
    if edge is None or not _gaps_fit(place, place.gaps(), entry, is_turned=is_turned):
        return None
    if is_turned and "," in place.written and _is_half_capital(place, text):
        return None
    is_single = place.bare_letters() in entry.parts and entry.kind is Kind.LATIN
    beside = follows(place, text, is_turned=is_turned, is_single=is_single)
    beside += precedes(place, entry, text, is_single=is_single) + season_odds(place, entry, text)
    beside += LONGER_SHORTENED * (trait.cost > 0 and beside < 0 and len(entry.parts) > 2)
    is_full = len(entry.parts) > 1 or (entry.kind is Kind.HAN and len(entry.letters) > 2)
    base = FULL if is_full else SINGLE + EACH_LETTER * len(entry.letters) + _shortness(entry)
    written = _case_odds(place, entry, text) + _accent_odds(place, entry, text)
    return min(MOST, base + edge + beside + written - trait.cost)


def _shortness(entry: Entry) -> float:
    """Give what speaks against a name of two letters, or of a few digits: Li and 12 are anybody's and anything's."""
    is_number = entry.letters.isdecimal() and len(entry.letters) <= FEW_DIGITS
    return VERY_SHORT if is_number or len(entry.letters) <= VERY_FEW else 0.0


def _is_half_capital(place: Place, text: str) -> bool:
    """Whether the first word has a capital and the last has none: Santa Cruz, bella."""
    start, end = place.span
    words: list[str] = re.findall(r"[^\W\d_]+", text[start:end])
    return words[0][:1].isupper() and words[-1][:1].islower()


def _gaps_fit(place: Place, gaps: list[Gap], entry: Entry, *, is_turned: bool) -> bool:
    """Whether the tokens stand beside each other as those of one name."""
    if any(len(gap.text) > WIDEST for gap in gaps):
        return False
    if gaps and len(gaps) == len(place.places) - 1 and len(gaps) > 3:
        return all(Kind.STOP not in gap.kinds for gap in gaps)  # e m i l y: every letter alone
    previous, surnames = 0, {len("".join(entry.parts[at:])) for at in range(1, len(entry.parts))}
    for gap in gaps:
        is_turn = is_turned and (previous == 0 or gap.at in surnames)
        if not _gap_fits(gap, gap.at - previous, is_turned=is_turn):
            return False
        previous = gap.at
    return _runs_fit(place, gaps, entry)


def _gap_fits(gap: Gap, letters: int, *, is_turned: bool) -> bool:
    if Kind.STOP in gap.kinds:
        return is_turned and gap.text.strip() == ","
    if "." in gap.text and letters > 1 and " " in gap.text:
        return gap.text.strip() == "." and letters <= 2  # a full stop, unless after a title or an initial
    return "\n" not in gap.text


def _runs_fit(place: Place, gaps: list[Gap], entry: Entry) -> bool:
    """Whether each run of letters is made of whole parts of the name, initials and titles."""
    if entry.kind is not Kind.LATIN or not gaps:
        return True
    letters = place.bare_letters()
    pieces = {*entry.parts, *entry.pieces, *LATIN_TITLES}
    cuts = [0, *(gap.at for gap in gaps), len(letters)]
    runs = [letters[start:end] for start, end in pairwise(cuts)]
    return all(len(run) <= 2 or _made_of(run, pieces) for run in runs)


def _made_of(run: str, pieces: set[str]) -> bool:
    return not run or any(run.startswith(piece) and _made_of(run[len(piece) :], pieces) for piece in pieces if piece)


def _case_odds(place: Place, entry: Entry, text: str) -> float:
    """Give what small letters say: a name of everyday words, or of short ones, is written with capitals."""
    start, end = place.span
    shown = text[start:end]
    if shown != shown.lower() or entry.kind is not Kind.LATIN or _DISGUISED.search(shown):
        return 0.0  # with capitals, or disguised
    if entry.parts and all(part in english_words() for part in entry.parts) and (" " in shown or len(entry.parts) == 1):
        return LOWER_WORDS + said_of_person(place, text)
    return SMALL_LETTERS if len(entry.letters) < SHORT_NAME and _holds_vietnamese(text) else 0.0


def _accent_odds(place: Place, entry: Entry, text: str) -> float:
    """Give what accents say: they may be missing, and in a language of many accents they may not be others."""
    if entry.kind is not Kind.LATIN or (entry.plain == entry.bare and not _holds_vietnamese(text)):
        return 0.0
    right = {*entry.plain, *entry.bare}
    return 0.0 if all(letter in right for letter in place.written if letter.isalpha()) else WRONG_ACCENT


def judge_initials(place: Place, trait: Trait, text: str) -> float | None:
    """Give the log-odds that first letters mean her; None where they are part of a token."""
    gaps = place.gaps()
    if edges(place, text) != 0.0 or any(len(gap.text) > 2 or Kind.STOP in gap.kinds for gap in gaps):
        return None
    follows, start = place.after(2), place.span[0]
    if (follows[:1] in {".", "-"} and follows[1:2].isalnum()) or text[max(start - 1, 0)] in ".-_@#":
        return None
    letters = len(place.places)
    is_chinese = place.kind(place.first) == Kind.BOPOMOFO or place.kind(place.first) == Kind.HANGUL
    other = -3.0 * letters - 4.0 if is_chinese else log_of_token(place.written)
    return PRIOR - trait.cost - other


def judge_masked(place: Place, text: str) -> float | None:
    """Give the log-odds that a name with letters hidden means her: the more are shown, the surer."""
    if edges(place, text) != 0.0:
        return None
    return min(FULL, sum(letter.isalnum() for letter in place.written) - FEW_SHOWN)
