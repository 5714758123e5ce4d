"""What English words beside a Latin name say: a place, another person, a season, something said of people."""

import re
from math import log
from unicodedata import combining, normalize

from monitors.matching.names.judges.tokens import is_all_capitals
from monitors.matching.names.place import Place
from monitors.matching.names.plausibility import NEVER, english_words
from monitors.matching.names.variants.latin import LATIN_TITLES
from monitors.matching.names.variants.spell import Entry

NAMED_AFTER, LONGER, LONGER_TURNED, OTHER_PERSON, IN_SEASON = -5.0, -0.5, -4.0, -5.0, -6.0
SAID_OF_PERSON = 3.5
REACH = 24
"""Code points looked at on either side."""
USUAL = log(1e-5)
"""A word that English uses as often as this is taken for one, not for a name."""
HEADLINE, MOST_CAPITALS = 400, 0.6
"""Letters of a text looked at for capitals, and the share of words that have one in a headline."""
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
    ]
)
"""What is named after people."""
WAYS = frozenset(["to", "in", "at", "near", "the", "around", "through", "from"])
VIETNAMESE_SURNAMES = frozenset(
    [
        "nguyen",
        "tran",
        "le",
        "pham",
        "huynh",
        "hoang",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ho",
        "ngo",
        "duong",
        "ly",
        "dinh",
        "trinh",
        "truong",
        "luong",
        "cao",
        "mai",
        "dao",
        "doan",
        "ha",
        "lam",
        "ta",
        "thai",
        "chau",
        "quach",
        "trieu",
        "luu",
        "to",
        "kieu",
        "nghiem",
        "tong",
    ]
)
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9\u01a1\u01b0]")
MONTHS, SEASONS = frozenset(["april", "may", "june", "august"]), frozenset(["summer", "autumn", "winter", "spring"])
_BEFORE_SEASON = re.compile(r"(?<![a-z])(?:in|by|on|since|until|till|last|this|next|early|mid|late|every) $")
_PERSON_AFTER = re.compile(
    r"(?:['’]s)? (?:pics|pictures|photos|nudes|leaks?|leaked|video|got|gets|slept|lied|lies|cheated|from|who|is a|is such|is the|was|has|said|"
    r"exposed|insta|snap|address|number|needs|should)\b"
)
_PERSON_BEFORE = re.compile(
    r"\b(?:heard?|about|hate|know|knows|called|named|dating|(?:folder|pics|photos|pictures|nudes|video) of) $"
)


def said_of_person(place: Place, text: str) -> float:
    """Give what speaks for a person on either side of a name in small letters."""
    start, end = place.span
    after, before = (
        _PERSON_AFTER.match(text[end : end + REACH]),
        _PERSON_BEFORE.search(text[max(start - REACH, 0) : start]),
    )
    return SAID_OF_PERSON * (bool(after) + bool(before))


def is_vietnamese(plain: str) -> bool:
    """Whether a text has letters that Vietnamese alone uses."""
    return bool(_VIETNAMESE.search(plain))


def _bare(word: str) -> str:
    letters = normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(letter for letter in letters if not combining(letter))


def follows(place: Place, text: str, *, is_turned: bool, is_single: bool) -> float:
    """Give what the next word says: a place named after somebody, or a longer name."""
    word = re.match(r" ([^\W\d_]+)", text[place.span[1] : place.span[1] + REACH])
    if not word:
        return 0.0
    if word.group(1).lower() in PLACES:
        return NAMED_AFTER
    if not word.group(1)[0].isupper() or is_all_capitals(text):
        return 0.0
    if is_single and not _is_headline(text):
        return OTHER_PERSON
    return LONGER_TURNED if is_turned else LONGER


def precedes(place: Place, entry: Entry, text: str, *, is_single: bool) -> float:
    """Give what the word before says: another first name, or the way to a place."""
    start = place.span[0]
    word = re.search(r"([^\W\d_]+) $", text[max(start - REACH, 0) : start])
    if not word:
        return 0.0
    if entry.parts[-1:] and entry.parts[-1] in PLACES and word.group(1).lower() in WAYS:
        return NAMED_AFTER
    if is_vietnamese(entry.plain) and word.group(1)[0].isupper() and _bare(word.group(1)) in VIETNAMESE_SURNAMES:
        return OTHER_PERSON  # with her own surname it is found as the longer name
    is_other = is_single and word.group(1)[0].isupper() and not is_all_capitals(text) and text[start].isupper()
    is_title = word.group(1).lower() in LATIN_TITLES
    return OTHER_PERSON * (is_other and not is_title and _is_name(word.group(1)))


def season_odds(place: Place, entry: Entry, text: str) -> float:
    """Give what a word for a time says before a name that is one too: in May, last summer."""
    first = entry.parts[0] if entry.parts else ""
    is_season = first in MONTHS or (first in SEASONS and text[place.span[0]].islower())
    return IN_SEASON if is_season and _BEFORE_SEASON.search(place.before(8)) else 0.0


def _is_headline(text: str) -> bool:
    """Whether most words of a text begin with a capital, so that one says nothing."""
    initials: list[str] = re.findall(r"(?<![^\W_])[^\W\d_]", text[:HEADLINE])
    return sum(letter.isupper() for letter in initials) > MOST_CAPITALS * len(initials)


def _is_name(word: str) -> bool:
    """Whether a word is none that English uses often."""
    return bool(english_words().get(word.lower(), NEVER) < USUAL)
