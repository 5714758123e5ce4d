"""What m.weibo.cn answers, read as posts: pure.

Its ``ok`` decides before anything else: a login wall answers 200 with well-formed JSON, and who does not look at ``ok``
sees an empty page for ever.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import CHINA, read_date
from monitors.sources.detours import straight
from monitors.sources.html import absolute, read_html, unique, unique_media
from monitors.sources.json_parts import cut_array, listed, mapping, plain, read_json
from monitors.sources.timelines import Entry, Page, changed

NAME = "weibo"
SITE = "https://m.weibo.cn"
PLACE = f"{NAME}:card"

_POST, _GROUP = 9, 11
_KINDS = {0: FetchKind.EMPTY, 1: FetchKind.OK, -100: FetchKind.LOGIN_NEEDED}
_INSIDE = (f"{SITE}/search", f"{SITE}/n/", f"{SITE}/p/", "https://s.weibo.com/weibo")

Mblog = Mapping[str, Any]


def said_by(content: bytes, media_type: str) -> FetchOutcome:
    """Give what an answer of the platform says of itself: by its ``ok``, and by not being JSON at all."""
    try:
        answer = mapping(read_json(content))
    except ValueError:
        is_page = "html" in media_type or content.lstrip()[:1] == b"<"
        return FetchOutcome(kind=FetchKind.CAPTCHA if is_page else FetchKind.BROKEN, detail="not_json")
    ok = answer.get("ok")
    if not isinstance(ok, int):
        return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="no_ok")
    kind = _KINDS.get(ok, FetchKind.BROKEN)
    return FetchOutcome(kind=kind, detail="" if kind is FetchKind.OK else f"ok_{ok}")


def read_cards(content: bytes, *, fetched_at: datetime) -> Page:
    """Read a list that ``said_by`` found in order; ``onward`` is empty and is the asker's business."""
    try:
        mblogs = list(_mblogs(content))
    except (ValueError, TypeError):
        return changed(content, place=PLACE, detail="no_cards")
    read = [read_mblog(mblog, part, fetched_at=fetched_at) for mblog, part in mblogs]
    entries = tuple(item for item in read if isinstance(item, Entry))
    rejected = tuple(item for item in read if isinstance(item, Rejected))
    if rejected and not entries:
        return changed(content, place=PLACE, detail="unreadable_posts", rejected=rejected)
    outcome = FetchOutcome(kind=FetchKind.OK if entries else FetchKind.EMPTY)
    # Search mixes in what it thinks is good: a page is at its end when all of it is known, not when its last post is.
    return Page(outcome=outcome, entries=entries, rejected=rejected, is_ordered=False)


def read_mblog(mblog: Any, content: bytes, *, fetched_at: datetime) -> Entry | Rejected:
    """Read one post with the bytes it came in."""
    number = plain(mapping(mblog).get("id")) or plain(mapping(mblog).get("mid"))
    if not number.isdecimal():
        return Rejected(content=content, place=PLACE, reason="no id")
    raw = Raw.of(content, url=f"{SITE}/status/{number}#json", media_type="application/json", fetched_at=fetched_at)
    try:
        return Entry(key=int(number), item=_post(mblog, number, raw), raw=raw)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Entry(
            key=int(number), item=Rejected(content=content, place=PLACE, reason=f"unreadable: {type(error).__name__}")
        )


def is_cut_short(content: bytes) -> bool:
    """Whether a post's bytes hold only the beginning of its text."""
    mblog = mapping(read_json(content))
    mblog = mapping(mblog.get("mblog", mblog))
    return bool(mblog.get("isLongText")) and not mapping(mblog.get("longText")).get("longTextContent")


def _mblogs(content: bytes) -> Iterator[tuple[Any, bytes]]:
    for card, part in cut_array(content, "data", "cards"):
        kind = mapping(card).get("card_type")
        if kind == _POST:
            yield card.get("mblog"), part
        elif kind == _GROUP:
            for inner, inner_part in cut_array(part, "card_group"):
                if mapping(inner).get("card_type") == _POST:
                    yield inner.get("mblog"), inner_part


def _post(mblog: Mblog, number: str, raw: Raw) -> Post:
    user, original = mapping(mblog.get("user")), mapping(mblog.get("retweeted_status"))
    body = read_html(_written(mblog), base=SITE)
    shared = read_html(_written(original), base=SITE) if original else None
    passed_on = f"//@{plain(mapping(original.get('user')).get('screen_name'))}：{shared.text}" if shared else ""
    links = [*body.links, *(shared.links if shared else ()), _address(original) if original else None]
    return Post(
        id=f"{NAME}:{number}",
        url=_address(mblog),
        text="\n".join(part for part in (body.text, _titled(mblog), passed_on) if part),
        author=plain(user.get("id")),
        author_name=plain(user.get("screen_name")),
        media=unique_media([*_media(mblog), *_media(original)]),
        links=unique(straight(link) for link in links if link and not link.startswith(_INSIDE)),
        published_at=read_date(mblog.get("created_at"), now=raw.fetched_at, zone=CHINA),
        fetched_at=raw.fetched_at,
        raw_sha256=raw.sha256,
    )


def _written(mblog: Mblog) -> str:
    written = plain(mapping(mblog.get("longText")).get("longTextContent")) or mblog.get("text", "")
    if not isinstance(written, str):
        raise TypeError("no text")
    return plain(written)


def _titled(mblog: Mblog) -> str:
    info = mapping(mblog.get("page_info"))
    return "\n".join(unique(plain(info.get(name)) for name in ("page_title", "content1", "content2")))


def _address(mblog: Mblog) -> str:
    return f"{SITE}/status/{plain(mblog.get('bid')) or plain(mblog.get('id'))}"


def _media(mblog: Mblog) -> Iterator[Media]:
    pictures = mblog.get("pics")
    for picture in pictures.values() if isinstance(pictures, dict) else listed(pictures):
        shown = mapping(picture)
        address = absolute(SITE, plain(mapping(shown.get("large")).get("url")) or plain(shown.get("url")))
        if address:
            yield Media(url=address)
    info = mapping(mblog.get("page_info"))
    if info.get("type") == "video":
        cover = absolute(SITE, plain(mapping(info.get("page_pic")).get("url")))
        played = next((absolute(SITE, plain(url)) for url in mapping(info.get("urls")).values() if url), None)
        yield from (Media(url=url, kind=kind) for url, kind in ((cover, "image"), (played, "video")) if url)
