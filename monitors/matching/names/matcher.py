"""Is a text about her, by name: the matcher of the pipeline, and ``find`` for a single text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from monitors.matching.matcher import Matcher
from monitors.matching.names.candidates import Candidate, Search, search
from monitors.matching.names.escapes import end_of_letter
from monitors.matching.names.judges.judge import Evidence, Judgement, judge
from monitors.matching.names.masked import masked_names
from monitors.matching.names.namesakes import Memory, odds_against
from monitors.matching.names.normalise import read_batch
from monitors.matching.names.place import Place
from monitors.matching.names.readings import Reading, other_readings
from monitors.matching.names.reasons import give_reason
from monitors.matching.names.shelf import Shelf
from monitors.matching.names.shelves import Keeper, Shelves
from monitors.records import Match, Method, Post, Scope, WatchProfile

THRESHOLD = 0.5
"""The shipped threshold: a probability from here on counts as found."""
NEARLY_CERTAIN = 3.0
"""Log-odds from which a wider place counts for more than a surer one."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A judgement of an entry (its number on the shelf); ``span`` is of the original text."""

    entry: int
    span: tuple[int, int]
    judgement: Judgement


Judged = dict[tuple[int, int], list[_Judged]]
"""Judgements by post and profile."""
Sure = Mapping[tuple[int, int], Sequence[_Judged]]


class NameMatcher(Matcher):
    """Finds profiles by their names, however these are written. Finding is safe from several threads."""

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
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Give, for each text in order, every place that reaches the threshold, the strongest first."""
        found: list[list[Finding]] = []
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


def _find_chunk(shelves: Shelves, texts: Sequence[str], threshold: float) -> list[list[Finding]]:
    batch = read_batch(texts)
    readings = [Reading(batch=batch, posts=range(len(texts))), *other_readings(batch)]
    found: list[list[Finding]] = [[] for _ in texts]
    for shelf, gone in shelves.live:
        for (post, profile), several in _judge_shelf(shelf, readings, texts).items():
            if profile not in gone:
                sure = (one for one in _apart(several) if one.judgement.score >= threshold)
                found[post].extend(_as_finding(shelf, profile, one, texts[post]) for one in sure)
    for findings in found:
        if len(findings) > 1:
            findings.sort(key=lambda finding: (-finding.score, finding.span))
    return found


def _judge_shelf(shelf: Shelf, readings: Sequence[Reading], texts: Sequence[str]) -> "Judged":
    """Judge first what may stand by itself, then what needs other evidence, which the first may be."""
    searches = [_Searched(shelf=shelf, reading=reading, search=search(shelf, reading.batch)) for reading in readings]
    judged: Judged = defaultdict(list)
    for searched in searches:
        _judge_all(searched, searched.search.strong(), texts, {}, judged)
    for searched in searches[1:]:
        _judge_all(searched, masked_names(shelf, searched.reading.batch), texts, {}, judged)
    sure = {key: tuple(several) for key, several in judged.items()}
    for searched in searches:
        _judge_all(searched, searched.search.weak(searched.known(sure)), texts, sure, judged)
    return judged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Searched:
    """A reading of the posts with what was found in it."""

    shelf: Shelf
    reading: Reading
    search: Search
    against: dict[tuple[int, int], float] = field(default_factory=dict)

    def known(self, sure: Mapping[tuple[int, int], object]) -> dict[int, set[int]]:
        """Give, by post of the reading, the profiles that are surely named in it."""
        number_of = {post: number for number, post in enumerate(self.reading.posts)} if sure else {}
        known: dict[int, set[int]] = defaultdict(set)
        for post, profile in sure:
            if post in number_of:
                known[number_of[post]].add(profile)
        return known


def _judge_all(
    searched: _Searched, candidates: Iterable[Candidate], texts: Sequence[str], sure: Sure, judged: Judged
) -> None:
    """Judge candidates beside what is known of their post; keep those more likely than not."""
    shelf, origins = searched.shelf, searched.reading.batch.origins
    for candidate in candidates:
        watched = shelf.entries[candidate.entry]
        key = searched.reading.posts[candidate.place.post], watched.profile
        evidence = _evidence(searched, candidate, watched.profile, sure.get(key, ()))
        judgement = judge(candidate, watched.entry, evidence, texts[key[0]])
        if judgement and judgement.odds > 0:
            text = texts[key[0]]
            span = int(origins[judgement.first]), end_of_letter(text, int(origins[judgement.last]))
            judged[key].append(_Judged(entry=candidate.entry, span=span, judgement=judgement))


def _evidence(searched: _Searched, candidate: Candidate, profile: int, sure: Sequence[_Judged]) -> Evidence:
    """Give the context terms of a profile in the post, and another name of hers, neither where the candidate stands."""
    place, terms = candidate.place, dict[str, float]()
    for number, first, last in searched.search.terms.of(place.post):
        owned = searched.shelf.terms.owners[number].get(profile)
        if owned and (last < place.first or first > place.last):
            terms[owned.shown] = max(terms.get(owned.shown, 0.0), owned.weight)
    also = ""
    if candidate.trait.weak and sure:
        start, end = place.span
        apart = (one for one in sure if one.span[1] <= start or end <= one.span[0])
        also = next((searched.shelf.entries[one.entry].entry.text for one in apart), "")
    return Evidence(terms=tuple(terms.items()), also_named=also, against=_against(searched, place, profile))


def _against(searched: _Searched, place: Place, profile: int) -> float:
    """Give what the post shares with another of the same name; looked up once a post and profile."""
    memory = searched.shelf.memories.get(profile)
    if memory is None:
        return 0.0
    key = place.post, profile
    if key not in searched.against:
        searched.against[key] = odds_against(memory, searched.reading.batch.text_of(place.post))[0]
    return searched.against[key]


def _apart(several: list[_Judged]) -> list[_Judged]:
    """Give the surest judgements of a profile in a post, none over another."""
    kept: list[_Judged] = []
    for one in sorted(several, key=_sureness):
        if all(one.span[1] <= other.span[0] or other.span[1] <= one.span[0] for other in kept):
            kept.append(one)
    return kept


def _sureness(one: _Judged) -> tuple[float, int, float]:
    """Order judgements: of those nearly certain the widest first, for it shows all that was written."""
    odds = one.judgement.odds
    return -min(odds, NEARLY_CERTAIN), one.span[0] - one.span[1], -odds


def _as_finding(shelf: Shelf, profile: int, one: _Judged, text: str) -> Finding:
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
