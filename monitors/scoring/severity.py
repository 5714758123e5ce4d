"""How soon she should hear of a hit: the whole rule, in the order in which it is applied.

1. Each found category has its own severity (``OF_CATEGORY``); sexual imagery is urgent while it is fresh.
2. A muted category counts for nothing; one whose writer clearly does not spread it is ``low``.
3. Her own account of a harm, or somebody else's, is never alerted, unless an urgent category is more probable; an
   account in a picture under words that do harm themselves is not heeded (``judge``).
4. A match that is not sure lowers the result by one step, never below ``low``.
5. A copy of her photo is at least ``medium``, a picture that is only like it or what somebody handed in at least ``low``, whatever the words say.
6. A face that may be hers counts like a copy where a name, a copy, a context term or a sexual picture speaks for it;
   alone it is ``none``, whatever the words say: it waits for a person.
7. A picture that is very probably sexual makes a hit at least ``high``, a step lower where the match is not sure;
   never an account of a harm. It is told like a copy of her photo even where the words are muted.

How many people saw a post counts for nothing (docs/decisions/0011).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from monitors.matching.images.verdicts import ALERT_SCORE, IS_SEXUAL
from monitors.records import Category, Hit, Match, Method, Score, Severity, Stance

OF_CATEGORY: Final = {
    Category.THREAT: Severity.URGENT,
    Category.DOXXING: Severity.URGENT,
    Category.SEXUAL_IMAGERY: Severity.URGENT,
    Category.SEXUAL_RUMOR: Severity.HIGH,
    Category.SEXUAL_HARASSMENT: Severity.MEDIUM,
    Category.DEFAMATION: Severity.MEDIUM,
    Category.INSULT: Severity.LOW,
    Category.DISCLOSURE: Severity.NONE,
}
FRESH: Final = timedelta(days=7)
"""Pictures spread in hours and are archived in days: an older post is serious, not urgent."""
SURE_MATCH: Final = 0.7
"""Below it a name may be somebody else's: initials, a bare given name, a homophone."""
CLEAR_STANCE: Final = 0.9
"""Above it a report of a threat is taken for a report: told, but it wakes nobody."""

_STEPS: Final = (Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.URGENT)
_PICTURES: Final = frozenset({Method.PHASH, Method.PDQ, Method.WINDOW, Method.LOCAL})


def severity_of(hit: Hit) -> Severity:
    """The severity of a hit whose scores are complete."""
    is_fresh = _is_fresh(hit.post.published_at, hit.found_at)
    if is_face_alone(hit.matches):
        return Severity.NONE
    by_contents = _highest([_of_scores(hit.scores, is_fresh=is_fresh), _of_pictures(hit)])
    if hit.strongest.score < SURE_MATCH:
        by_contents = _one_step_lower(by_contents)
    return _highest([by_contents, _of_matches(hit.matches)])


def _of_scores(scores: Sequence[Score], *, is_fresh: bool) -> Severity:
    found = [score for score in scores if score.is_found]
    told = _not_disclosed([score for score in found if not score.muted])
    return _highest([_of_score(score, is_fresh=is_fresh) for score in told])


def _not_disclosed(found: Sequence[Score]) -> list[Score]:
    """What is left when an account of a harm is read as one."""
    account = max((score.probability for score in found if score.category is Category.DISCLOSURE), default=0.0)
    if not account:
        return list(found)
    return [score for score in found if OF_CATEGORY[score.category] is Severity.URGENT and score.probability > account]


def _of_score(score: Score, *, is_fresh: bool) -> Severity:
    if score.stance not in {None, Stance.SPREADS} and (score.stance_probability or 0) >= CLEAR_STANCE:
        return Severity.LOW
    if score.category is Category.SEXUAL_IMAGERY and not is_fresh:
        return Severity.HIGH
    return OF_CATEGORY[score.category]


def _of_matches(matches: Sequence[Match]) -> Severity:
    methods = {match.method for match in matches}
    if Method.FACE in methods or _is_copied(matches):
        return Severity.MEDIUM
    return Severity.LOW if methods & {*_PICTURES, Method.SUBMITTED} else Severity.NONE


def _is_copied(matches: Sequence[Match]) -> bool:
    return any(match.method in _PICTURES and match.score >= ALERT_SCORE for match in matches)


def is_face_alone(matches: Sequence[Match]) -> bool:
    """Whether nothing but a face speaks for these matches: it accuses nobody."""
    return all(match.method is Method.FACE and match.score < ALERT_SCORE for match in matches)


def _of_pictures(hit: Hit) -> Severity:
    is_sexual = any((picture.imagery or 0.0) >= IS_SEXUAL for picture in hit.post.media)
    return Severity.HIGH if is_sexual and Category.DISCLOSURE not in hit.categories else Severity.NONE


def is_told_by_picture(hit: Hit) -> bool:
    """Whether a picture makes it worth telling whatever side its words take; never in an account of a harm."""
    is_grave = _is_copied(hit.matches) or _of_pictures(hit) is not Severity.NONE
    return is_grave and Category.DISCLOSURE not in hit.categories


def _is_fresh(published_at: datetime | None, found_at: datetime) -> bool:
    """A post without a date counts as fresh."""
    return published_at is None or found_at - published_at <= FRESH


def _one_step_lower(severity: Severity) -> Severity:
    place = _STEPS.index(severity)
    return _STEPS[max(place - 1, min(place, 1))]


def _highest(severities: Sequence[Severity]) -> Severity:
    return max(severities, key=_STEPS.index, default=Severity.NONE)
