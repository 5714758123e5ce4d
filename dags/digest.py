"""Queue the digests that are due, then send what waits in the outbox.

It runs often and does little: a digest is due once a day, at the hour each person chose in her own time zone.
A crash between queueing and sending loses nothing and sends nothing twice: the outbox keeps each mail's Message-ID.
"""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task

from monitors import schedule

STOPS = ExceptionRetryPolicy(rules=[RetryRule(exception=schedule.NEVER_RETRY, action=RetryAction.FAIL)])


@task
def queue_digests() -> None:
    """Put the digests that are due into the outbox."""
    from monitors import app

    app.queue_digests()


@task
def send_mails() -> None:
    """Send what waits in the outbox."""
    from monitors import app

    app.send_mails()


@dag(
    schedule=schedule.DIGEST,
    default_args=schedule.DEFAULT_ARGS | {"retry_policy": STOPS},
    doc_md=__doc__,
    **schedule.DAG_ARGS,
)
def digest() -> None:
    """Queue, then send."""
    queue_digests() >> send_mails()


digest()
