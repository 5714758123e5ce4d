"""What every face model is."""

from dataclasses import dataclass
from typing import Protocol

from monitors.matching.images.decoder import Picture
from monitors.matching.images.found import Region
from monitors.matching.images.pdq import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face in a picture."""

    region: Region
    vector: Floats
    """Unit length; the product of two is their likeness, 1 for the same picture of the same face."""


class FaceEncoder(Protocol):
    """Finds the faces in a picture and turns each into a vector.

    An operator names the model, and answers for its licence and for how well it knows the faces it will see.
    """

    @property
    def name(self) -> str:
        """The model and its release; vectors of different names are never compared."""
        ...

    @property
    def floor(self) -> float:
        """The likeness below which its makers speak of two people."""
        ...

    def find_faces(self, picture: Picture) -> list[Face]:
        """Give every face that is large enough, the largest first."""
        ...
