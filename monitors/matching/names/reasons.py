"""Why a place is about her, in the profile's language."""

from monitors.matching.names.shelf import Candidate
from monitors.messages import say_in


def give_reason(written: str, candidate: Candidate) -> str:
    """Say how the name was written."""
    written = written.encode("utf-8", "replace").decode()
    say = say_in(candidate.profile.languages[0] if candidate.profile.languages else "")
    if written == candidate.variant.query:
        return say("matching.named", name=written)
    return say("matching.written_as", written=written, name=candidate.variant.query)
