"""Every command, in the order of the help page; each is one call into the product."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from monitors.cli import profiles, stores
from monitors.cli.output import is_json_wanted, print_lines, print_table, tell_problems, telling_problems
from monitors.cli.words import say
from monitors.errors import BadInputError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=say("cli.help.shouwang")
)
app.add_typer(profiles.app, name="profile")
for name, group in stores.GROUPS.items():
    app.add_typer(group, name=name)

PostsFile = Annotated[str, Option("--posts", help=say("cli.help.posts"), metavar="F")]
ProfileId = Annotated[str | None, Option("--profile", help=say("cli.help.only_profile"), metavar="ID")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from monitors import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, Option("--version", is_eager=True, callback=_print_version, help=say("cli.help.version"))
    ] = False,
) -> None:
    """Take what stands before a command."""


@app.command(help=say("cli.help.demo"))
def demo(to: Annotated[Path, Option(help=say("cli.help.demo_to"))] = Path("demo-out")) -> None:
    """Do the whole job on invented posts."""
    from monitors.cli.demo import run_demo

    run_demo(to)


@app.command(help=say("cli.help.run"))
def run(
    source: Annotated[list[str] | None, Option("--source", help=say("cli.help.source"), metavar="NAME")] = None,
    profile: ProfileId = None,
) -> None:
    """One pass: fetch, match, score, seal, index, queue what is due."""
    from monitors.cli import actions as product

    ran = product.run_once(sources=tuple(source or ()), profile_id=profile)
    if is_json_wanted():
        print_lines(ran.rows)
    else:
        columns = [say(f"cli.column.{key}") for key in ("source", "batches", "posts")]
        print_table(columns, [tuple(row.values()) for row in ran.rows])
    tell_problems(ran.problems, failures=ran.failures)


@app.command(help=say("cli.help.submit"))
def submit(
    seen: Annotated[list[str], Argument(help=say("cli.help.seen"), metavar="URL|FILE…")],
    profile: Annotated[str, Option("--profile", help=say("cli.help.profile"), metavar="ID")],
    note: Annotated[str, Option(help=say("cli.help.note"))] = "",
) -> None:
    """Take in what she or a helper saw."""
    from monitors.cli import actions as product

    taken = product.submit(seen, profile_id=profile, note=note)
    print_lines(taken.rows)
    tell_problems(taken.problems)


@app.command(help=say("cli.help.match"))
def match(
    profiles_file: Annotated[str, Option("--profiles", help=say("cli.help.profiles_file"), metavar="F")],
    posts: PostsFile,
    minimum: Annotated[float | None, Option("--min", min=0, max=1, help=say("cli.help.min"), metavar="S")] = None,
    every: Annotated[bool, Option("--all", help=say("cli.help.all"))] = False,
) -> None:
    """Say which posts name which profiles, and why; fetch nothing."""
    from monitors.cli.streams import STANDARD_INPUT, open_input
    from monitors.lessons import memories_of
    from monitors.matching.names.match_lines import EPOCH, match_lines, read_posts, read_profiles
    from monitors.matching.names.matcher import THRESHOLD, NameMatcher

    if profiles_file == posts == STANDARD_INPUT:
        raise BadInputError(say("cli.match.both_from_input"), field="--posts")
    threshold = THRESHOLD if minimum is None else minimum
    with telling_problems() as problems:
        with open_input(profiles_file) as stream:
            watched = read_profiles(stream, file=profiles_file, problems=problems)
        matcher = NameMatcher(watched, now=EPOCH, threshold=threshold, memories=memories_of(watched, {}))
        with open_input(posts) as stream:
            print_lines(match_lines(matcher, read_posts(stream, file=posts, problems=problems), every=every))


@app.command(help=say("cli.help.score"))
def score(file: Annotated[str, Argument(help=say("cli.help.score_file"), metavar="[FILE]")] = "-") -> None:
    """Say what texts may concern; fetch nothing."""
    from monitors.app import open_scorer, read_settings
    from monitors.cli.streams import open_input
    from monitors.scoring.score_lines import score_lines

    with telling_problems() as problems, open_input(file) as stream:
        print_lines(score_lines(open_scorer(read_settings()), stream, file=file, problems=problems))


@app.command(help=say("cli.help.digest"))
def digest(
    profile: ProfileId = None,
    preview: Annotated[Path | None, Option(help=say("cli.help.preview"), metavar="DIR")] = None,
    send: Annotated[bool, Option("--send", help=say("cli.help.send"))] = False,
) -> None:
    """Render or send what is due."""
    from monitors.cli import actions as product

    print_lines([product.digest(profile_id=profile, preview=preview, send=send)])


@app.command(help=say("cli.help.recheck"))
def recheck() -> None:
    """Look again at the posts of known hits whose hour has come."""
    from monitors import app as product

    print_lines([product.look_again()])


@app.command(help=say("cli.help.explain"))
def explain(hit: Annotated[str, Argument(metavar="HIT")]) -> None:
    """Say why a hit is a hit."""
    from monitors.cli import lookups as product

    print_lines([product.explain(hit)])


@app.command(help=say("cli.help.verdict"))
def verdict(
    hit: Annotated[str, Argument(metavar="HIT")],
    about_her: Annotated[
        str | None, Option("--about-her", help=say("cli.help.about_her"), metavar="yes|no|unsure")
    ] = None,
    harmful: Annotated[str | None, Option("--harmful", help=say("cli.help.harmful"), metavar="yes|no|unsure")] = None,
) -> None:
    """Say of a hit whether it is about her and whether it harms; the last word counts."""
    from monitors.cli import lookups as product

    print_lines([product.judge(hit, about_her=about_her, harmful=harmful)])


@app.command(help=say("cli.help.rescore"))
def rescore() -> None:
    """Score stored hits again with the current model."""
    from monitors.cli import lookups as product

    print_lines([product.rescore()])


@app.command(help=say("cli.help.search"))
def search(
    query: Annotated[str, Argument(metavar="QUERY")],
    profile: ProfileId = None,
    limit: Annotated[int, Option(min=1, max=1000)] = 50,
) -> None:
    """Find hits by words."""
    from monitors.cli import lookups as product

    print_lines(product.search(query, profile_id=profile, limit=limit))


@app.command(help=say("cli.help.serve"))
def serve(
    host: Annotated[str, Option(help=say("cli.help.host"))] = "127.0.0.1",
    port: Annotated[int, Option(min=1, max=65535)] = 8787,
) -> None:
    """Serve the web page."""
    from monitors.cli import actions as product

    product.serve(host, port)


@app.command(help=say("cli.help.doctor"))
def doctor() -> None:
    """Say what is not as it should be, and what to do."""
    from monitors.cli import lookups as product

    findings = product.doctor()
    for finding in findings:
        typer.echo(finding)
    if findings:
        raise typer.Exit(1)
    typer.echo(say("cli.doctor.nothing"))
