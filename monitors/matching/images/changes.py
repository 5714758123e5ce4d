"""What was done to a photo before it was posted, as far as it can be told, in words."""

from dataclasses import dataclass
from typing import Final

from monitors.messages.catalogue import Say


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A guess; everything may be combined. The default says: nothing that shows."""

    form: str = ""
    """How it was laid: one of ``pdq.FORMS``."""
    kept: int = 100
    """How much of the photo's area is left, in percent."""
    is_part: bool = False
    """Whether the picture shows more than the photo: a collage, a frame, a screenshot."""
    degrees: int = 0
    """How far it was tilted, clockwise."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the photo is there and nothing else."""
        return self.kept == 100 and not self.is_part

    def describe(self, say: Say, *, between: str) -> str:
        """Name the changes in one language, joined by ``between``; empty where none shows."""
        told = []
        if self.form:
            told.append(say(f"images.change.{self.form}"))
        if self.degrees:
            told.append(say("images.change.tilted", degrees=abs(self.degrees)))
        if self.kept < 100:
            told.append(say("images.change.cropped", percent=self.kept))
        if self.is_part:
            told.append(say("images.change.part"))
        return between.join(told)


AS_IT_IS: Final = Change()
"""Nothing was done that shows."""
