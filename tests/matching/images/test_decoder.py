import struct
import zlib
from io import BytesIO

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pillow_heif import from_pillow

from monitors.matching.images.decoder import PictureError, decode_frames, decode_picture
from tests.matching.images.pictures import a_jpeg, a_scene, encode

GREY = 128


def problem_of(content: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        decode_picture(content)
    return caught.value.problem


def png_declaring(width: int, height: int) -> bytes:
    """A PNG whose header promises a size and whose data are a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bmp_declaring(width: int, height: int) -> bytes:
    return struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def gif_of(frames: int) -> bytes:
    """A GIF of one-pixel frames, as small as they get."""
    head = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff"
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return head + frame * frames + b";"


def a_heic(image: Image.Image) -> bytes:
    """A picture as an iPhone writes it."""
    file = BytesIO()
    from_pillow(image).save(file)
    return file.getvalue()


def a_video(container: str, *, frames: int, every: int) -> bytes:
    """A video that grows lighter by 5 each frame, with a key frame every so many."""
    file = BytesIO()
    with av.open(file, "w", format=container) as video:
        stream = video.add_stream("mpeg4", rate=25, options={"g": str(every), "sc_threshold": "1000000000"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            shade = np.full((48, 64, 3), 5 * number, dtype=np.uint8)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        video.mux(stream.encode())
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_every_format_gives_the_same_picture(form: str) -> None:
    """Every format we read gives the pixels that were written, within what its compression loses."""
    scene = a_scene()

    picture = decode_picture(encode(scene, form))

    assert picture.format == form
    assert picture.declared == scene.size
    difference = np.abs(picture.pixels.astype(int) - np.asarray(scene).astype(int))
    assert picture.pixels.shape == (480, 640, 3)
    assert difference.mean() < 8


def test_heic_is_read() -> None:
    """What an iPhone writes is read with the extra ``images``."""
    picture = decode_picture(a_heic(a_scene()))

    assert picture.format == "HEIF"
    assert np.abs(picture.pixels.astype(int) - np.asarray(a_scene()).astype(int)).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_is_turned_and_dropped(orientation: int) -> None:
    """However a camera was held, the picture comes upright, and its EXIF stays behind."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    scene = a_scene()
    as_held = scene.transpose(turns[orientation]) if orientation in turns else scene
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = decode_picture(encode(as_held, "JPEG", quality=95, exif=exif))

    assert picture.declared == scene.size
    assert np.abs(picture.pixels.astype(int) - np.asarray(scene).astype(int)).mean() < 4


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), (255, 0, 0), id="CMYK red"),
        pytest.param(Image.new("L", (8, 8), 200), (200, 200, 200), id="grey"),
        pytest.param(Image.new("1", (8, 8), 1), (255, 255, 255), id="one bit"),
        pytest.param(Image.new("P", (8, 8), 0), (0, 0, 0), id="palette"),
        pytest.param(Image.new("RGBA", (8, 8), (0, 0, 255, 0)), (255, 255, 255), id="see-through on white"),
        pytest.param(Image.new("LA", (8, 8), (10, 255)), (10, 10, 10), id="grey with alpha"),
        pytest.param(Image.new("I;16", (8, 8), GREY << 8), (GREY, GREY, GREY), id="16-bit grey"),
        pytest.param(Image.new("I", (8, 8), GREY << 8), (GREY, GREY, GREY), id="32-bit grey"),
        pytest.param(Image.new("F", (8, 8), 1.0), (255, 255, 255), id="float"),
    ],
)
def test_every_kind_of_pixel_becomes_rgb(image: Image.Image, expected: tuple[int, int, int]) -> None:
    """Whatever a pixel was made of, what comes out is what a person would see."""
    picture = decode_picture(encode(image, "TIFF"))

    seen = picture.pixels[4, 4].astype(int)

    assert np.abs(seen - expected).max() <= 2


def test_first_frame_of_an_animation() -> None:
    """An animation gives its first frame and says how many there are."""
    frames = [a_scene(seed) for seed in (1, 2, 3)]

    picture = decode_picture(encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))

    assert picture.frames == 3
    assert np.array_equal(picture.pixels, np.asarray(frames[0]))


