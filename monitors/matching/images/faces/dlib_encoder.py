"""dlib's face model, if the operator installs it: ``pip install dlib-bin`` and its model files.

Only the detector, the 5 points and the encoder are used: the 68-point file was trained on pictures that exclude
commercial use. dlib is known to take different Asian people for one (CompreFace #627, face_recognition #612), and
nothing at hand can measure how often: docs/evaluation.md#faces.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from monitors.errors import StopRun
from monitors.matching.images.decoder import Picture
from monitors.matching.images.faces.encoder import Face, FaceEncoder
from monitors.matching.images.found import Region

_DETECTOR: Final = "mmod_human_face_detector.dat"
_POINTS: Final = "shape_predictor_5_face_landmarks.dat"
_ENCODER: Final = "dlib_face_recognition_resnet_model_v1.dat"
_SURE: Final = 0.5
"""Detections below this are mostly no faces."""


def locate_models() -> Path | None:
    """Give the folder of the files in the ``face_recognition_models`` wheel, without importing it.

    Its own code needs ``pkg_resources``, which is not there under uv.
    """
    spec = find_spec("face_recognition_models")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) / "models" if folders else None


class DlibEncoder(FaceEncoder):
    """dlib's resnet: 128 numbers a face. About a second a picture of 640 pixels."""

    def __init__(self, models: Path) -> None:
        missing = [file for file in (_DETECTOR, _POINTS, _ENCODER) if not (models / file).is_file()]
        if missing or not find_spec("dlib"):
            raise StopRun(
                "dlib or its model files are missing", advice="pip install dlib-bin; face model files: see docs"
            )
        import dlib

        self._detect = dlib.cnn_face_detection_model_v1(str(models / _DETECTOR))
        self._find_points = dlib.shape_predictor(str(models / _POINTS))
        self._encode = dlib.face_recognition_model_v1(str(models / _ENCODER))

    @property
    @override
    def name(self) -> str:
        """The release of dlib's own model."""
        return "dlib-resnet-v1"

    @property
    @override
    def floor(self) -> float:
        """Just above the closest of 2,136 comparisons of different people, 0.921 (2026-11, docs/evaluation.md#faces)."""
        return 0.922

    @override
    def find_faces(self, picture: Picture) -> list[Face]:
        """Give every face that the detector is sure of, the largest first."""
        pixels = np.ascontiguousarray(picture.pixels)
        sure = [found.rect for found in self._detect(pixels, 0) if found.confidence >= _SURE]
        return [self._to_face(pixels, rect) for rect in sorted(sure, key=lambda rect: -int(rect.area()))]

    def _to_face(self, pixels: NDArray[np.uint8], rect: Any) -> Face:
        points = self._find_points(pixels, rect)
        vector = np.array(self._encode.compute_face_descriptor(pixels, points), dtype=np.float32)
        return Face(region=_region(rect, pixels), vector=vector / np.linalg.norm(vector))


def _region(rect: Any, pixels: NDArray[np.uint8]) -> Region:
    height, width = pixels.shape[:2]
    return rect.left() / width, rect.top() / height, rect.right() / width, rect.bottom() / height
