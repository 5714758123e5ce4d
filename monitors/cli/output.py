"""JSON Lines for programs, tables for people, and bad input told at the end."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import typer

from monitors.errors import BadInputError


def print_lines(lines: Iterable[Mapping[str, object]]) -> None:
    """Write JSON Lines to standard output, each as soon as it is there."""
    for line in lines:
        text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
        # Half a surrogate pair, which no encoding takes, becomes the escape that JSON has for it.
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode())
        sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw a table on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(soft_wrap=True).print(table)


@contextmanager
def telling_problems() -> Iterator[list[BadInputError]]:
    """Gather what could not be read, and tell it in the end, also when the input ends in damage."""
    problems: list[BadInputError] = []
    try:
        yield problems
    except BadInputError as error:
        problems.append(error)
    tell_problems(problems)


def tell_problems(problems: Sequence[BadInputError], *, failures: Sequence[str] = ()) -> None:
    """Say on standard error what could not be read and what failed; exit with 2, or 1 where something failed."""
    for problem in (*problems, *failures):
        typer.echo(str(problem), err=True)
    if problems or failures:
        raise typer.Exit(1 if failures else 2)


def is_json_wanted() -> bool:
    """Whether a program follows: then JSON Lines, else a table."""
    return not sys.stdout.isatty()
