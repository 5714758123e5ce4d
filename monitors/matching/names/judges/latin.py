"""Names in letters that stand between spaces: whole tokens, their order, their initials, one letter wrong."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import log

from rapidfuzz.distance import OSA

from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import WORD_KINDS, Gap, Place
from monitors.matching.names.plausibility import MOST, NEVER, english_words, log_of_token
from monitors.matching.names.variants.arabic import PREFIXES
from monitors.matching.names.variants.latin import LATIN_TITLES
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Rule, Trait

PRIOR = log(1e-6)
FULL, SINGLE = 4.0, 1.0
"""A name of several tokens; one token by itself."""
LOWER_WORDS, SMALL_LETTERS, WRONG_ACCENT, GOES_ON, CAMEL, LONGER_ACCOUNT = -7.0, -4.0, -7.0, -2.0, -1.0, -7.0
SHORT_NAME = 8
"""Letters up to which a name in small letters may be words of a language of short words."""
NAMED_AFTER, LONGER, LONGER_TURNED, OTHER_PERSON = -5.0, -0.5, -4.0, -5.0
USUAL, WAYS = log(1e-5), frozenset(["to", "in", "at", "near", "the", "around", "through", "from"])
PLACES = frozenset(
    [
        "street",
        "road",
        "avenue",
        "lane",
        "drive",
        "park",
        "school",
        "college",
        "university",
        "library",
        "hospital",
        "hall",
        "bridge",
        "station",
        "stadium",
        "airport",
        "museum",
        "award",
        "prize",
        "foundation",
        "memorial",
        "center",
        "centre",
        "building",
        "tower",
        "plaza",
        "square",
        "boulevard",
        "ave",
        "st",
        "rd",
        "elementary",
        "arena",
        "theatre",
        "theater",
        "inc",
        "llc",
        "ltd",
        "calle",
        "avenida",
        "plaza",
    ]
)
MONTHS, SEASONS = frozenset(["april", "may", "june", "august"]), frozenset(["summer", "autumn", "winter", "spring"])
_BEFORE_SEASON = re.compile(r"(?<![a-z])(?:in|by|on|since|until|till|last|this|next|early|mid|late|every) $")
IN_SEASON = -6.0
_DISGUISED = re.compile("[\\d@$|!*\u2000-\U0010ffff]")
_PERSON_AFTER = re.compile(
    r"(?:['’]s)? (?:pics|pictures|photos|nudes|leaks?|leaked|video|got|gets|slept|lied|lies|cheated|from|who|is a|is such|is the|was|has|said|"
    r"exposed|insta|snap|address|number|needs|should)\b"
)
_PERSON_BEFORE = re.compile(
    r"\b(?:heard?|about|hate|know|knows|called|named|dating|(?:folder|pics|photos|pictures|nudes|video) of) $"
)
SAID_OF_PERSON = 3.5
_NUMBER, NUMBERED = re.compile(r"\d{1,4}(?![^\W_]|[._\-][^\W_])", re.ASCII), -2.0
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9\u01a1\u01b0]")
HANDLE, HANDLE_OTHERWISE = 6.9, 2.0
"""A handle as it is, and with other signs between its letters."""
WIDEST = 4
LONGER_MISSPELT, SHORT_MISSPELT = -4.0, -3.5
"""Against a part that is both misspelt and goes on, and against one so short that another letter makes another name."""
FEW_SHOWN = 3.5
"""Letters of a masked name that say nothing yet."""
HEADLINE, MOST_CAPITALS = 400, 0.6
"""Letters of a text looked at for capitals, and the share of words that have one in a headline."""
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
MIDDLE, MIDDLE_REACH, SELDOM = 3.0, 40, log(1e-4)


# Asked of the whole post for each of its candidates, of which it may have ten thousand: looked up once a post.
@lru_cache(maxsize=4)
def _holds_vietnamese(text: str) -> bool:
    return bool(_VIETNAMESE.search(text))


@lru_cache(maxsize=4)
def _is_all_capitals(text: str) -> bool:
    return text.isupper()


def judge_latin(place: Place, trait: Trait, entry: Entry, text: str) -> float | None:
    """Give the log-odds that tokens mean her; None where they are part of others. ``text`` is the original."""
    edge = _edges(place, text)
    gaps = place.gaps()
    if edge is None or not _gaps_fit(place, gaps, entry, is_turned=trait.rule is Rule.LATIN_TURNED):
        return None
    is_single = place.bare_letters() in entry.parts and entry.kind is Kind.LATIN
    edge += _follows(place, text, is_turned=trait.rule is Rule.LATIN_TURNED, is_single=is_single)
    edge += _precedes(place, entry, text, is_single=is_single)
    if trait.rule is Rule.LATIN_TURNED and "," in place.written and _is_half_capital(place, text):
        return None
    is_full = len(entry.parts) > 1 or (entry.kind is Kind.HAN and len(entry.letters) > 2)
    base = FULL if is_full else SINGLE + 0.3 * len(entry.letters)
    edge += _case_odds(place, entry, text) + _accent_odds(place, entry, text) + _season_odds(place, entry, text)
    return min(MOST, base + edge - trait.cost)


def _edges(place: Place, text: str) -> float | None:
    """Give what the ends of the name say; None where it is part of a longer token."""
    before, after = place.kind(place.first - 1), place.kind(place.last + 1)
    odds = 0.0
    if place.kind(place.last) in WORD_KINDS and after in WORD_KINDS:
        if place.gaps() or not _NUMBER.match(place.after(5)):
            return None
        odds += NUMBERED  # an account: emilycarter99
    if place.kind(place.first) in WORD_KINDS and before in WORD_KINDS:
        if place.kind(place.first) == Kind.ARABIC and _token_before(place) in PREFIXES:
            return 0.0
        if not _is_camel(place, text):
            return None
        odds += CAMEL
    return odds + account_odds(place)


def _follows(place: Place, text: str, *, is_turned: bool, is_single: bool) -> float:
    """Give what the next word says: a place named after somebody, or a longer name."""
    word = re.match(r" ([^\W\d_]+)", text[place.span[1] : place.span[1] + 24])
    if not word:
        return 0.0
    if word.group(1).lower() in PLACES:
        return NAMED_AFTER
    if not word.group(1)[0].isupper() or _is_all_capitals(text):
        return 0.0
    if is_single and not _is_headline(text):
        return OTHER_PERSON
    return LONGER_TURNED if is_turned else LONGER


def _is_headline(text: str) -> bool:
    """Whether most words of a text begin with a capital, so that one says nothing."""
    initials: list[str] = re.findall(r"(?<![^\W_])[^\W\d_]", text[:HEADLINE])
    return sum(letter.isupper() for letter in initials) > MOST_CAPITALS * len(initials)


def _is_name(word: str) -> bool:
    """Whether a word is none that English uses often."""
    return bool(english_words().get(word.lower(), NEVER) < USUAL)


def _precedes(place: Place, entry: Entry, text: str, *, is_single: bool) -> float:
    """Give what the word before says: another first name, or the way to a place."""
    start = place.span[0]
    word = re.search(r"([^\W\d_]+) $", text[max(start - 24, 0) : start])
    if not word:
        return 0.0
    if entry.parts[-1:] and entry.parts[-1] in PLACES and word.group(1).lower() in WAYS:
        return NAMED_AFTER
    is_other = is_single and word.group(1)[0].isupper() and not _is_all_capitals(text) and text[start].isupper()
    is_title = word.group(1).lower() in LATIN_TITLES
    return OTHER_PERSON * (is_other and not is_title and _is_name(word.group(1)))


def account_odds(place: Place) -> float:
    """Give what speaks against a name that goes on with a sign and a letter: a longer account, a double name."""
    before, after = place.before(2)[::-1], place.after(3)
    if any(side[:1] in {"_", "."} and side[1:2].isascii() and side[1:2].isalnum() for side in (before, after)):
        return LONGER_ACCOUNT
    goes_on = after[:1] in {"-", "'", "’"} and after[1:2].isalnum() and after[1:3].strip() != "s"
    return GOES_ON if goes_on else 0.0


def _is_half_capital(place: Place, text: str) -> bool:
    """Whether the first word has a capital and the last has none: Santa Cruz, bella."""
    start, end = place.span
    words: list[str] = re.findall(r"[^\W\d_]+", text[start:end])
    return words[0][:1].isupper() and words[-1][:1].islower()


def _token_before(place: Place) -> str:
    rest = place.before(4)
    return rest.split(" ")[-1] if rest else ""


def _is_camel(place: Place, text: str) -> bool:
    """Whether the name begins with a capital after a small letter, as in a hashtag."""
    start = place.span[0]
    return text[start].isupper() and text[start - 1].islower()


def _gaps_fit(place: Place, gaps: list[Gap], entry: Entry, *, is_turned: bool) -> bool:
    """Whether the tokens stand beside each other as those of one name."""
    if any(len(gap.text) > WIDEST for gap in gaps):
        return False
    if gaps and len(gaps) == len(place.places) - 1 and len(gaps) > 3:
        return all(Kind.STOP not in gap.kinds for gap in gaps)  # e m i l y: every letter alone
    previous = 0
    for gap in gaps:
        is_turn = is_turned and (previous == 0 or gap.at == len(entry.parts[-1]))
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
    if entry.parts and all(part in english_words() for part in entry.parts) and " " in shown:
        after, before = (
            _PERSON_AFTER.match(text[end : end + 24]),
            _PERSON_BEFORE.search(text[max(start - 24, 0) : start]),
        )
        return LOWER_WORDS + SAID_OF_PERSON * (bool(after) + bool(before))
    return SMALL_LETTERS if len(entry.letters) < SHORT_NAME and _holds_vietnamese(text) else 0.0


def _season_odds(place: Place, entry: Entry, text: str) -> float:
    """Give what a word for a time says before a name that is one too: in May, last summer."""
    first = entry.parts[0] if entry.parts else ""
    is_season = first in MONTHS or (first in SEASONS and text[place.span[0]].islower())
    return IN_SEASON if is_season and _BEFORE_SEASON.search(place.before(8)) else 0.0


def _accent_odds(place: Place, entry: Entry, text: str) -> float:
    """Give what accents say: they may be missing, and in a language of many accents they may not be others."""
    if entry.kind is not Kind.LATIN or (entry.plain == entry.bare and not _holds_vietnamese(text)):
        return 0.0
    right = {*entry.plain, *entry.bare}
    return 0.0 if all(letter in right for letter in place.written if letter.isalpha()) else WRONG_ACCENT


def judge_initials(place: Place, trait: Trait, text: str) -> float | None:
    """Give the log-odds that first letters mean her; None where they are part of a token."""
    gaps = place.gaps()
    if _edges(place, text) != 0.0 or any(len(gap.text) > 2 or Kind.STOP in gap.kinds for gap in gaps):
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
    if _edges(place, text) != 0.0:
        return None
    return min(FULL, sum(letter.isalnum() for letter in place.written) - FEW_SHOWN)


def judge_handle(place: Place, entry: Entry, text: str) -> float | None:
    """Give the log-odds that a handle stands here; None where it is part of a longer one."""
    start, end = place.span
    if text[start - 1 : start].isalnum() and text[start - 1].isascii():
        return None
    if text[start - 1 : start] == "_" or (
        text[start - 1 : start] in {".", "-"} and text[start - 2 : start - 1].isalnum()
    ):
        return None
    rest = text[end : end + 2]
    if (rest[:1].isascii() and rest[:1].isalnum()) or rest[:1] == "_":
        return None
    if rest[:1] in {".", "-"} and rest[1:].isascii() and rest[1:].isalnum():
        return None
    if place.written == entry.plain.lstrip("@"):
        return HANDLE
    return HANDLE_OTHERWISE if _parts_as(place, entry.plain.lstrip("@")) else None


def _parts_as(place: Place, handle: str) -> bool:
    """Whether a handle is written apart only where it has a sign itself, or between all letters."""
    gaps, letters, signs = place.gaps(), 0, set[int]()
    for letter in handle:
        letters += letter.isalnum()
        if not letter.isalnum():
            signs.add(letters)
    return len(gaps) == len(place.places) - 1 or {gap.at for gap in gaps} <= signs


def judge_anchor(place: Place, entry: Entry, text: str) -> tuple[float, int, int] | None:
    """Give the log-odds that the token beside this one is the other one misspelt, with the first and last place.

    None where it is not. One letter may be wrong, missing, doubled or swapped.
    """
    if _edges(place, text) != 0.0 or len(entry.parts) < 2:
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
    is_capital = text[start + 1 : start + 2].isupper() and not _is_all_capitals(text)
    is_name = len(middle) == 1 or is_quoted or (is_capital and is_rare)
    if len(entry.parts) > 2 and not is_quoted:  # hers is known: another one is another person's
        is_name = OSA.distance(middle, entry.parts[1], score_cutoff=1) == 1
    return (MIDDLE, place.first, place.last + found.end()) if is_name else None


def _neighbours(parts: Sequence[str], token: str) -> list[tuple[str, bool]]:
    """Give the part that should stand beside a part, and whether it stands after it."""
    first, last = parts[0], parts[-1]
    found = []
    if token == first:
        found.append((last, True))
    if token == last:
        found.append((first, False))
    return found


def _misspelling(asked: str, shown: str) -> float | None:
    """Give the log-odds that a token is a misspelling of a part of a name."""
    if shown != asked and _DRAWN_OUT.sub(r"\1", shown) in {asked, _DRAWN_OUT.sub(r"\1", asked)}:
        return 3.0
    if shown == asked or len(asked) < 4 or OSA.distance(asked, shown, score_cutoff=1) > 1:
        return None
    odds = 3.0 + SHORT_MISSPELT * (len(asked) == len(shown) == 4)
    if shown[0] != asked[0]:
        odds -= 4.0
    if shown in english_words() or english_words().get(shown, NEVER) > log(1e-5):
        odds -= 3.0
    is_cut = len(shown) != len(asked) and (asked.startswith(shown) or shown.startswith(asked))
    return odds - 4.0 * (is_cut and not _is_unheard(asked, shown))


def _is_unheard(asked: str, shown: str) -> bool:
    """Whether the last letter is doubled, or one that is not heard is left out: Hanna for Hannah."""
    return shown == asked + asked[-1] or (shown == asked[:-1] and asked.endswith(("h", "e", shown[-1])))
