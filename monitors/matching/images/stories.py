"""Which pictures are near-identical: one picture passed on a hundred times is one story."""

from collections.abc import Sequence

from monitors.matching.images.bank import Bank
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.records import Fingerprint


def group_copies(pictures: Sequence[Sequence[Fingerprint]]) -> list[int]:
    """Give each picture the number of the first picture that it is a copy of, itself if there is none.

    Copies of copies are of one group. Pictures are given by what is stored of them; plain ones are left alone.
    """
    bank, groups = Bank(pictures), list(range(len(pictures)))
    for number, picture in enumerate(pictures):
        for found in bank.find(picture):
            if found.photo < number and found.score >= ALERT_SCORE and found.change.is_whole:
                old, new = max(groups[number], groups[found.photo]), min(groups[number], groups[found.photo])
                groups = [new if group == old else group for group in groups]
    return groups
