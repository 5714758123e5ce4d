"""Videos of posts: their key frames are compared, in memory; what is sealed goes through the same gate."""

from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from monitors.evidence.gate import MEDIA, Capture, reason_to_withhold
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.matching.images.matcher import PhotoMatcher
from monitors.pictures import hasher
from monitors.records import Media, PhotoSignal, Raw, Scope, WatchProfile
from monitors.sources.media import MediaFetcher
from monitors.sources.requester import Requester
from tests.builders import NOON, a_consent, a_hit, a_post, a_profile
from tests.matching.images.pictures import a_scene, encode
from tests.servers.requester import a_requester
from tests.servers.web import Web


@pytest.fixture
def requester(web: Web) -> Requester:
    """A requester that may ask that server alone."""
    return a_requester(web)


def a_film(*scenes: Image.Image) -> bytes:
    """A video that shows each scene for a second."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as video:
        stream = video.add_stream("mpeg4", rate=5, options={"g": "5", "sc_threshold": "1000000000"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.bit_rate = 8_000_000
        for scene in scenes:
            frame = np.asarray(scene.convert("RGB").resize((640, 480)))
            for _ in range(5):
                video.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        video.mux(stream.encode())
    return file.getvalue()


def with_photo(scene: Image.Image) -> WatchProfile:
    """Somebody whose photo this is."""
    photo = PhotoSignal(id="1", label="", fingerprints=fingerprint_reference(encode(scene)))
    return a_profile(photos=(photo,), consents=(a_consent(), a_consent(scope=Scope.IMAGE_HASHES)))


def test_a_photo_in_a_video(web: Web, requester: Requester) -> None:
    """A photo that is shown in the middle of a video is found; the video's bytes stay in memory."""
    film = a_film(a_scene(5), a_scene(1), a_scene(6))
    web.answer("/v.mp4", film, headers={"Content-Type": "video/mp4"})
    post = a_post(media=(Media(url=web.url("/v.mp4"), kind="video"),))

    read = hasher(MediaFetcher(requester).get)(post)

    (media,) = read.media
    assert media.problem is None
    [[match]] = PhotoMatcher([with_photo(a_scene(1))], now=NOON).match([read])
    assert match.score > 0.5
    assert PhotoMatcher([with_photo(a_scene(9))], now=NOON).match([read]) == [[]]


def test_the_guard_is_asked_for_videos_too(web: Web) -> None:
    """A video on a private address is not fetched."""
    post = a_post(media=(Media(url="http://10.0.0.7/v.mp4", kind="video"),))

    (media,) = hasher(MediaFetcher(a_requester(web)).get)(post).media

    assert media.problem == "refused_private_address"
    assert web.seen == []


def test_what_is_not_shown_first_is_not_ruled_out() -> None:
    """One harmless frame does not make a video harmless: of somebody who was a minor it is not kept."""
    post = a_post(media=(Media(url="https://p.example/v.mp4", kind="video"),))
    film = a_film(a_scene(5), a_scene(1))

    (media,) = hasher(lambda _media: film)(post).media

    assert media.imagery is None
    raw = Raw.of(film, url=media.url, media_type="video/mp4", fetched_at=NOON)
    assert reason_to_withhold(a_hit(), Capture(raw=raw, kind=MEDIA), was_minor=True) == "minor"
    assert reason_to_withhold(a_hit(), Capture(raw=raw, kind=MEDIA), was_minor=False) == ""


def test_a_stream_s_pictures_are_left_alone() -> None:
    """A picture of everybody's posts is not fetched before its post named somebody."""
    asked: list[Media] = []

    def get(media: Media) -> bytes:
        asked.append(media)
        return encode(a_scene())

    left = Media(url="https://cdn.example/1", problem="of_a_stream")

    assert hasher(get)(a_post(media=(left,))).media == (left,)
    assert asked == []


def test_a_link_s_preview_is_a_picture() -> None:
    """What a server shows of a link is looked at like a picture of the post."""
    from monitors.sources.statuses import Origin, read_page
    from tests.sources.test_again import status

    origin = Origin(source="mastodon", host="s.example", url="https://s.example/api", fetched_at=NOON)
    card = {"url": "https://news.example/a", "image": "https://s.example/cache/preview.png"}

    (post,) = read_page(b"[" + status("看", card=card) + b"]", origin).posts

    assert [media.url for media in post.media] == ["https://s.example/cache/preview.png"]
    assert post.links == ("https://news.example/a",)
