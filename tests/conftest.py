"""What every test may use: the real servers of tests/servers/, one import each."""

from hypothesis import settings

from tests.servers.elasticsearch import elasticsearch_node, index_prefix

__all__ = [
    "elasticsearch_node",
    "index_prefix",
]

# Seven sets of tests share two cores: a slow example says nothing about the code.
settings.register_profile("shouwang", deadline=None)
settings.load_profile("shouwang")
