"""``shouwang profile try``: what a profile, changed perhaps, finds among given or stored posts; nothing is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from monitors.cli.actions import find_profile, read_draft
from monitors.errors import BadInputError
from monitors.ledger import batches, hits
from monitors.ledger.batches import post_key
from monitors.matching.matcher import Matcher
from monitors.matching.names.match_lines import as_watched
from monitors.matching.tried import Tried, try_out
from monitors.parts import Parts, matchers_of
from monitors.profiles import checks
from monitors.profiles.checks import MistakeError
from monitors.profiles.registration import as_changed
from monitors.records import Consent, Post, Scope, WatchProfile
from monitors.sources.stored import NAME as STORED

HITS_AT_ONCE = 256


class Trial:
    """A profile as it is beside what it would be. ``posts`` counts what was looked through."""

    def __init__(self, parts: Parts, profile_id: str, *, changed_by: Path | None, aliases: Sequence[str]) -> None:
        """Open the profile and read the file. Raises BadInputError (BadProfileError) with what is wrong."""
        self._parts = parts
        self.posts = 0
        self._now = find_profile(parts, profile_id)
        draft = read_draft(changed_by, parts.clock.now()) if changed_by else self._now
        changed = as_changed(self._now, draft)
        self._then = replace(changed, aliases=(*changed.aliases, *map(_as_name, aliases)))

    def of_posts(self, posts: Iterable[Post]) -> Iterator[Tried]:
        """Try it on these posts."""
        before, after = self._matchers(self._now), self._matchers(self._then)
        return try_out(before, after, self._counted(posts))

    def of_stored(self) -> Iterator[Tried]:
        """Try it on every post that is still stored: those of the last days, and those that were hits of hers."""
        return self.of_posts(_stored(self._parts, self._now.id))

    def _counted(self, posts: Iterable[Post]) -> Iterator[Post]:
        for post in posts:
            self.posts += 1
            yield post

    def _matchers(self, profile: WatchProfile) -> tuple[Matcher, ...]:
        now = self._parts.clock.now()
        taught = self._parts.taught([profile])
        tried = [_as_allowed(profile)]
        return matchers_of(tried, taught, now)


def _as_name(alias: str) -> str:
    try:
        return checks.name(alias)
    except MistakeError as mistake:
        raise BadInputError(mistake.reason, field="--alias") from mistake


def _as_allowed(profile: WatchProfile) -> WatchProfile:
    """Give the profile as if she had confirmed; photos are compared only where she allowed that at all."""
    watched = as_watched(profile)
    given = [consent for consent in profile.consents if consent.scope is Scope.IMAGE_HASHES]
    pictures = tuple(replace(consent, given_at=watched.consents[0].given_at) for consent in given)
    consents: tuple[Consent, ...] = (*watched.consents, *pictures)
    return replace(watched, consents=consents)


def _stored(parts: Parts, profile_id: str) -> Iterator[Post]:
    told: set[bytes] = set()
    for post in _hers(parts, profile_id):
        told.add(post_key(post))
        yield post
    with parts.ledger.reading() as ledger:
        kept = batches.matched_in_spool(ledger, but_from=STORED)
    for batch in kept:
        for post in parts.spool.posts(batch):
            if post_key(post) not in told:
                told.add(post_key(post))
                yield post


def _hers(parts: Parts, profile_id: str) -> Iterator[Post]:
    with parts.ledger.reading() as ledger:
        ids = hits.ids_of_profile(ledger, profile_id)
    for start in range(0, len(ids), HITS_AT_ONCE):
        with parts.ledger.reading() as ledger:
            found = hits.of_ids(ledger, parts.vault, ids[start : start + HITS_AT_ONCE])
        yield from (hit.post for hit in found)
