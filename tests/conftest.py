"""What every test may use: the real servers of tests/servers/, one import each."""

from hypothesis import settings

from tests.servers.airflow import airflow_home
from tests.servers.bluesky import bluesky
from tests.servers.elasticsearch import elasticsearch_node, index_prefix
from tests.servers.internet import internet
from tests.servers.jetstream import jetstream
from tests.servers.kbn_es_query import kbn_es_query
from tests.servers.ledgers import (
    ledger,
    ledger_url,
    migrated_postgres,
    migrated_sqlite,
    sqlite_ledger,
    sqlite_url,
    sqlite_vault,
    vault,
)
from tests.servers.mastodon import mastodon
from tests.servers.postgres import postgres
from tests.servers.smtp import smtp
from tests.servers.web import web

__all__ = [
    "airflow_home",
    "bluesky",
    "elasticsearch_node",
    "index_prefix",
    "internet",
    "jetstream",
    "kbn_es_query",
    "ledger",
    "ledger_url",
    "mastodon",
    "migrated_postgres",
    "migrated_sqlite",
    "postgres",
    "smtp",
    "sqlite_ledger",
    "sqlite_url",
    "sqlite_vault",
    "vault",
    "web",
]

# Seven sets of tests share two cores: a slow example says nothing about the code.
settings.register_profile("shouwang", deadline=None)
settings.load_profile("shouwang")
