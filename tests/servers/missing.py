"""What happens to a test whose real server is not installed."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip at home, fail in CI: there the check may not silently not run. ``reason`` ends with the line to type."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
