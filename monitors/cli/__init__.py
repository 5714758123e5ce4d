"""The command line: words in, one call into the product, JSON Lines or a table out.

Nothing heavy is imported here: ``shouwang --help`` answers at once (a test holds it).
"""

import sys

from monitors.errors import BadInputError, MonitorError

DONE, FAILED, BAD_INPUT = 0, 1, 2
"""Exit codes: done; a failure with one clear line; bad usage or bad input."""


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; give its exit code. What went wrong is one clear line on standard error."""
    from monitors.cli.commands import app

    try:
        app(args=arguments, prog_name="shouwang")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except MonitorError as error:
        _say(str(error), error.advice)
        return BAD_INPUT if isinstance(error, BadInputError) else FAILED
    except OSError as error:  # a disk that is full, a folder that is not ours
        _say(": ".join(filter(None, (error.strerror or type(error).__name__, error.filename))))
        return FAILED
    return DONE


def _say(*lines: str) -> None:
    for line in lines:
        if line:
            sys.stderr.write(f"{line}\n")
