"""Pictures on the whole way: found when a photo is added later, proved in part beside her name, silenced by her word."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from monitors import pipeline
from monitors.ledger import hits, profiles, verdicts
from monitors.ledger.verdicts import Answer, Verdict
from monitors.matching.images.fingerprint import read_reference
from monitors.matching.images.workshop.transforms import crop, inset, jpeg
from monitors.parts import Parts
from monitors.records import Hit, Media, Method, PhotoSignal, Post, WatchProfile
from tests.builders import a_post
from tests.matching.images.pictures import a_scene, encode
from tests.worlds import LIN, world

HERS = a_scene(3)
SERVED = {
    "https://p.example/copy.jpg": encode(jpeg(HERS, 40), "JPEG"),
    "https://p.example/part.jpg": encode(inset(crop(HERS, 0.3), a_scene(40)), "JPEG", quality=85),
    "https://p.example/other.jpg": encode(a_scene(50), "JPEG"),
}


def a_post_showing(name: str, text: str = "看图") -> Post:
    media = Media(url=f"https://p.example/{name}.jpg")
    return a_post(id=f"told:{name}", url=f"https://social.example/{name}", text=text, media=(media,))


@contextmanager
def a_world(home: Path, *posts: Post) -> Iterator[Parts]:
    """A house whose source posts these, and whose pictures are served from memory."""
    with world(home, posts) as parts:
        yield replace(parts, get_media=lambda media: SERVED[media.url])


def run(parts: Parts) -> None:
    list(pipeline.watch(parts, "told"))


def found(parts: Parts) -> dict[str, Hit]:
    with parts.ledger.reading() as ledger:
        return {hit.post.id: hit for hit in hits.iter_all(ledger, parts.vault)}


def add_photo(parts: Parts) -> None:
    photo = PhotoSignal(id="photo-1", label="", fingerprints=read_reference(encode(HERS)))
    with parts.ledger.writing() as ledger:
        profile = profiles.get(ledger, parts.vault, LIN)
        assert profile is not None
        profiles.put(ledger, parts.vault, replace(profile, photos=(photo,)), parts.clock.now())


def test_a_new_photo_is_compared_with_what_was_crawled(tmp_path: Path) -> None:
    """A picture posted before she added the photo is found within minutes, once; what is not hers is not."""
    with a_world(tmp_path, a_post_showing("copy"), a_post_showing("other")) as parts:
        run(parts)
        before = found(parts)
        add_photo(parts)
        started = time.monotonic()

        list(pipeline.look_back(parts))
        again = list(pipeline.look_back(parts))

        assert before == {}
        assert [(name, hit.strongest.method) for name, hit in found(parts).items()] == [("told:copy", Method.PDQ)]
        assert again == []
        assert time.monotonic() - started < 600


def test_a_part_of_her_photo_beside_her_name_is_proved(tmp_path: Path) -> None:
    """Details kept apart from the profile are opened for a post that names her."""
    with a_world(tmp_path, a_post_showing("part", "青河学院的林晓月，看图")) as parts:
        add_photo(parts)
        run(parts)

        [hit] = found(parts).values()
        assert Method.LOCAL in {match.method for match in hit.matches}


def test_a_picture_she_said_is_not_of_her_is_not_told_again(tmp_path: Path) -> None:
    """Her word on one post holds for every copy of that picture."""
    with a_world(tmp_path, a_post_showing("copy")) as parts:
        add_photo(parts)
        run(parts)
        [hit] = found(parts).values()
        said = Verdict(hit_id=hit.id, about_her=Answer.NO, harmful=None, by="herself", at=parts.clock.now())
        with parts.ledger.writing() as ledger:
            verdicts.add(ledger, said)
        again = replace(a_post_showing("copy"), id="told:again")

        matches = [
            matcher.match([hit.post, replace(again, media=hit.post.media)]) for matcher in parts.matchers(_her(parts))
        ]

        assert all(of_post == [] for of_matcher in matches for of_post in of_matcher)


def _her(parts: Parts) -> tuple[WatchProfile, ...]:
    with parts.ledger.reading() as ledger:
        return tuple(one for one in [profiles.get(ledger, parts.vault, LIN)] if one)
