"""What people said of hits teaches the matchers and the thresholds of that profile, and of no other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from monitors.ledger import hits, verdicts
from monitors.ledger.cipher import Cipher
from monitors.ledger.verdicts import Answer
from monitors.matching.names.namesakes import MOST_LESSONS, Lesson, Memory, learn
from monitors.records import Fingerprint, Hit, WatchProfile
from monitors.scoring import tuning as thresholds
from monitors.scoring.tuning import MOST_VERDICTS, Shifts

Pictures = tuple[tuple[Fingerprint, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What verdicts up to number ``latest`` teach of a profile: its judged posts, and pictures that are not of her."""

    latest: int = 0
    lessons: tuple[Lesson, ...] = ()
    not_hers: Pictures = ()


NOTHING = Taught()


def read_taught(
    connection: Connection, cipher: Cipher, profile_ids: Sequence[str], *, known: Mapping[str, Taught]
) -> dict[str, Taught]:
    """Give what is taught of each of these profiles; hits are opened only where ``known`` is out of date.

    The last word on a hit counts, so that a verdict is taken back by another. Who was taught nothing is left out.
    """
    latest = verdicts.latest_about_her(connection)
    taught = {}
    for profile_id in profile_ids:
        number = latest.get(profile_id, 0)
        before = known.get(profile_id, NOTHING)
        if number:
            taught[profile_id] = before if before.latest == number else _read(connection, cipher, profile_id, number)
    return taught


def memories_of(profiles: Sequence[WatchProfile], taught: Mapping[str, Taught]) -> dict[str, Memory]:
    """Give the memory of namesakes of each profile that has any: from verdicts, and from the others it names."""
    return {
        profile.id: learn(
            taught.get(profile.id, NOTHING).lessons,
            others=profile.others,
            hers=(*profile.names, *profile.aliases, *profile.handles, *profile.context),
        )
        for profile in profiles
        if profile.others or profile.id in taught
    }


def read_shifts(connection: Connection, cipher: Cipher, profile_ids: Iterable[str]) -> dict[str, Shifts]:
    """Give how far verdicts on harm move the thresholds of each of these profiles; who said nothing is left out."""
    moved = {}
    for profile_id in profile_ids:
        said = verdicts.harmful(connection, profile_id, most=MOST_VERDICTS)
        judged = {hit.id: hit for hit in hits.of_ids(connection, cipher, list(said))}
        clear = [(judged[one], answer is Answer.YES) for one, answer in said.items() if answer is not Answer.UNSURE]
        if shifts := thresholds.learn(clear):
            moved[profile_id] = shifts
    return moved


def _read(connection: Connection, cipher: Cipher, profile_id: str, latest: int) -> Taught:
    said = verdicts.about_her(connection, profile_id, most=MOST_LESSONS)
    judged = {hit.id: hit for hit in hits.of_ids(connection, cipher, list(said))}
    clear = [(judged[hit_id], answer) for hit_id, answer in said.items() if answer is not Answer.UNSURE]
    return Taught(
        latest=latest,
        lessons=tuple(Lesson(text=hit.post.text, is_about_her=answer is Answer.YES) for hit, answer in clear),
        not_hers=tuple(picture for hit, answer in clear if answer is Answer.NO for picture in _matched_pictures(hit)),
    )


def _matched_pictures(hit: Hit) -> Pictures:
    """Give what is stored of the pictures that were taken for hers."""
    seen = {match.candidate for match in hit.matches if match.span is None}
    return tuple(media.fingerprints for media in hit.post.media if {media.sha256, media.url} & seen)
