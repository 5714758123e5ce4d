"""The story's own fixture."""

from tests.journey.servers import story

__all__ = ["story"]
