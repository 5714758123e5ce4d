"""Why a place is about her, in words, in the profile's language."""

from collections.abc import Sequence

from monitors.messages import say_in
from monitors.records import Method

MOST_TERMS = 3
SENTENCES = {
    Method.EXACT: "matching.named",
    Method.INITIALS: "matching.initials",
    Method.HOMOPHONE: "matching.homophone",
    Method.LOOKALIKE: "matching.lookalike",
    Method.SPLIT: "matching.split",
    Method.MASK: "matching.mask",
    Method.PINYIN: "matching.pinyin",
    Method.GIVEN_NAME: "matching.given_name",
    Method.TITLED: "matching.titled",
    Method.HANDLE: "matching.handle",
}


def give_reason(
    method: Method,
    written: str,
    name: str,
    *,
    language: str,
    terms: Sequence[str] = (),
    cue: str = "",
    others: str = "",
) -> str:
    """Say how the name was written and what else in the post speaks for her."""
    say = say_in(language)
    shown = written.encode("utf-8", "replace").decode()
    parts = [say(SENTENCES.get(method, "matching.written_as"), written=shown, name=name)]
    if terms:
        quoted = say("matching.and").join(say("matching.quoted", text=term) for term in terms[:MOST_TERMS])
        parts.append(say("matching.same_post", terms=quoted))
    if others:
        parts.append(say("matching.also_named", name=others))
    if cue:
        parts.append(say("matching.beside", text=cue))
    return say("matching.comma").join(parts)
