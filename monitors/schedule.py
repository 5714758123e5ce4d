"""When each DAG runs and how its tasks are tried again: plain data, so that parsing a DAG file stays quick.

Cron lines are UTC. Only ``dags/`` turns these into Airflow objects.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

WATCH = "7,37 * * * *"
"""Twice an hour, off the full hour at which everybody else asks the same servers."""

DIGEST = "3-59/15 * * * *"
"""Four times an hour: her own hour may begin at a quarter past ours (Kathmandu is 5:45 ahead)."""

URGENT = "*/5 * * * *"
"""How long a threat can wait at most before its mail is tried."""

RECHECK = "22 * * * *"
"""Once an hour, between two looks at the sources: who changed something waits that long at most."""

RETENTION = "10 20 * * *"
"""Once a day, at ten past four in the morning in China."""

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "shouwang",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 4,  # half a minute, two, eight, each up to doubled: a server that restarts is back by then
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=1),  # one hung task would hold up every later run
}
"""What every task of every DAG has; a stage may be repeated, so retrying is always safe."""

DAG_ARGS: dict[str, Any] = {
    "start_date": datetime(2026, 1, 1, tzinfo=UTC),
    "catchup": False,  # what a missed run would have found, the next one finds
    "max_active_runs": 1,  # cursors and the outbox are one at a time
    "tags": ["shouwang"],
}
"""What every DAG has."""

NEVER_RETRY: list[type[BaseException] | str] = ["monitors.errors.StopRun", "monitors.errors.BadInputError"]
"""The errors after which trying again will not help until somebody acts: a key is gone, a setting is wrong."""
