"""Pages of ``t.me/s/<channel>`` read as posts: pure.

Everything is optional but a message's own id: Telegram shows what a message has, and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import read_date
from monitors.sources.html import absolute, is_too_deep, read_html, unique, unique_media
from monitors.sources.timelines import Entry, Page, changed

NAME = "telegram"
SITE = "https://t.me"

_MESSAGE = re.compile(rb"<div[^<>]*\bclass=\"[^\"]*\btgme_widget_message_wrap[\s\"]")
_BARE_MESSAGE = re.compile(rb"<div[^<>]*\bdata-post=\"")
"""The page that shows a single message (``t.me/<channel>/<id>?embed=1``) has no wrap around it."""
_END = re.compile(rb"</section>|<div[^<>]*\bclass=\"[^\"]*\btgme_widget_message_(?:centered|loader)\b")
_HISTORY = b"tgme_channel_history"
_PICTURE = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]+)")
_ID = re.compile(r"([A-Za-z0-9_]+)/(\d+)")
_PICTURES = (
    "a.tgme_widget_message_photo_wrap, i.tgme_widget_message_video_thumb, i.tgme_widget_message_roundvideo_thumb, "
    "i.link_preview_image, i.link_preview_right_image, i.link_preview_video_thumb, i.tgme_widget_message_sticker"
)
_TEXTS = (
    "div.tgme_widget_message_text.js-message_text, div.tgme_widget_message_poll_question, "
    "div.tgme_widget_message_poll_option_text, div.tgme_widget_message_document_title, "
    "div.tgme_widget_message_location_title, div.tgme_widget_message_contact_name, "
    "div.link_preview_site_name, div.link_preview_title, div.link_preview_description"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    fetched_at: datetime
    place: str


def read_channel(content: bytes, *, fetched_at: datetime, place: str) -> Page:
    """Read a page, given oldest first as t.me does. ``place`` names the channel for the quarantine.

    A page without messages is empty where it has their frame, and a changed schema where it has not.
    """
    where = _Where(fetched_at=fetched_at, place=place)
    read = [_read_message(part, where) for part in cut_messages(content)]
    entries = tuple(item for item in reversed(read) if isinstance(item, Entry))
    rejected = tuple(item for item in read if isinstance(item, Rejected))
    if not entries and _HISTORY in content and not rejected:
        return Page(outcome=FetchOutcome(kind=FetchKind.EMPTY))
    if not entries:
        detail = "unreadable_messages" if rejected else "no_messages"
        return changed(content, place=place, detail=detail, rejected=rejected)
    oldest = min(entry.key for entry in entries)
    # By the ids and not by the link to older messages: t.me leaves that out now and then (bellingcat/snscrape#8).
    onward = str(oldest) if oldest > 1 else ""
    return Page(outcome=FetchOutcome(kind=FetchKind.OK), entries=entries, onward=onward, rejected=rejected)


def cut_messages(content: bytes) -> list[bytes]:
    """Give each message's own bytes as they arrived, in their order."""
    starts = [found.start() for found in _MESSAGE.finditer(content)]
    starts = starts or [found.start() for found in _BARE_MESSAGE.finditer(content)]
    if not starts:
        return []
    last = _END.search(content, starts[-1])
    ends = [*starts[1:], last.start() if last else len(content)]
    return [content[start:end].rstrip() for start, end in zip(starts, ends, strict=True)]


def _read_message(content: bytes, where: _Where) -> Entry | Rejected:
    html = content.decode("utf-8", "replace")
    if is_too_deep(html):
        return Rejected(content=content, place=where.place, reason="nested too deeply")
    node = LexborHTMLParser(html).css_first("[data-post]")
    found = _ID.fullmatch((node.attributes.get("data-post") or "") if node else "")
    if node is None or found is None:
        return Rejected(content=content, place=where.place, reason="no id")
    channel, number = found[1].lower(), int(found[2])
    last = max([number, *_album(node, channel)])
    if "service_message" in (node.attributes.get("class") or ""):
        return Entry(key=number, item=None, last=last)
    raw = Raw.of(content, url=f"{SITE}/s/{channel}#post={number}", media_type="text/html", fetched_at=where.fetched_at)
    return Entry(key=number, item=_post(node, channel, number, raw), raw=raw, last=last)


def _post(node: LexborNode, channel: str, number: int, raw: Raw) -> Post:
    texts = [text for text in dict.fromkeys(map(_text, node.css(_TEXTS))) if text]
    owner, author = _first(node, ".tgme_widget_message_owner_name"), _first(node, ".tgme_widget_message_from_author")
    written = node.css_first("a.tgme_widget_message_date time[datetime]")
    return Post(
        id=f"{NAME}:{channel}/{number}",
        url=f"{SITE}/{channel}/{number}",
        text="\n".join(text for text in texts if not any(text != other and text in other for other in texts)),
        author=channel,
        author_name=" · ".join(name for name in (owner, author) if name),
        media=unique_media(_media(node)),
        links=unique(_links(node, channel)),
        published_at=read_date((written.attributes.get("datetime") or "") if written else "", now=raw.fetched_at),
        fetched_at=raw.fetched_at,
        raw_sha256=raw.sha256,
    )


def _text(node: LexborNode) -> str:
    return read_html(node.html or "", base=SITE).text


def _first(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    return " ".join(found.text(deep=True).split()) if found else ""


def _album(node: LexborNode, channel: str) -> Iterator[int]:
    # Each picture of an album has a number of its own, under which there is no message.
    for link in node.css("a.grouped_media_wrap[href]"):
        found = _ID.search((link.attributes.get("href") or "").partition("?")[0].removeprefix(SITE))
        if found and found[1].lower() == channel:
            yield int(found[2])


def _media(node: LexborNode) -> Iterator[Media]:
    for shown in node.css(_PICTURES):
        found = _PICTURE.search(shown.attributes.get("style") or "")
        address = absolute(SITE, found[1]) if found else None
        if address:
            yield Media(url=address)
    for tag, kind in (("video", "video"), ("audio", "audio")):
        for played in node.css(f"{tag}[src]"):
            address = absolute(SITE, played.attributes.get("src") or "")
            if address:
                yield Media(url=address, kind=kind)


def _links(node: LexborNode, channel: str) -> Iterator[str | None]:
    # Where it was forwarded from and what it answers come first: they are other posts of the same story.
    for selector in (
        "a.tgme_widget_message_forwarded_from_name[href]",
        "a.tgme_widget_message_reply[href]",
        "div.tgme_widget_message_text.js-message_text a[href]",
        "a.tgme_widget_message_link_preview[href]",
        "a.tgme_widget_message_inline_button[href]",
    ):
        for link in node.css(selector):
            address = absolute(f"{SITE}/s/{channel}", link.attributes.get("href") or "")
            if address and not address.startswith(f"{SITE}/s/{channel}?q="):
                yield address
