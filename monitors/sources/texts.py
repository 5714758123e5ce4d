"""Bytes of unknown kind: what they are, and which letters they mean."""

import re

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in turn where nothing was declared. GB18030 reads nearly anything, so it comes last."""
START = 2_048

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF", "application/pdf"),
)
_BOXES = {b"heic": "image/heic", b"mif1": "image/heic", b"avif": "image/avif"}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Of all of Python's codecs, those that pages are written in.
_ENCODING = re.compile(
    r"utf-?8|utf-?16(le|be)?|gb18030|big5(-hkscs)?|shift_jis|euc-(jp|kr|tw)|iso-8859-\d+|windows-\d+|koi8-[ru]"
)
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def sniff(content: bytes) -> str:
    """Give the media type that bytes look like; ``application/octet-stream`` for what is none we know."""
    known = next((kind for start, kind in _KINDS if content.startswith(start)), None)
    if known:
        return known
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _BOXES.get(content[8:12], "video/mp4")
    if b"\0" in content[:START]:
        return "application/octet-stream"
    return "text/html" if _PAGE.search(content[:START]) else "text/plain"


def decode(content: bytes, media_type: str) -> str | None:
    """Give the text of bytes, by the encoding the header or the page declares, else by trying; None for no text."""
    main = media_type.partition(";")[0].strip().lower()
    if not main.startswith("text/") and main != "application/xhtml+xml":
        return None
    for encoding in (*_declared(content, media_type), *ENCODINGS):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("utf-8", "replace")


def _declared(content: bytes, media_type: str) -> list[str]:
    places = (media_type, content[:START].decode("latin-1"))
    names = [found.group(1).lower() for place in places if (found := _CHARSET.search(place))]
    # Browsers read gb2312 and gbk as the larger set they are part of, and so do the pages that declare them.
    names = ["gb18030" if name in {"gb2312", "gbk", "x-gbk"} else name for name in names]
    return [name for name in names if _ENCODING.fullmatch(name)]
