from PIL import ImageFilter

from monitors.matching.images.fingerprint import fingerprint
from monitors.matching.images.stories import group_copies
from monitors.matching.images.workshop.transforms import crop, letterbox
from tests.matching.images.pictures import a_scene, encode


def test_one_picture_passed_on_is_one_story() -> None:
    """Re-encoded, shrunk and blurred copies are one group, other pictures groups of their own."""
    scene = a_scene(1)
    pictures = [
        encode(a_scene(2)),
        encode(scene),
        encode(scene.resize((300, 225)), "JPEG", quality=40),
        encode(a_scene(3)),
        encode(scene.filter(ImageFilter.GaussianBlur(2)), "WEBP"),
    ]

    groups = group_copies([fingerprint(content) for content in pictures])

    assert groups == [0, 1, 1, 3, 1]


def test_crops_and_frames_are_other_stories() -> None:
    """What shows less or more of a photo is looked at on its own."""
    pictures = [a_scene(1), crop(a_scene(1), 0.2), letterbox(a_scene(1))]

    assert group_copies([fingerprint(encode(picture)) for picture in pictures]) == [0, 1, 2]


def test_no_pictures_are_no_stories() -> None:
    """Nothing in, nothing out; a picture without hashes is a group of its own."""
    assert group_copies([]) == []
    assert group_copies([(), ()]) == [0, 1]
