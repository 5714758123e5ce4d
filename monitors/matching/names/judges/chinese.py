"""Chinese letters as they stand: the name itself, look-alikes, parts, masks, mixed initials, titles."""

from functools import cache
from math import log

from monitors.matching.names.judges.gaps import gap_odds, is_uniform
from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import WORD_KINDS, Gap, Place
from monitors.matching.names.plausibility import MOST, log_odds_of_name, people, words
from monitors.matching.names.variants.korean import may_follow
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Rule, Trait
from monitors.records import Method

PRIOR = log(1e-6)
"""One token in a million is a mention of her: 2026-03, chosen on the development set, see docs/evaluation.md#names."""
MASK_SIGN = 6.0
"""A mask between two letters is seldom anything but a mask."""
PICTURE = 1.5
"""A picture in place of a letter may also be there for its own sake."""
QUESTION = 3.5
"""A question mark is more often one; but letters that an old encoding lacks become question marks too."""
BLANKS = frozenset(["_", "__", "#", "##"])
MOST_MASKS = 4
WORD, SO_MUCH_LESS = -2.0, 0.5
"""A name that is a word: where words beside it speak for a person, how usual the word is counts for half."""
KANA_NAME = 3.0
LONGEST_PARTICLE = 6
OTHER_SURNAME, USUAL_SURNAME = 3.0, log(2e-3)
"""Against a given name after a surname that is not hers: 陈静怡."""
GIVEN_ENDS = "子美奈香里恵菜代江乃希世人太郎斗"
"""Letters that make a longer Japanese given name of a shorter one: 美咲 and 美咲子."""
LONGER_GIVEN = 6.0


def judge_letters(place: Place, trait: Trait, entry: Entry) -> float | None:
    """Give the log-odds that letters which spell a name here mean her; None where they cannot."""
    if trait.method is Method.GIVEN_NAME and _before(place, entry) + place.written == entry.letters:
        return None  # the whole name stands here: whether it means her is asked of that
    gaps = place.gaps()
    masked = _masked(place, trait, gaps)
    between = None if masked is None else gap_odds(place, _unmasked(gaps, trait))
    if masked is None or between is None or _cuts_word(place):
        return None
    if entry.kind in {Kind.KANA, Kind.HANGUL}:
        return _judge_other_script(place, trait, entry, between)
    skip = gaps[0].text if is_uniform(place, gaps) and set(gaps[0].kinds) <= {Kind.SPACE, Kind.JOINER} else ""
    units, start, end = place.units(skip=skip if _goes_on(place, skip) else "")
    own = entry.letters if trait.method is Method.EXACT else ""
    called = place.written if trait.method is Method.TITLED else ""  # 小林 is no other person
    prior = PRIOR - trait.cost + masked
    odds = log_odds_of_name(units, start, end, prior, but=own or called, strictly=own != "")
    longer = LONGER_GIVEN * (entry.is_japanese and place.after(1) in GIVEN_ENDS and place.after(1) != "")
    odds = min(odds + between, MOST)
    if own in words() and odds < WORD:
        odds = WORD + (odds - WORD) * SO_MUCH_LESS
    if place.before(1) in _other_surnames() and _is_given(trait, entry, own):
        odds -= OTHER_SURNAME
    return odds - longer


def _is_given(trait: Trait, entry: Entry, own: str) -> bool:
    """Whether the letters are a given name alone, or an alias as short as one."""
    return trait.method is Method.GIVEN_NAME or (entry.is_alias and len(own) == 2)


@cache
def _other_surnames() -> frozenset[str]:
    """Give the usual surnames; hers cannot stand there, for then the whole name would."""
    return frozenset(letter for letter, chance in people().surnames.items() if chance > USUAL_SURNAME)


def _before(place: Place, entry: Entry) -> str:
    """Give as much of the text before as a given name lacks of the whole."""
    return place.before(len(entry.letters) - len(place.places))


def _masked(place: Place, trait: Trait, gaps: list[Gap]) -> float | None:
    """Give what masks say; None where a mask is needed and there is none."""
    if trait.rule is Rule.MASK_INSIDE:
        if len(gaps) != 1 or len(gaps[0].text) > MOST_MASKS:
            return None
        return _mask_between(gaps[0])
    if trait.rule is Rule.MASK_AFTER:
        return MASK_SIGN if place.kind(place.last + 1) == Kind.MASK else None
    if trait.rule is Rule.MASK_BEFORE:
        return MASK_SIGN if place.kind(place.first - 1) == Kind.MASK else None
    return 0.0


def _mask_between(gap: Gap) -> float | None:
    if set(gap.kinds) <= {Kind.MASK}:
        return MASK_SIGN
    if set(gap.kinds) <= {Kind.MASK, Kind.SYMBOL} or gap.text in BLANKS:
        return MASK_SIGN - PICTURE
    return MASK_SIGN - QUESTION if gap.text == "?" else None


def _unmasked(gaps: list[Gap], trait: Trait) -> list[Gap]:
    return [] if trait.rule is Rule.MASK_INSIDE else gaps


def _goes_on(place: Place, skip: str) -> bool:
    """Whether the same separator stands on beside the name: then all of the text is written apart."""
    return bool(skip) and (place.before(len(skip)) == skip or place.after(len(skip)) == skip)


def _cuts_word(place: Place) -> bool:
    """Whether a Latin letter or digit of the name is part of a longer token."""
    first, last = place.kind(place.first), place.kind(place.last)
    return (first in WORD_KINDS and place.kind(place.first - 1) in WORD_KINDS) or (
        last in WORD_KINDS and place.kind(place.last + 1) in WORD_KINDS
    )


def _judge_other_script(place: Place, trait: Trait, entry: Entry, between: float) -> float | None:
    if entry.kind is Kind.HANGUL and not _stands_in_korean(place):
        return None
    length = len(entry.letters)
    if entry.kind is Kind.KANA and length < 4:
        between -= KANA_NAME
    return min(MOST, KANA_NAME + 0.5 * length - trait.cost + between)


def _stands_in_korean(place: Place) -> bool:
    """Whether a Korean name begins a token and only a particle or title follows it."""
    if place.kind(place.first - 1) == Kind.HANGUL:
        return False
    rest = place.after(LONGEST_PARTICLE)
    follows = ""
    for at, letter in enumerate(rest):
        if place.kind(place.last + 1 + at) != Kind.HANGUL:
            break
        follows += letter
    return may_follow(place.written, follows)
