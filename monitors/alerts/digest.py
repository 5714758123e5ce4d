"""What a digest tells, as numbers and links: pure, and without a word of any post."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitors.alerts.coverage import Coverage
from monitors.alerts.stories import stories_of
from monitors.records import Category, Hit, Method, Severity
from monitors.scoring.severity import is_told_by_picture

LINKS_PER_LINE = 12
"""Beyond this a category points to the list: a wall of links helps nobody."""

BY_SEVERITY = {severity: rank for rank, severity in enumerate(Severity)}
PICTURE_METHODS = frozenset({Method.PHASH, Method.PDQ, Method.WINDOW, Method.LOCAL, Method.FACE})


class Right(StrEnum):
    """The right of personality that a post may touch (Civil Code of China, book four)."""

    SAFETY = "safety"
    PRIVACY = "privacy"
    PORTRAIT = "portrait"
    REPUTATION = "reputation"
    UNJUDGED = "unjudged"


class Concern(StrEnum):
    """What one hit is counted under, the gravest first; the last two are hits without a category."""

    THREAT = "threat"
    DOXXING = "doxxing"
    SEXUAL_IMAGERY = "sexual_imagery"
    SEXUAL_HARASSMENT = "sexual_harassment"
    SEXUAL_RUMOR = "sexual_rumor"
    DEFAMATION = "defamation"
    INSULT = "insult"
    PICTURE = "picture"
    UNJUDGED = "unjudged"


RIGHT_OF: Mapping[Concern, Right] = {
    Concern.THREAT: Right.SAFETY,
    Concern.DOXXING: Right.PRIVACY,
    Concern.SEXUAL_IMAGERY: Right.PORTRAIT,
    Concern.SEXUAL_HARASSMENT: Right.SAFETY,
    Concern.SEXUAL_RUMOR: Right.REPUTATION,
    Concern.DEFAMATION: Right.REPUTATION,
    Concern.INSULT: Right.REPUTATION,
    Concern.PICTURE: Right.PORTRAIT,
    Concern.UNJUDGED: Right.UNJUDGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One hit as a mail may know it; hits of one story show the same picture."""

    number: int
    link: str
    concern: Concern
    story: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The hits of one concern; ``same`` show a picture that has a link here, ``more`` are only on the list."""

    concern: Concern
    count: int
    told: tuple[Told, ...]
    same: int

    @property
    def more(self) -> int:
        """How many others have no link of their own here."""
        return self.count - len(self.told) - self.same


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The lines of one right."""

    right: Right
    lines: tuple[Line, ...]

    @property
    def count(self) -> int:
        """Hits of this right."""
        return sum(line.count for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """An earlier mail to this recipient that never arrived."""

    made_at: datetime
    is_refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLinks:
    """Addresses made for one recipient; they hold until the end of ``expire_on``."""

    all_hits: str
    hits: Mapping[str, str]
    pause: str
    withdraw: str | None
    """None for a recipient who is not the person herself."""
    expire_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """Everything a digest says. Each alerted hit is counted in exactly one line of one group."""

    day: date
    total: int
    urgent: tuple[Told, ...]
    groups: tuple[Group, ...]
    for_her: int
    """Found and muted: posts on her side, or news."""
    coverage: Coverage
    undelivered: tuple[Undelivered, ...]
    links: DigestLinks
    gone: int = 0
    """Told earlier, and not where it was any more."""
    under_way: int = 0
    """Found, and still waiting to be judged and sealed: a digest to come tells of it where it concerns her."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was found in what could be looked at."""
        return self.total == 0 and self.under_way == 0

    @property
    def is_blind(self) -> bool:
        """Whether nothing was found because nothing could be looked at."""
        return self.is_quiet and not self.coverage.seen and not self.coverage.partly


def view_digest(
    hits: Sequence[Hit],
    *,
    day: date,
    coverage: Coverage,
    links: DigestLinks,
    undelivered: Iterable[Undelivered] = (),
    gone: int = 0,
    under_way: int = 0,
) -> DigestView:
    """Give what the digest of that day tells one recipient; disclosures and benign posts are not in it."""
    alerted = sorted(filter(is_alerted, hits), key=lambda hit: BY_SEVERITY[hit.severity])
    told = [
        Told(number=number, link=links.hits[hit.id], concern=concern_of(hit), story=story)
        for number, (hit, story) in enumerate(zip(alerted, stories_of(alerted), strict=True), 1)
    ]
    return DigestView(
        day=day,
        total=len(told),
        urgent=tuple(one for one, hit in zip(told, alerted, strict=True) if hit.severity is Severity.URGENT),
        groups=_group(told),
        for_her=sum(map(is_for_her, hits)),
        coverage=coverage,
        undelivered=tuple(undelivered),
        links=links,
        gone=gone,
        under_way=under_way,
    )


def is_alerted(hit: Hit) -> bool:
    """Whether she is told of this hit; a disclosure never is, whatever its severity says."""
    is_told = not hit.categories or bool(_told_categories(hit)) or is_told_by_picture(hit)
    return hit.severity is not Severity.NONE and is_told


def is_for_her(hit: Hit) -> bool:
    """Whether the hit was muted because its writer stands on her side or reports."""
    return not is_alerted(hit) and any(score.is_found and score.muted for score in hit.scores)


def concern_of(hit: Hit) -> Concern:
    """The gravest concern of a hit: a threat is never hidden behind an insult that was surer."""
    told = _told_categories(hit)
    if told:
        return min((Concern(category.value) for category in told), key=list(Concern).index)
    is_of_a_picture = hit.strongest.method in PICTURE_METHODS or is_told_by_picture(hit)
    return Concern.PICTURE if is_of_a_picture else Concern.UNJUDGED


def _told_categories(hit: Hit) -> list[Category]:
    return [
        score.category
        for score in hit.scores
        if score.is_found and not score.muted and score.category is not Category.DISCLOSURE
    ]


def _group(told: Sequence[Told]) -> tuple[Group, ...]:
    lines = [_line(concern, [one for one in told if one.concern is concern]) for concern in Concern]
    groups = [
        Group(right=right, lines=tuple(line for line in lines if line.count and RIGHT_OF[line.concern] is right))
        for right in Right
    ]
    return tuple(group for group in groups if group.lines)


def _line(concern: Concern, told: Sequence[Told]) -> Line:
    first_of = {one.story: one for one in reversed(told)}
    linked = [one for one in told if first_of[one.story] is one][:LINKS_PER_LINE]
    stories = {one.story for one in linked}
    same = sum(one.story in stories for one in told) - len(linked)
    return Line(concern=concern, count=len(told), told=tuple(linked), same=same)
