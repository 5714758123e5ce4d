"""Let go of what is past its time.

Unmatched posts leave the spool, profiles whose grace after withdrawal is over are erased, and files that no ledger
row knows are swept. What a source that is no longer asked left half-way is taken to its end. Running it twice changes
nothing more.
"""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

from monitors import schedule

STOPS = ExceptionRetryPolicy(rules=[RetryRule(exception=schedule.NEVER_RETRY, action=RetryAction.FAIL)])


@task
def clean_up() -> None:
    """Erase, sweep and finish."""
    from monitors import app

    app.clean_up()


@dag(
    schedule=schedule.RETENTION,
    default_args=schedule.DEFAULT_ARGS | {"retry_policy": STOPS},
    doc_md=__doc__,
    **schedule.DAG_ARGS,
)
def retention() -> None:
    """One task."""
    clean_up()


retention()
