"""Builders of records: every test names only what it is about."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from monitors.ledger.fetches import Look
from monitors.records import (
    Category,
    Consent,
    FetchKind,
    Hit,
    Match,
    Method,
    Post,
    ProfileState,
    Recipient,
    Scope,
    Score,
    Severity,
    WatchProfile,
    hit_id,
)
from search.index import Document

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment at which tests happen unless they say otherwise."""


def a_post(**changed: Any) -> Post:
    """A public post about nobody."""
    text = changed.get("text", "今天天气很好，一起去公园走走。")
    fields: dict[str, Any] = {
        "id": "rss:post-1",
        "url": "https://social.example/post-1",
        "text": text,
        "author": "writer@social.example",
        "author_name": "路人",
        "fetched_at": NOON,
        "published_at": NOON,
        "raw_sha256": sha256(text.encode()).hexdigest(),
    }
    return Post(**fields | changed)


def a_consent(**changed: Any) -> Consent:
    """Consent to be found by name, given by herself."""
    fields: dict[str, Any] = {
        "scope": Scope.NAMES,
        "given_by": "self",
        "authority": "self",
        "given_at": NOON.replace(year=2025),
    }
    return Consent(**fields | changed)


def a_profile(**changed: Any) -> WatchProfile:
    """An active profile of an invented student."""
    fields: dict[str, Any] = {
        "id": "p" * 32,
        "names": ("林晓月",),
        "context": ("青河学院",),
        "recipients": (Recipient(address="lin@mail.example"),),
        "consents": (a_consent(), a_consent(scope=Scope.IMAGE_HASHES)),
        "state": ProfileState.ACTIVE,
        "was_minor": False,
    }
    return WatchProfile(**fields | changed)


def a_match(**changed: Any) -> Match:
    """Her name, written as it is."""
    fields: dict[str, Any] = {
        "post_id": "rss:post-1",
        "profile_id": "p" * 32,
        "method": Method.EXACT,
        "score": 1.0,
        "query": "林晓月",
        "candidate": "林晓月",
        "reason": "写成「林晓月」",
        "span": (0, 3),
    }
    return Match(**fields | changed)


def a_score(**changed: Any) -> Score:
    """A rumour, found without doubt."""
    fields: dict[str, Any] = {
        "category": Category.SEXUAL_RUMOR,
        "probability": 0.9,
        "threshold": 0.5,
        "model": "test-heads",
        "revision": "1",
    }
    return Score(**fields | changed)


def a_hit(**changed: Any) -> Hit:
    """A post that names her and may spread a rumour; its id is that of its post and profile."""
    post = changed.get("post", a_post())
    profile_id = changed.get("profile_id", "p" * 32)
    fields: dict[str, Any] = {
        "id": hit_id(profile_id, post.id),
        "profile_id": profile_id,
        "post": post,
        "matches": (a_match(post_id=post.id, profile_id=profile_id),),
        "scores": (a_score(),),
        "severity": Severity.HIGH,
        "found_at": NOON,
    }
    return Hit(**fields | changed)


def a_look(kind: FetchKind, **changed: Any) -> Look:
    """How the last look at Weibo ended, at the moment of the test."""
    fields: dict[str, Any] = {
        "source": "weibo",
        "part": "",
        "kind": kind,
        "detail": "",
        "at": NOON,
        "retry_at": None,
        "well_at": NOON,
        "blind": 0,
        "posts": 0,
    }
    return Look(**fields | changed)


def a_document(**changed: Any) -> Document:
    """A hit as a search store knows it; its id follows from its text."""
    text = changed.get("text", "林晓月今天又被人乱说了。")
    fields: dict[str, Any] = {
        "hit_id": hit_id("p" * 32, text),
        "profile_id": "p" * 32,
        "text": text,
        "source": "rss",
        "author": "w" * 16,
        "method": "exact",
        "match_score": 1.0,
        "categories": ("sexual_rumor",),
        "probability": 0.9,
        "severity": "high",
        "stance": "spreads",
        "muted": False,
        "model": "test-heads@1",
        "has_media": False,
        "lang": "zh",
        "published_at": NOON,
        "found_at": NOON,
    }
    return Document(**fields | changed)
