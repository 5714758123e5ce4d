"""One way of writing a name, and by which rule a place where it stands is judged."""

from enum import IntEnum
from typing import NamedTuple

from monitors.records import Method


class Rule(IntEnum):
    """How a place where a pattern stands is judged."""

    LETTERS = 0
    """The letters as they stand, whatever lies between them."""
    SOUND = 1
    """Letters that sound like the name, or their pinyin; searched in the channel of sounds."""
    MASK_INSIDE = 2
    """Letters of the name with a mask between them."""
    MASK_AFTER = 3
    MASK_BEFORE = 4
    INITIALS = 5
    """First letters: a token of their own."""
    LATIN = 6
    """A name between spaces; the pattern is the tokens joined."""
    LATIN_TURNED = 7
    """Surname first: a comma may stand between."""
    ANCHOR = 8
    """One token of a Latin name; the other one may be misspelt beside it."""
    HANDLE = 9
    TITLED = 10
    """A surname with a title."""
    MASKED = 11
    """Tokens of a Latin name with letters hidden."""


class Trait(NamedTuple):
    """What a variant is, whatever its letters.

    ``cost`` is what speaks against it from the start, in nats: how seldom she would be written like this. A ``weak``
    variant is believed only beside something else about her. ``layout`` has the lengths of the syllables of a sound.
    """

    rule: Rule
    method: Method
    cost: float
    weak: bool = False
    layout: tuple[int, ...] = ()


class Variant(NamedTuple):
    """A pattern to look for; a plain tuple, since a run makes a million of them."""

    pattern: str
    trait: Trait


def variant(
    pattern: str, rule: Rule, method: Method, cost: float, *, weak: bool = False, layout: tuple[int, ...] = ()
) -> Variant:
    """Give a variant by its parts."""
    return Variant(pattern, Trait(rule, method, cost, weak, layout))
