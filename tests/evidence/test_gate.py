"""What may be kept."""

from typing import Any

import pytest

from monitors.evidence.gate import MEDIA, MINOR, POST, Capture, is_to_be_sealed, reason_to_withhold
from monitors.records import Category, Hit, Raw, Severity
from tests.builders import NOON, a_hit, a_score

RUMOUR = a_hit()
ABOUT_PICTURES = a_hit(scores=(a_score(category=Category.SEXUAL_IMAGERY),))


def a_capture(content: bytes = b"{}", media_type: str = "application/json", **changed: Any) -> Capture:
    raw = Raw.of(content, url="https://social.example/1", media_type=media_type, fetched_at=NOON)
    return Capture(raw=raw, **changed)


def a_picture(is_sexual: bool | None) -> Capture:
    return a_capture(b"picture", "image/jpeg", kind=MEDIA, is_sexual=is_sexual)


PICTURES = [
    pytest.param(RUMOUR, True, True, MINOR, id="minor, sexual"),
    pytest.param(RUMOUR, None, True, MINOR, id="minor, nobody looked"),
    pytest.param(RUMOUR, False, True, "", id="minor, not sexual"),
    pytest.param(ABOUT_PICTURES, False, True, MINOR, id="minor, the text speaks of such pictures"),
    pytest.param(RUMOUR, True, False, "", id="adult, sexual"),
    pytest.param(ABOUT_PICTURES, None, False, "", id="adult, nobody looked"),
]


@pytest.mark.parametrize(("hit", "is_sexual", "was_minor", "reason"), PICTURES)
def test_minor_rule(hit: Hit, is_sexual: bool | None, was_minor: bool, reason: str) -> None:
    """Of a minor no picture is kept that is or may be sexual; of an adult the proof is kept."""
    assert reason_to_withhold(hit, a_picture(is_sexual), was_minor=was_minor) == reason


TEXTS = [
    pytest.param(b'{"text": "x"}', "application/json", "", id="JSON"),
    pytest.param(b"<p>x</p>", "text/html; charset=utf-8", "", id="HTML"),
    pytest.param(b"<feed/>", "application/atom+xml", "", id="Atom"),
    pytest.param(b'{"@id": 1}', "application/activity+json", "", id="ActivityPub"),
    pytest.param(b'<img src="DATA: image/png;base64,x">', "text/html", MINOR, id="picture inside a page"),
    pytest.param(b"data:video/mp4;base64,x", "text/plain", MINOR, id="video inside a text"),
    pytest.param(b"%PDF-1.7", "text/plain", MINOR, id="a document that says it is text"),
    pytest.param(b"picture", "image/png", MINOR, id="a screenshot that was submitted"),
    pytest.param(b"anything", "application/octet-stream", MINOR, id="nobody knows what"),
    pytest.param(b"anything", "", MINOR, id="no type at all"),
]


@pytest.mark.parametrize(("content", "media_type", "reason"), TEXTS)
def test_text_of_a_minor_is_kept(content: bytes, media_type: str, reason: str) -> None:
    """The words of a post are proof and are kept; what may show a picture is not."""
    capture = a_capture(content, media_type, kind=POST)

    assert reason_to_withhold(RUMOUR, capture, was_minor=True) == reason
    assert reason_to_withhold(RUMOUR, capture, was_minor=False) == ""


DISCLOSURE = a_score(category=Category.DISCLOSURE)
SPEAKING = [
    pytest.param((DISCLOSURE,), Severity.NONE, False, False, id="an account"),
    pytest.param((DISCLOSURE,), Severity.NONE, True, True, id="an account, a person asked"),
    pytest.param((DISCLOSURE, a_score(category=Category.THREAT)), Severity.URGENT, False, True, id="with a threat"),
    pytest.param((a_score(category=Category.DISCLOSURE, probability=0.1),), Severity.NONE, False, True, id="hardly"),
    pytest.param((), Severity.NONE, False, True, id="harmless"),
]


@pytest.mark.parametrize(("scores", "severity", "is_asked", "is_sealed"), SPEAKING)
def test_who_speaks_up_is_not_collected(
    scores: tuple[Any, ...], severity: Severity, is_asked: bool, is_sealed: bool
) -> None:
    """An account of what somebody suffered is not sealed unless asked for; whatever is alerted is."""
    assert is_to_be_sealed(a_hit(scores=scores, severity=severity), is_asked=is_asked) == is_sealed
