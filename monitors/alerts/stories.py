"""Which hits are one story: posts that pass on the same picture need no link each."""

from collections.abc import Sequence

from monitors.matching.images.stories import group_copies
from monitors.records import Hit


def stories_of(hits: Sequence[Hit]) -> list[int]:
    """Give each hit the number of the first hit that shows one of its pictures, itself if there is none."""
    shown = [
        (number, media.fingerprints)
        for number, hit in enumerate(hits)
        for media in hit.post.media
        if media.fingerprints
    ]
    stories = list(range(len(hits)))
    for (number, _), first in zip(shown, group_copies([picture for _, picture in shown]), strict=True):
        earlier, later = sorted((stories[number], stories[shown[first][0]]))
        stories = [earlier if story == later else story for story in stories]
    return stories
