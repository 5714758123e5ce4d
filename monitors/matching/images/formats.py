"""Telling a picture's format from its first bytes: a name or a Content-Type is never believed."""

from typing import Final

_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_MATROSKA: Final = b"\x1a\x45\xdf\xa3"
_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIF_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


VIDEO: Final = "VIDEO"


def sniff_format(content: bytes) -> str | None:
    """Give Pillow's name of the format these bytes begin like, or ``VIDEO``; None for everything we do not decode.

    A polyglot (a GIF that is also a script, a JPEG with an archive behind it) is only ever read as the picture it
    begins like; nothing but its pixels leaves the decoder.
    """
    for magic, name in _MAGIC:
        if content.startswith(magic):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        return _sniff_iso_media(content)
    return VIDEO if content.startswith(_MATROSKA) else None


def sniff_video(content: bytes) -> str:
    """Give FFmpeg's name of a video's container."""
    return "matroska" if content.startswith(_MATROSKA) else "mp4"


def _sniff_iso_media(content: bytes) -> str:
    box_length = int.from_bytes(content[:4], "big")
    body = content[8 : min(box_length, 64)]
    brands = {body[:4], *(body[at : at + 4] for at in range(8, len(body), 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else VIDEO


def count_gif_frames(content: bytes, *, at_most: int) -> int:
    """Count a GIF's frames by hopping over its blocks, and stop at ``at_most``.

    Pillow's own count reads every frame's header into Python objects: seconds for a file made for that.
    """
    frames = 0
    at = 13 + _colours(content, 10)
    while at < len(content) and frames < at_most:
        block = content[at]
        if block == 0x2C:
            frames += 1
            at = _skip_blocks(content, at + 11 + _colours(content, at + 9))
        elif block == 0x21:
            at = _skip_blocks(content, at + 2)
        else:
            break
    return frames


def _colours(content: bytes, flags_at: int) -> int:
    """Bytes of the colour table that the flags announce."""
    flags = content[flags_at] if flags_at < len(content) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += content[at] + 1
    return at + 1
