"""HTML as a reader sees it: its text, where it links, which pictures it shows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitors.records import Media

MOST_LINKS = 100
MOST_MEDIA = 30
DEEPEST = 400
"""Browsers cut at 512. lexbor takes 2.4 s for 20,000 nested elements and four times that for twice as many (2026-11)."""

_BREAK = "\u2029"
_BLOCKS = (
    "address article aside blockquote br caption dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol option p pre section summary table td th title tr ul"
)
_UNSEEN = ["script", "style", "template", "noscript", "iframe", "object"]
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS.replace(' ', '|')})\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
# Void elements, and those that the next of their kind closes: neither makes a tree deeper.
_FLAT = frozenset(
    "area base br col embed hr img input link meta source track wbr p li dt dd td th tr option thead tbody".split()  # noqa: SIM905 - a list of words reads better as words
)
_BLANK = re.compile(r"[ \t\r\n\f]+")
_KINDS = {
    "image": frozenset({"jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "bmp"}),
    "video": frozenset({"mp4", "webm", "mov", "m4v", "mkv"}),
    "audio": frozenset({"mp3", "ogg", "m4a", "wav", "opus"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a piece of HTML says. Addresses are absolute http(s), each once, in their order."""

    text: str
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()


def read_html(html: str, *, base: str) -> Reading:
    """Read a piece or a page of HTML. A line for each block; letters inside of a line are never torn apart."""
    if is_too_deep(html):
        return Reading(text=_lines(unescape(_TAG.sub("", _BLOCK_TAG.sub(_BREAK, html)))))
    tree = LexborHTMLParser(html)
    tree.strip_tags(_UNSEEN)
    root = tree.body or tree.root
    if root is None:
        return Reading(text="")
    links = unique(_absolute(node, "href", base) for node in root.css("a[href]"))
    media = unique_media(_shown(root, base))
    for node in root.css(_BLOCKS.replace(" ", ",")):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    return Reading(text=_lines(root.text(deep=True)), links=links[:MOST_LINKS], media=media[:MOST_MEDIA])


def read_plain(text: str) -> Reading:
    """Read text that is not HTML, in which ``<`` is a letter like any other."""
    return Reading(text=_lines(text.replace("\n", _BREAK)))


def read_page(html: str, *, base: str) -> Reading:
    """Read a whole page: its title and what it says of itself to others (Open Graph), then its body.

    Pages that are drawn by scripts have their words nowhere else.
    """
    body = read_html(html, base=base)
    if is_too_deep(html):
        return body
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    said = [title.text() if title else "", *(_said(tree, name) for name in ("og:title", "og:description"))]
    lines = dict.fromkeys(line for line in map(_lines, said) if line and line not in body.text)
    shown = [Media(url=url) for url in unique([absolute(base, _said(tree, "og:image") or "")])]
    return Reading(
        text="\n".join([*lines, body.text]).strip(), links=body.links, media=unique_media([*shown, *body.media])
    )


def _said(tree: LexborHTMLParser, name: str) -> str:
    node = tree.css_first(f'meta[property="{name}"], meta[name="{name}"]')
    return (node.attributes.get("content") or "") if node else ""


def is_too_deep(html: str) -> bool:
    """Whether HTML is nested so deeply that building its tree would take for ever."""
    return _depth(html) > DEEPEST


def kind_of(url: str, media_type: str = "") -> str | None:
    """Say whether an address is an image, a video or an audio file, by the type given or by its ending; None: no."""
    main = media_type.partition("/")[0].strip().lower()
    if main in _KINDS:
        return main
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return next((kind for kind, endings in _KINDS.items() if ending in endings), None)


def is_web(address: str) -> bool:
    """Whether it is written as an address of the web."""
    return address.lower().startswith(("http://", "https://"))


def absolute(base: str, address: str) -> str | None:
    """Give an address found in a page as an absolute http(s) one; None for any other."""
    if not address.strip():
        return None
    try:
        joined = urljoin(base, address.strip())
        return joined if urlsplit(joined).scheme in {"http", "https"} and urlsplit(joined).netloc else None
    except ValueError:
        return None


def unique(addresses: Iterable[str | None]) -> tuple[str, ...]:
    """Give each address once, in the order of its first mention."""
    return tuple(dict.fromkeys(address for address in addresses if address))


def unique_media(media: Iterable[Media]) -> tuple[Media, ...]:
    """Give the media of each address once, in the order of their first mention."""
    known: dict[str, Media] = {}
    for item in media:
        known.setdefault(item.url, item)
    return tuple(known.values())


def _shown(root: LexborNode, base: str) -> Iterator[Media]:
    for node in root.css("img, video, audio, source"):
        address = _absolute(node, "src", base)
        kind = "image" if node.tag == "img" else kind_of(address or "") or node.tag
        if address:
            yield Media(url=address, kind=kind if kind in _KINDS else "video")


def _absolute(node: LexborNode, attribute: str, base: str) -> str | None:
    address = node.attributes.get(attribute)
    return absolute(base, address) if address else None


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _FLAT:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def _lines(text: str) -> str:
    lines = (_BLANK.sub(" ", line).strip() for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)
