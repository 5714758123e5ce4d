"""Queue a mail for what cannot wait for the digest, then send what waits in the outbox.

The urgent tier is its own short DAG, so that a threat is told of within minutes however long a run of `watch` takes.
"""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

from monitors import schedule

STOPS = ExceptionRetryPolicy(rules=[RetryRule(exception=schedule.NEVER_RETRY, action=RetryAction.FAIL)])


@task
def queue_urgent() -> None:
    """Put a mail for each urgent hit into the outbox, unless it was told of already."""
    from monitors import app

    app.queue_urgent()


@task
def send_mails() -> None:
    """Send what waits in the outbox."""
    from monitors import app

    app.send_mails()


@dag(
    schedule=schedule.URGENT,
    default_args=schedule.DEFAULT_ARGS | {"retry_policy": STOPS},
    doc_md=__doc__,
    **schedule.DAG_ARGS,
)
def urgent() -> None:
    """Queue, then send."""
    queue_urgent() >> send_mails()


urgent()
