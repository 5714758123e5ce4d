import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.errors import BadInputError
from monitors.matching.images.exchange import read_signals, write_stopncii, write_threatexchange
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.matching.images.matcher import PhotoMatcher
from monitors.records import Fingerprint, Media, PhotoSignal
from tests.builders import NOON, a_post, a_profile
from tests.matching.images.pictures import a_jpeg

A, B = "ab" * 32, "cd" * 32


def a_photo(bits: str, quality: int | None = 100) -> PhotoSignal:
    known = Fingerprint(algorithm="pdq", version="pdq-2017/512", bits=bits, quality=quality)
    return PhotoSignal(id="1", label="在青河学院", fingerprints=(known,))


def read(text: str) -> tuple[list[str], list[str]]:
    errors: list[BadInputError] = []
    photos = read_signals(text, name="list.txt", on_error=errors.append)
    return [photo.fingerprints[0].bits for photo in photos], [str(error) for error in errors]


@given(st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), unique=True, max_size=5))
def test_what_is_written_is_read(hashes: list[str]) -> None:
    """Both formats give back the hashes that were written."""
    photos = [a_photo(bits) for bits in hashes]

    assert read(write_threatexchange(photos)) == (hashes, [])
    assert read(write_stopncii(photos, now=NOON)) == (hashes, [])


def test_hashes_only() -> None:
    """Neither a label, nor forms, crops or pHashes leave: one PDQ a photo, in the words of the format."""
    photo = PhotoSignal(id="1", label="在青河学院", fingerprints=fingerprint_reference(a_jpeg()))

    lines = write_threatexchange([photo]).splitlines()
    records = json.loads(write_stopncii([photo], now=NOON))

    assert lines == [f"pdq {photo.fingerprints[0].bits}"]
    assert records["count"] == 1
    assert records["hashRecords"] == [
        {
            "lastModtimestamp": int(NOON.timestamp()),
            "signalType": "ImagePDQ",
            "hashValue": photo.fingerprints[0].bits,
            "hashStatus": "Active",
            "caseNumbers": {},
            "CSPFeedbacks": [],
        }
    ]


@pytest.mark.parametrize("quality", [None, 0, 49])
def test_plain_photos_are_not_shared(quality: int | None) -> None:
    """A hash that says little would match other people's pictures; it stays here."""
    assert write_threatexchange([a_photo(A, quality)]) == ""


@pytest.mark.parametrize(
    ("text", "hashes", "errors"),
    [
        pytest.param(f"pdq {A}\nvideo_md5 {'0' * 32}\n\npdq {B}", [A, B], [], id="several kinds"),
        pytest.param(f"{A.upper()},100,b.jpg\n{B},87,a b.jpg", [A, B], [], id="with quality and name"),
        pytest.param(f"{A}\n{A}\n", [A], [], id="twice"),
        pytest.param(f"pdq {A[:60]}\npdq {B}", [B], ["list.txt:1"], id="too short"),
        pytest.param('{"hashRecords": 3}', [], ["list.txt: hashRecords[0]"], id="no list"),
        pytest.param('{\n"count": ', [], ["list.txt:2"], id="half a file"),
        pytest.param('{"count": 0}', [], ["list.txt"], id="another JSON"),
    ],
)
def test_lists_from_elsewhere(text: str, hashes: list[str], errors: list[str]) -> None:
    """Lists of other programs are read; what cannot be read is told by file and line, and the rest goes on."""
    found, told = read(text)

    assert found == hashes
    assert len(told) == len(errors)
    assert all(one.startswith(place) for one, place in zip(told, errors, strict=True))


def test_what_was_taken_back_is_not_watched_for() -> None:
    """StopNCII's withdrawn and deleted records, and other kinds of signal, are passed over; broken ones are told."""
    records = [
        {"signalType": "ImagePDQ", "hashValue": A, "hashStatus": "Active"},
        {"signalType": "ImagePDQ", "hashValue": B, "hashStatus": "Withdrawn"},
        {"signalType": "VideoMD5", "hashValue": "0" * 32, "hashStatus": "Active"},
        {"signalType": "ImagePDQ", "hashValue": None, "hashStatus": "Active"},
        "nonsense",
    ]

    found, told = read(json.dumps({"hashRecords": records}))

    assert found == [A]
    assert [one.split(": ")[1] for one in told] == ["hashRecords[3]", "hashRecords[4]"]


def test_a_list_can_be_watched_for() -> None:
    """A hash from a list is matched like that of a photo of one's own."""
    errors: list[BadInputError] = []
    photos = read_signals(f"pdq {A}", name="list.txt", on_error=errors.append)
    posted = a_post(media=(Media(url="https://cdn.example/1.jpg", fingerprints=a_photo(A).fingerprints),))

    [[match]] = PhotoMatcher([a_profile(photos=photos)], now=NOON).match([posted])

    assert (match.query, match.score) == (photos[0].id, 1.0)
