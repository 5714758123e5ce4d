"""Is a text about her, by name: the matcher of the pipeline, and ``find`` for a single text."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, log

from typing_extensions import override

from monitors.matching.matcher import Matcher
from monitors.matching.names.namesakes import Memory
from monitors.matching.names.normalise import read_batch
from monitors.matching.names.readings import Reading, other_readings
from monitors.matching.names.reasons import give_reason
from monitors.matching.names.rounds import Judged, apart, judge_chunk
from monitors.matching.names.shelf import Shelf
from monitors.matching.names.shelves import Keeper, Shelves
from monitors.records import Match, Method, Post, Scope, WatchProfile

THRESHOLD = 0.5
"""The shipped threshold: a probability from here on counts as found."""
NOTHING: Sequence["Finding"] = ()
CHUNK = 1_000_000
"""Code points matched at once (posts are not divided): bounds the memory of a batch of any size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place in a text that may be about her; ``score`` is a probability, ``span`` in code points of the text."""

    profile_id: str
    method: Method
    score: float
    span: tuple[int, int]
    query: str
    candidate: str
    reason: str


class NameMatcher(Matcher):
    """Finds profiles by their names, however these are written. Finding is safe from several threads.

    What it takes grows with the length of a text and no faster, whatever stands in it; the bounds, and what they were
    measured on, are in docs/performance.md. At most ``MOST_PLACES`` (1,000) places of a profile are told a post.
    """

    def __init__(
        self,
        profiles: Sequence[WatchProfile],
        *,
        now: datetime,
        threshold: float = THRESHOLD,
        memories: Mapping[str, Memory] | None = None,
        before: "NameMatcher | None" = None,
    ) -> None:
        """Watch for the profiles that consent to names now; ``memories`` of namesakes by profile id (``learn``).

        ``before`` is a matcher of nearly the same profiles: only those that changed since are spelled again.
        """
        watched = [profile for profile in profiles if profile.allows(Scope.NAMES, now)]
        known = before.shelves.now if before else None
        self.shelves: Keeper = Keeper(watched, memories or {}, known=known)
        self._threshold = threshold

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give every place of each post that names somebody."""
        found = self.find_all([post.text for post in posts])
        return [[_as_match(post, finding) for finding in findings] for post, findings in zip(posts, found, strict=True)]

    def find(self, text: str) -> list[Finding]:
        """Give every place of one text, the strongest first."""
        return list(self.find_all([text])[0])

    def find_all(self, texts: Sequence[str]) -> list[Sequence[Finding]]:
        """Give, for each text in order, every place that reaches the threshold, the strongest first."""
        found: list[Sequence[Finding]] = []
        for chunk in _chunks(texts):
            found.extend(_find_chunk(self.shelves.now, chunk, self._threshold))
        return found


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for at, text in enumerate(texts):
        if size and size + len(text) > CHUNK:
            yield texts[start:at]
            start, size = at, 0
        size += len(text) + 1
    if size:
        yield texts[start:]


def _find_chunk(shelves: Shelves, texts: Sequence[str], threshold: float) -> Iterator[Sequence[Finding]]:
    least = _least_odds(threshold)
    batch = read_batch(texts)
    readings = [Reading(batch=batch, posts=range(len(texts))), *other_readings(batch)]
    found: dict[int, list[Finding]] = defaultdict(list)
    for shelf, gone in shelves.live:
        for about, judged in judge_chunk(shelf, readings, texts, least=least).items():
            if about.profile not in gone:
                sure = (one for one in apart(judged) if one.judgement.score >= threshold)
                found[about.post] += [_as_finding(shelf, about.profile, one, texts[about.post]) for one in sure]
    for findings in found.values():
        findings.sort(key=lambda finding: (-finding.score, finding.span))
    # Nearly every post has none: they share one, for a list each would have the collector look at every profile.
    return (found.get(post, NOTHING) for post in range(len(texts)))


def _least_odds(threshold: float) -> float:
    """Give the log-odds of a threshold, 0 at most: what is likelier than not may be evidence for something else."""
    if threshold <= 0:
        return -inf
    return min(0.0, log(threshold / (1 - threshold))) if threshold < 1 else 0.0


def _as_finding(shelf: Shelf, profile: int, one: Judged, text: str) -> Finding:
    judgement, entry = one.judgement, shelf.entries[one.entry].entry
    written = text[slice(*one.span)]
    method = judgement.method
    if method is Method.EXACT and written != entry.text:
        method = Method.NORMALISED
    watched = shelf.profiles[profile]
    return Finding(
        profile_id=watched.id,
        method=method,
        score=round(judgement.score, 4),
        span=one.span,
        query=entry.text,
        candidate=written,
        reason=give_reason(
            method,
            written,
            entry.text,
            language=watched.languages[0] if watched.languages else "",
            terms=[term for term, _ in judgement.evidence.terms],
            cue=next((cue.text for cue in judgement.cues if cue.is_title), ""),
            others=judgement.evidence.also_named,
        ),
    )


def _as_match(post: Post, finding: Finding) -> Match:
    return Match(
        post_id=post.id,
        profile_id=finding.profile_id,
        method=finding.method,
        score=finding.score,
        query=finding.query,
        candidate=finding.candidate,
        reason=finding.reason,
        span=finding.span,
    )
