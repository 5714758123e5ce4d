"""Where tokens end: a name must not be a part of a longer one, nor of a longer account."""

import re
from functools import lru_cache

from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import WORD_KINDS, Place
from monitors.matching.names.variants.arabic import PREFIXES

GOES_ON, CAMEL, LONGER_ACCOUNT, NUMBERED = -4.5, -1.0, -7.0, -2.0
"""A name that goes on after a hyphen; begins within a hashtag; within a longer account; before a number."""
_GOES_ON = re.compile(r"[_.]+[a-z\d]")
_ABUSE = re.compile(r"[_.]+(?:leak|expos|nude|naked|pics|hate|fake|truth|liar|slut|whore|onlyfans|gossip)")
"""What an account set up against somebody adds to her name."""
_NUMBER = re.compile(r"\d{1,4}(?![^\W_]|[._\-][^\W_])", re.ASCII)


# Asked of the whole post for each of its candidates, of which it may have ten thousand: looked up once a post.
@lru_cache(maxsize=4)
def is_all_capitals(text: str) -> bool:
    """Whether a text is written in capitals throughout."""
    return text.isupper()


def edges(place: Place, text: str) -> float | None:
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


def account_odds(place: Place) -> float:
    """Give what speaks against a name that goes on with a sign and a letter: a longer account, a double name."""
    before, after = place.before(2)[::-1], place.after(12)
    if _GOES_ON.match(after) and not _ABUSE.match(after):
        return LONGER_ACCOUNT
    if before[:1] in {"_", "."} and before[1:2].isascii() and before[1:2].isalnum():
        return LONGER_ACCOUNT
    goes_on = after[:1] in {"-", "'", "’"} and after[1:2].isalnum() and after[1:3].strip() != "s"
    return GOES_ON if goes_on else 0.0


def _token_before(place: Place) -> str:
    rest = place.before(4)
    return rest.split(" ")[-1] if rest else ""


def _is_camel(place: Place, text: str) -> bool:
    """Whether the name begins with a capital after a small letter, as in a hashtag."""
    start = place.span[0]
    return text[start].isupper() and text[start - 1].islower()
