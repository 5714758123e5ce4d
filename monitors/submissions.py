"""What she or a helper saw: taken in like any other post, and hers without asking any matcher."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitors import pipeline
from monitors.errors import BadInputError
from monitors.ledger import fetches, quarantine
from monitors.matching.handed_in import HandedIn
from monitors.messages import say_in
from monitors.parts import Parts
from monitors.profiles.registration import active_profiles
from monitors.records import FetchKind, hit_id
from monitors.sources.submitted import NAME as HANDED_IN
from monitors.sources.submitted import SubmittedSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One post that was taken in, and its hit."""

    post_id: str
    hit_id: str


def take_in(
    parts: Parts, seen: Sequence[str], *, profile_id: str, note: str, language: str = "zh-CN"
) -> Iterator[Taken]:
    """Take addresses and files the whole way, for this profile whatever they say.

    What cannot be had or read gives nothing; ``not_taken_in`` says why.

    Raises BadInputError for a profile that nobody confirmed, or that is paused or withdrawn: nothing is kept then.
    """
    with parts.ledger.reading() as ledger:
        watched = active_profiles(ledger, parts.vault, parts.clock.now())
    if profile_id not in {profile.id for profile in watched}:
        raise BadInputError(say_in(language)("cli.profile.not_active"), field=profile_id)
    source = SubmittedSource(seen, parts.requester, clock=parts.clock)
    handed_in = replace(
        parts,
        sources={**parts.sources, source.name: source},
        get_media=source.media_before(parts.get_media),
        more_matchers=(HandedIn(profile_id, note, language=language),),
    )
    for batch in pipeline.collect(handed_in, source.name):
        pipeline.go_through(handed_in, batch)
        for post in parts.spool.posts(batch):
            yield Taken(post_id=post.id, hit_id=hit_id(profile_id, post.id))


def not_taken_in(parts: Parts, since: datetime) -> dict[str, str]:
    """Give why something handed in since then gave no post, by its place (``item-1`` is the first)."""
    with parts.ledger.reading() as ledger:
        unread = quarantine.reasons_since(ledger, HANDED_IN, since)
        looks = [look for look in fetches.looks(ledger, since=since) if look.source == HANDED_IN]
    unreached = {look.part: f"{look.kind.value} {look.detail}" for look in looks if look.kind is not FetchKind.OK}
    return unread | unreached
