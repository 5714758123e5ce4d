"""``shouwang match`` without the command line: lines in, lines out.

Readers put every line they cannot use into ``problems`` (file, line and field) and go on. Nothing is fetched, and
no more than ``POSTS_AT_ONCE`` posts of ``LETTERS_AT_ONCE`` code points are held at a time.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

from monitors.errors import BadInputError
from monitors.matching.names.matcher import Finding, NameMatcher
from monitors.matching.names.registration import MOST, check_profile
from monitors.records import Consent, ProfileState, Scope, WatchProfile

POSTS_AT_ONCE, LETTERS_AT_ONCE = 512, 1_000_000
"""Posts, and code points of them, that are held at a time: long posts are held few at a time."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one line; a longer one is reported and passed over without being held."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Problems = list[BadInputError]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A post as ``--posts`` gives it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    line: int
    value: dict[str, Any]


def read_posts(stream: BinaryIO, *, file: str, problems: Problems) -> Iterator[TextLine]:
    """Give the posts of JSON Lines ``{"id","text"}``; other fields are not looked at."""
    for entry in _read_lines(stream, file, problems):
        if all(_has_text(entry, key, file, problems) for key in ("id", "text")):
            yield TextLine(id=entry.value["id"], text=entry.value["text"])


def read_profiles(stream: BinaryIO, *, file: str, problems: Problems) -> list[WatchProfile]:
    """Give the profiles of a JSON array or JSON Lines of ``{"id","names","aliases","handles","context"}``.

    Whoever runs a pure command already holds what it reads: the profiles come active, with consent to names.
    ``languages`` may be given too, its first is the language of the reasons; and ``others``, words of namesakes.
    """
    profiles: dict[str, WatchProfile] = {}
    for entry in _read_array_or_lines(stream, file, problems):
        profile = _read_profile(entry, file, problems)
        if profile and profile.id in profiles:
            problems.append(BadInputError("is used twice", file=file, line=entry.line, field="id"))
        elif profile:
            profiles[profile.id] = profile
    return list(profiles.values())


def match_lines(matcher: NameMatcher, posts: Iterable[TextLine], *, every: bool = False) -> Iterator[dict[str, object]]:
    """Give a line for the strongest place of each post and profile, or for every place."""
    for post, findings in _find_streaming(matcher, posts):
        told: set[str] = set()
        for finding in findings:
            if every or finding.profile_id not in told:
                told.add(finding.profile_id)
                yield _as_line(post, finding)


def as_watched(profile: WatchProfile) -> WatchProfile:
    """Give the profile as if she had consented and confirmed: for trying on what the caller already holds."""
    consent = Consent(scope=Scope.NAMES, given_by="caller", authority="holds the data", given_at=EPOCH)
    return replace(profile, state=ProfileState.ACTIVE, consents=(consent,))


def _find_streaming(matcher: NameMatcher, posts: Iterable[TextLine]) -> Iterator[tuple[TextLine, list[Finding]]]:
    for chunk in _chunks(posts):
        yield from zip(chunk, matcher.find_all([post.text for post in chunk]), strict=True)


def _chunks(posts: Iterable[TextLine]) -> Iterator[list[TextLine]]:
    chunk, size = list[TextLine](), 0
    for post in posts:
        chunk.append(post)
        size += len(post.text)
        if len(chunk) == POSTS_AT_ONCE or size >= LETTERS_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _as_line(post: TextLine, finding: Finding) -> dict[str, object]:
    return {
        "post_id": post.id,
        "profile_id": finding.profile_id,
        "method": finding.method.value,
        "score": finding.score,
        "span": list(finding.span),
        "reason": finding.reason,
    }


def _read_profile(entry: _Entry, file: str, problems: Problems) -> WatchProfile | None:
    known = len(problems)
    _has_text(entry, "id", file, problems)
    lists = {key: _read_list(entry, key, file, problems) for key in (*MOST, "languages", "others")}
    if len(problems) > known:
        return None
    profile = as_watched(
        WatchProfile(
            id=entry.value["id"],
            names=lists["names"],
            aliases=lists["aliases"],
            handles=lists["handles"],
            context=lists["context"],
            others=lists["others"],
            languages=lists["languages"] or ("zh-CN",),
        )
    )
    for fault in check_profile(profile):
        problems.append(BadInputError(fault.reason, file=file, line=entry.line, field=fault.field))
    return profile if len(problems) == known else None


def _read_list(entry: _Entry, key: str, file: str, problems: Problems) -> tuple[str, ...]:
    value = entry.value.get(key, [])
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    problems.append(BadInputError("must be an array of strings", file=file, line=entry.line, field=key))
    return ()


def _has_text(entry: _Entry, key: str, file: str, problems: Problems) -> bool:
    if isinstance(entry.value.get(key), str):
        return True
    reason = "must be a string" if key in entry.value else "is missing"
    problems.append(BadInputError(reason, file=file, line=entry.line, field=key))
    return False


def _read_array_or_lines(stream: BinaryIO, file: str, problems: Problems) -> Iterator[_Entry]:
    content = stream.read()
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        yield from _read_lines(BytesIO(content), file, problems)
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(BadInputError("is not UTF-8", file=file, line=line))
        return
    yield from _read_array(text, file, problems)


def _read_array(text: str, file: str, problems: Problems) -> Iterator[_Entry]:
    """Read one entry after the other, so that each knows its line and what follows a fault is not read as good."""
    decoder, at = json.JSONDecoder(), _skip(text, text.index("[") + 1, "")
    while text[at : at + 1] != "]":
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            place = text.count("\n", 0, error.pos) + 1 if isinstance(error, json.JSONDecodeError) else line
            problems.append(BadInputError("is not JSON; what follows was not read", file=file, line=place))
            return
        if isinstance(value, dict):
            yield _Entry(line=line, value=value)
        else:
            problems.append(BadInputError("must be an object", file=file, line=line))
        at = _skip(text, at, ",")


def _skip(text: str, at: int, comma: str) -> int:
    while at < len(text) and (text[at].isspace() or text[at] == comma):
        at += 1
    return at


def _read_lines(stream: BinaryIO, file: str, problems: Problems) -> Iterator[_Entry]:
    line = 0
    while content := stream.readline(LONGEST_LINE):
        line += 1
        if len(content) == LONGEST_LINE and not content.endswith(b"\n"):
            problems.append(BadInputError(f"is longer than {LONGEST_LINE} bytes", file=file, line=line))
            while content and not content.endswith(b"\n"):
                content = stream.readline(LONGEST_LINE)
            continue
        entry = _read_line(content, line, file, problems)
        if entry:
            yield entry


def _read_line(content: bytes, line: int, file: str, problems: Problems) -> _Entry | None:
    reason = ""
    try:
        text = content.decode("utf-8-sig" if line == 1 else "utf-8").strip()
        value = json.loads(text) if text else None
        if value is None and not text:
            return None
        if isinstance(value, dict):
            return _Entry(line=line, value=value)
        reason = "must be an object"
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    except (ValueError, RecursionError):  # also a number of more digits than Python reads
        reason = "is not JSON"
    problems.append(BadInputError(reason, file=file, line=line))
    return None
