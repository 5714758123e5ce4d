"""Errors named by what happens next; anything else is a bug or the network, and the scheduler retries it.

No message holds a name, an address or the text of a post: messages travel into logs.
"""


class MonitorError(Exception):
    """Something a stage decided about; ``advice`` tells an operator what to do."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class SkipPost(MonitorError):  # noqa: N818 - named by what happens next
    """Count this post as skipped and go on."""


class StopRun(MonitorError):  # noqa: N818 - named by what happens next
    """Stop now; trying again will not help until somebody acts."""


class BadInputError(MonitorError):
    """Input that cannot be read; names the file, the line and the field."""

    def __init__(self, reason: str, *, file: str = "", line: int | None = None, field: str = "") -> None:
        place = ":".join(part for part in (file, str(line) if line else "") if part)
        super().__init__(": ".join(part for part in (place, field, reason) if part))
        self.file, self.line, self.field, self.reason = file, line, field, reason
