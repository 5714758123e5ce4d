"""Look at every source and take what it posted all the way to the search index.

`sources` names them; then each source goes its own way as one mapped group: `collect` fetches into the spool,
`match` asks whether a post is about a protected person, `score` whether it matters, `seal` keeps proof, and `index`
makes it findable. One broken source stops only its own group. Tasks hand each other batches (path, count, sha256),
never a post. Every step may be repeated: a killed task is tried again and ends in the same state.
"""

from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task, task_group

from monitors import schedule

STOPS = ExceptionRetryPolicy(rules=[RetryRule(exception=schedule.NEVER_RETRY, action=RetryAction.FAIL)])


@task
def sources() -> list[str]:
    """Name the sources that a run asks."""
    from monitors import app

    return app.source_names()


@task
def collect(source: str) -> list[dict[str, Any]]:
    """Fetch what one source posted; batches that an earlier, killed run left come first."""
    from monitors import app

    return app.collect(source)


@task
def match(batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the posts that are about a protected person."""
    from monitors import app

    return app.match(batches)


@task
def score(batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Judge what they say."""
    from monitors import app

    return app.score(batches)


@task
def seal(batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep proof of them."""
    from monitors import app

    return app.seal(batches)


@task
def index(batches: list[dict[str, Any]]) -> None:
    """Make them findable."""
    from monitors import app

    app.index(batches)


@task_group
def way(source: str) -> None:
    """One source's way from its posts to the search index."""
    index(seal(score(match(collect(source)))))  # type: ignore[arg-type]  # what it gives is known at run time


@dag(
    schedule=schedule.WATCH,
    default_args=schedule.DEFAULT_ARGS | {"retry_policy": STOPS},
    doc_md=__doc__,
    **schedule.DAG_ARGS,
)
def watch() -> None:
    """Wire the stages in their order."""
    way.expand(source=sources())


watch()
