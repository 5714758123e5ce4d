"""Is a text about her, by name: the matcher of the pipeline, and ``find`` for a single text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp

from typing_extensions import override

from monitors.matching.matcher import Matcher
from monitors.matching.names.normalise import Batch, read_batch
from monitors.matching.names.reasons import give_reason
from monitors.matching.names.shelf import Candidate, Shelf
from monitors.matching.names.verify import evidence_for
from monitors.records import Match, Method, Post, Scope, WatchProfile

THRESHOLD = 0.5
"""The shipped threshold: a probability from here on counts as found."""
CHUNK = 500_000
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
    """Finds profiles by their names, however these are written."""

    def __init__(self, profiles: Sequence[WatchProfile], *, now: datetime, threshold: float = THRESHOLD) -> None:
        self._shelf = Shelf([profile for profile in profiles if profile.allows(Scope.NAMES, now)])
        self._threshold = threshold

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        found = self.find_all([post.text for post in posts])
        return [[_as_match(post, finding) for finding in findings] for post, findings in zip(posts, found, strict=True)]

    def find(self, text: str) -> list[Finding]:
        """Give every place of one text, the strongest first."""
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Give, for each text in order, every place that reaches the threshold, the strongest first."""
        found: list[list[Finding]] = []
        for chunk in _chunks(texts):
            found.extend(self._find_chunk(chunk))
        return found

    def all_spans(self, text: str, profile_id: str) -> list[tuple[int, int]]:
        """Give every place of a text that names this profile, in the order of the text."""
        return sorted({finding.span for finding in self.find(text) if finding.profile_id == profile_id})

    def _find_chunk(self, texts: Sequence[str]) -> list[list[Finding]]:
        batch = read_batch(texts)
        found: list[list[Finding]] = [[] for _ in texts]
        for candidate in self._shelf.candidates(batch):
            finding = self._judge(texts[candidate.post], candidate, batch)
            if finding:
                found[candidate.post].append(finding)
        return [sorted(findings, key=lambda finding: (-finding.score, finding.span)) for findings in found]

    def _judge(self, text: str, candidate: Candidate, batch: Batch) -> Finding | None:
        span = int(batch.origins[candidate.places[0]]), int(batch.origins[candidate.places[-1]]) + 1
        evidence = evidence_for(candidate, batch)
        score = 0.0 if evidence is None else round(1 / (1 + exp(-evidence)), 4)
        if score < self._threshold:
            return None
        written = text[span[0] : span[1]]
        variant = candidate.variant
        is_plain = variant.method is Method.EXACT and written != variant.query
        return Finding(
            profile_id=candidate.profile.id,
            method=Method.NORMALISED if is_plain else variant.method,
            score=score,
            span=span,
            query=variant.query,
            candidate=written,
            reason=give_reason(written, candidate),
        )


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for at, text in enumerate(texts):
        if size and size + len(text) > CHUNK:
            yield texts[start:at]
            start, size = at, 0
        size += len(text) + 1
    if size:
        yield texts[start:]


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
