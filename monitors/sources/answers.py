"""What an answer says about the fetch: its status, when to come again, whether a wall stands before the page."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from monitors.records import FetchKind, FetchOutcome
from monitors.sources.pace import LONGEST_PAUSE

AGAIN_IN = timedelta(minutes=5)
"""Mastodon's window; used where a host limits us and does not say for how long."""
WALL_TEXT = 2_000
"""Letters. A page with more readable text than this is a page that happens to mention a captcha."""

_KINDS = {
    401: FetchKind.LOGIN_NEEDED,
    403: FetchKind.BLOCKED,
    404: FetchKind.NOT_PUBLIC,
    407: FetchKind.LOGIN_NEEDED,
    410: FetchKind.NOT_PUBLIC,
    418: FetchKind.BLOCKED,  # Weibo, Douban
    420: FetchKind.LIMITED,
    429: FetchKind.LIMITED,
    432: FetchKind.BLOCKED,  # Weibo
    451: FetchKind.NOT_PUBLIC,
}
_LOGIN_PATH = re.compile(
    r"//(passport|login|accounts)\.|/(login|signin|sign_in|passport|account/unhuman|visitor)([/.?#]|$)", re.IGNORECASE
)
_CAPTCHA = re.compile(
    rb"g-recaptcha|hcaptcha|cf-challenge|cf_chl|turnstile|geetest|captcha|"
    + "安全验证|人机验证|滑动验证|请完成验证".encode(),
    re.IGNORECASE,
)
_TAG = re.compile(rb"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def outcome_of(status: int, headers: Mapping[str, str], now: datetime) -> FetchOutcome:
    """Give the outcome an HTTP status stands for."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return FetchOutcome(kind=FetchKind.OK)
    if status == HTTPStatus.NOT_MODIFIED:
        return FetchOutcome(kind=FetchKind.EMPTY, detail="not_modified")
    kind = _KINDS.get(status, FetchKind.BROKEN)
    again_at = asked_pause(headers, now)
    if kind is FetchKind.LIMITED and again_at is None:
        again_at = now + AGAIN_IN
    return FetchOutcome(kind=kind, detail=f"http_{status}", retry_at=again_at)


def asked_pause(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Give the moment before which the host wants no request; None when it does not mind."""
    asked = _moment(headers.get("retry-after", ""), now)
    if asked is None and _first(headers, "remaining") in {"0", "0.0"}:
        asked = _moment(_first(headers, "reset"), now)
    return None if asked is None or asked <= now else min(asked, now + LONGEST_PAUSE)


def wall_of(url: str, asked_url: str, headers: Mapping[str, str], content: bytes) -> FetchOutcome | None:
    """Give the outcome of a page that only stands in the way (login, captcha); None for any other answer."""
    if "html" not in headers.get("content-type", ""):
        return None
    if _LOGIN_PATH.search(url) and not _LOGIN_PATH.search(asked_url):
        return FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail="login_page")
    start = content[:200_000]
    if _CAPTCHA.search(start) and _letters(start) < WALL_TEXT:
        return FetchOutcome(kind=FetchKind.CAPTCHA, detail="captcha_page")
    return None


def _letters(content: bytes) -> int:
    return len(b"".join(_TAG.sub(b"", content).split()).decode("utf-8", "replace"))


def _first(headers: Mapping[str, str], what: str) -> str:
    names = (f"x-ratelimit-{what}", f"ratelimit-{what}", f"x-rate-limit-{what}")
    return next((headers[name].strip() for name in names if name in headers), "")


def _moment(value: str, now: datetime) -> datetime | None:
    # Seconds from now, seconds since 1970, an HTTP date, or ISO 8601 (Mastodon).
    if re.fullmatch(r"\d{1,10}(\.\d+)?", value):
        seconds = float(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 1e9 else now + timedelta(seconds=seconds)
    try:
        read = datetime.fromisoformat(value) if "T" in value[:11] else parsedate_to_datetime(value)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