@pytest.mark.parametrize(("at_most", "seen"), [(1, [0]), (2, [0, 3]), (3, [0, 2, 4]), (20, [0, 1, 2, 3, 4, 5])])
def test_frames_are_spread_over_an_animation(at_most: int, seen: list[int]) -> None:
    """The frames that are looked at lie evenly over the whole animation, the first among them."""
    frames = [Image.new("RGB", (32, 32), (40 * number, 0, 0)) for number in range(6)]
    content = encode(frames[0], "PNG", save_all=True, append_images=frames[1:])

    pictures = decode_frames(content, at_most=at_most)

    assert [picture.pixels[0, 0, 0] // 40 for picture in pictures] == seen


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_key_frames_of_a_video(container: str) -> None:
    """A video gives key frames from its whole length."""
    pictures = decode_frames(a_video(container, frames=50, every=10), at_most=5)

    assert {picture.format for picture in pictures} == {"VIDEO"}
    shades = [int(picture.pixels[:, :, 0].mean()) for picture in pictures]
    assert shades == pytest.approx([0, 50, 100, 150, 200], abs=6)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_may_come_smaller(form: str) -> None:
    """With ``fit`` the longer side is at most that, and the declared size is still told."""
    big = encode(a_scene(size=(1500, 2000)), form)

    picture = decode_picture(big, fit=512)

    assert picture.pixels.shape == (512, 384, 3)
    assert picture.declared == (1500, 2000)
    assert decode_picture(big, fit=4000).pixels.shape == (2000, 1500, 3)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "empty", id="zero bytes"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://x/'/></svg>", "unknown_format", id="SVG"),
        pytest.param(b"%PDF-1.7\n" + a_jpeg(), "unknown_format", id="a PDF with a picture in it"),
        pytest.param(b"<html>" + a_jpeg(), "unknown_format", id="a page with a picture in it"),
        pytest.param(b"\x00\x00\x00\x18ftypmp42" + bytes(100), "damaged", id="the head of a video"),
        pytest.param(b"GIF89a=1/*" + bytes(50) + b"*/;alert(1)", "damaged", id="a script that begins like a GIF"),
        pytest.param(png_declaring(30_000, 30_000), "too_large", id="30,000 × 30,000"),
        pytest.param(png_declaring(2**31 - 1, 1), "too_large", id="one row of two thousand million"),
        pytest.param(bmp_declaring(26_754, 26_754), "too_large", id="2 GB declared"),
        pytest.param(bmp_declaring(0, 0), "damaged", id="nothing declared"),
        pytest.param(a_jpeg() + bytes(50 * 2**20), "too_large", id="50 MB and a bit"),
        pytest.param(gif_of(10_000), "too_many_frames", id="10,000 frames"),
        pytest.param(a_jpeg()[:4000], "truncated", id="half a JPEG"),
        pytest.param(encode(a_scene())[:4000], "truncated", id="half a PNG"),
        pytest.param(a_jpeg()[:3], "damaged", id="three bytes of a JPEG"),
    ],
)  # fmt: skip
def test_bad_input_has_a_name(content: bytes, problem: str) -> None:
    """Whatever comes in that is no picture gets a stable problem id."""
    assert problem_of(content) == problem


def test_the_error_says_where_and_nothing_else() -> None:
    """The message names the place the caller gave and the problem, nothing of the content."""
    with pytest.raises(PictureError) as caught:
        decode_picture(b"\xff\xd8\xff secret words", name="photos/1.jpg")

    assert str(caught.value) == "photos/1.jpg: damaged"


def test_a_polyglot_is_read_as_the_picture_it_begins_like() -> None:
    """An archive behind a JPEG changes nothing: only pixels leave the decoder."""
    plain = decode_picture(a_jpeg())

    polyglot = decode_picture(a_jpeg() + b"PK\x03\x04" + bytes(200) + b"<script>")

    assert np.array_equal(plain.pixels, polyglot.pixels)


def test_a_wrong_extension_is_not_believed() -> None:
    """A PNG called .jpg is a PNG."""
    assert decode_picture(encode(a_scene()), name="photo.jpg").format == "PNG"


SMALL = a_scene(size=(96, 64))
WHOLE = {
    **{form: encode(SMALL, form) for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")},
    "animated GIF": encode(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(90), SMALL.rotate(180)]),
    "animated WEBP": encode(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(90)]),
    "progressive JPEG": encode(SMALL, "JPEG", progressive=True),
    "CMYK JPEG": encode(SMALL.convert("CMYK"), "JPEG"),
    "compressed TIFF": encode(SMALL, "TIFF", compression="tiff_lzw"),
    "HEIC": a_heic(SMALL),
    "MP4": a_video("mp4", frames=6, every=2),
    "Matroska": a_video("matroska", frames=6, every=2),
}
ENDS = {"a picture", "empty", "too_large", "too_many_frames", "unknown_format", "truncated", "damaged"}


def end_of(content: bytes) -> str:
    """What decoding ends with: pictures, or the name of a problem."""
    try:
        pictures = decode_frames(content, at_most=3)
    except PictureError as error:
        return error.problem
    return "a picture" if all(picture.pixels.ndim == 3 for picture in pictures) else "something else"


@pytest.mark.parametrize("kind", WHOLE)
def test_spoilt_files_end_in_a_problem_or_a_picture(kind: str) -> None:
    """Whatever bytes are changed or cut, decoding ends with a picture or a problem that has a name, and in time."""
    random = np.random.default_rng(7)
    whole = np.frombuffer(WHOLE[kind], dtype=np.uint8)
    ends = set()

    for _ in range(120):
        spoilt = whole[: random.integers(1, len(whole) + 1)].copy()
        places = random.integers(0, min(len(spoilt), random.choice([40, len(spoilt)])), random.integers(1, 9))
        spoilt[places] = random.integers(0, 256, len(places))
        ends.add(end_of(spoilt.tobytes()))

    assert ends <= ENDS
    assert len(ends) > 1


@given(st.binary(max_size=200), st.sampled_from(sorted(WHOLE)), st.integers(min_value=0, max_value=64))
@settings(max_examples=60)
def test_any_bytes_end_in_a_problem_or_a_picture(noise: bytes, kind: str, kept: int) -> None:
    """Noise behind the head of any format is no crash."""
    assert end_of(WHOLE[kind][:kept] + noise) in ENDS
