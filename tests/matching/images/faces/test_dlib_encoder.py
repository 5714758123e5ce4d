from pathlib import Path

import pytest

from monitors.errors import StopRun
from monitors.matching.images.decoder import decode_picture
from monitors.matching.images.faces.dlib_encoder import DlibEncoder, locate_models
from monitors.matching.images.faces.matcher import likeness_of
from monitors.matching.images.workshop.originals import data_folder


def test_missing_model_files_stop_the_run(tmp_path: Path) -> None:
    """Without the files an operator named, the run stops and says what to install: it never goes on without telling."""
    with pytest.raises(StopRun) as caught:
        DlibEncoder(tmp_path)

    assert "dlib-bin" in caught.value.advice


def test_knows_a_face_again() -> None:
    """Two photos of one public figure are more alike than the floor, two people are not."""
    pytest.importorskip("dlib", reason="an operator's choice: pip install dlib-bin")
    models, folder = locate_models(), data_folder() / "faces" / "face_recognition" / "tests" / "test_images"
    if models is None or not folder.is_dir():
        pytest.skip("no dlib model files, or no SHOUWANG_DATA")
    encoder = DlibEncoder(models)

    one, again, other = (
        encoder.find_faces(decode_picture((folder / name).read_bytes(), fit=640))[0].vector
        for name in ("obama.jpg", "obama2.jpg", "biden.jpg")
    )

    assert likeness_of(one[None], again) > encoder.floor > likeness_of(one[None], other)
