"""A face model of the operator's own: ArcFace and its kin as an ONNX file, with YuNet to find the faces.

Neither comes with Shouwang: most published weights forbid commercial use, some any use. Whoever names one answers for
its licence and for how well it knows the faces it will see.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from monitors.errors import StopRun
from monitors.matching.images.decoder import Picture
from monitors.matching.images.faces.encoder import Face, FaceEncoder
from monitors.matching.images.pdq import Floats

Points = NDArray[np.float32]
"""Five places in pixels: the eye on the left, the eye on the right, the nose, the corners of the mouth."""
FindFaces = Callable[[NDArray[np.uint8]], list[Points]]
"""Gives the faces in a picture (height × width × 3, RGB), the largest first."""

# Where ArcFace's training pictures have the five places, in 112 × 112 pixels (Deng et al. 2019, their published code).
_PLACES: Final = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)],
    dtype=np.float32,
)
_SIDE: Final = 112
_SURE: Final = 0.8


class OnnxEncoder(FaceEncoder):
    """Reads ``1 × 3 × 112 × 112`` (RGB, -1 to 1) and gives one vector; ``floor`` is the operator's own measure."""

    def __init__(self, model: Path, find_faces: FindFaces, *, floor: float) -> None:
        """Open the model. Raises StopRun when it is missing or not of that shape."""
        self._session = _open(model)
        self._find_faces, self._floor = find_faces, floor
        # Another file is another model, whatever it is called.
        self._name = f"{model.stem}-{sha256(model.read_bytes()).hexdigest()[:12]}"

    @property
    @override
    def name(self) -> str:
        """The file's name and the beginning of its hash."""
        return self._name

    @property
    @override
    def floor(self) -> float:
        """What the operator measured."""
        return self._floor

    @override
    def find_faces(self, picture: Picture) -> list[Face]:
        """Give every face that the finder gives, in its order."""
        return [self._encode(picture.pixels, points) for points in self._find_faces(picture.pixels)]

    def _encode(self, pixels: NDArray[np.uint8], points: Points) -> Face:
        upright = lay_upright(pixels, points).astype(np.float32)
        [vectors] = self._session.run(None, {self._session.get_inputs()[0].name: _batch((upright - 127.5) / 127.5)})
        vector = np.asarray(vectors, dtype=np.float32).ravel()
        height, width = pixels.shape[:2]
        (left, top), (right, bottom) = points.min(axis=0) / (width, height), points.max(axis=0) / (width, height)
        return Face(region=(left, top, right, bottom), vector=vector / max(float(np.linalg.norm(vector)), 1e-9))


def lay_upright(pixels: NDArray[np.uint8], points: Points) -> NDArray[np.uint8]:
    """Cut out a face so that its five places lie where ArcFace wants them, 112 pixels a side."""
    import cv2

    matrix = _similarity(points.astype(np.float64), _PLACES.astype(np.float64))
    return np.asarray(cv2.warpAffine(pixels, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR), dtype=np.uint8)


def yunet(model: Path) -> FindFaces:
    """Give what finds faces by YuNet (an ONNX file of OpenCV's model zoo). Raises StopRun when it cannot be opened."""
    import cv2

    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (0, 0), _SURE)
    except cv2.error as error:
        raise StopRun("the face detector cannot be opened", advice="SHOUWANG_FACE_DETECTOR: YuNet as ONNX") from error

    def find(pixels: NDArray[np.uint8]) -> list[Points]:
        height, width = pixels.shape[:2]
        detector.setInputSize((width, height))
        rows: Any = detector.detect(np.ascontiguousarray(pixels[:, :, ::-1]))[1]
        found = sorted([] if rows is None else rows, key=lambda row: -row[2] * row[3])
        return [np.asarray(row[4:14], dtype=np.float32).reshape(5, 2) for row in found]

    return find


def _open(model: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class of their own
        raise StopRun("the face model cannot be opened", advice="SHOUWANG_FACE_MODEL: an ONNX file") from error
    shape = session.get_inputs()[0].shape
    if len(session.get_inputs()) != 1 or list(shape[1:]) != [3, _SIDE, _SIDE]:
        raise StopRun("the face model does not read 3 × 112 × 112", advice="SHOUWANG_FACE_MODEL: an ArcFace-type model")
    return session


def _batch(face: Floats) -> Floats:
    return np.ascontiguousarray(face.transpose(2, 0, 1)[None])


def _similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the turn, scale and shift (2 × 3) that lays source on target best (Umeyama 1991, without mirroring)."""
    middle, wanted = source.mean(axis=0), target.mean(axis=0)
    ours, theirs = (points[:, 0] + 1j * points[:, 1] for points in (source - middle, target - wanted))
    factor = np.vdot(ours, theirs) / max(float(np.vdot(ours, ours).real), 1e-9)
    linear = np.array([(factor.real, -factor.imag), (factor.imag, factor.real)])
    return np.column_stack([linear, wanted - linear @ middle])
