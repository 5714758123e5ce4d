"""What tests fetch from a package registry: once, into a cache that all runs on a machine share."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


def fetched_once(name: str, recipe: Sequence[Path], make: Callable[[Path], None]) -> Path:
    """Give the folder that ``make`` filled, now or in an earlier run with the same files in ``recipe``.

    It lies under ``SHOUWANG_TEST_CACHE``, or in the cache folder of the user.
    """
    cache = Path(os.environ.get("SHOUWANG_TEST_CACHE") or Path.home() / ".cache" / "shouwang-tests")
    ready = cache / f"{name}-{sha256(b''.join(file.read_bytes() for file in recipe)).hexdigest()[:8]}"
    if ready.exists():
        return ready
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        making = Path(temporary) / "making"
        making.mkdir()
        make(making)
        # Another run may have been quicker; its folder is as good.
        with suppress(OSError):
            making.rename(ready)
    return ready
