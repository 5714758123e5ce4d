"""Look back through what is still stored for profiles that changed, and look again at the posts of known hits.

A new alias, a person who just confirmed, a verdict that was taken back: posts that were matched before are matched
again for that profile alone, and what is found goes the whole way. Nothing is asked of any platform, and a profile
that did not change costs nothing. Running it twice finds nothing more.

A known post is looked at after an hour, six hours, a day, three, seven and thirty: still up, edited, gone, or
unreachable. What was seen is sealed; a look that was not written down is made again.

A source that brings nothing is asked for something that is always there; when it stays blind the operator is told.
"""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

from monitors import schedule

STOPS = ExceptionRetryPolicy(rules=[RetryRule(exception=schedule.NEVER_RETRY, action=RetryAction.FAIL)])


@task
def look_back() -> None:
    """Match stored posts for changed profiles."""
    from monitors import app

    app.look_back()


@task
def look_again() -> None:
    """Look at the posts whose hour has come."""
    from monitors import app

    app.look_again()


@task
def check_sources() -> None:
    """Tell empty from blind, and tell the operator."""
    from monitors import app

    app.check_sources()


@dag(
    schedule=schedule.RECHECK,
    default_args=schedule.DEFAULT_ARGS | {"retry_policy": STOPS},
    doc_md=__doc__,
    **schedule.DAG_ARGS,
)
def recheck() -> None:
    """Three tasks that do not need each other."""
    look_back()
    look_again()
    check_sources()


recheck()
