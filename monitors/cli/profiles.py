"""``shouwang profile``: who is protected."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from monitors.cli.output import is_json_wanted, print_lines, print_table, tell_problems
from monitors.cli.words import say
from monitors.errors import BadInputError

app = typer.Typer(no_args_is_help=True, help=say("cli.help.profile_group"))

Id = Annotated[str, Argument(help=say("cli.help.profile"), metavar="ID")]


@app.command(help=say("cli.help.profile_add"))
def add(file: Annotated[Path, Argument(help=say("cli.help.profile_file"), metavar="FILE.yaml")]) -> None:
    """Register; leaves the profile pending and mails the link."""
    from monitors.cli import actions as product

    added = product.add_profile(file)
    tell_problems(added.problems)
    typer.echo(added.profile_id)
    typer.echo(say("cli.profile.pending"), err=True)
    if not added.is_mailed:
        typer.echo(say("cli.profile.no_mail_server"), err=True)


@app.command(help=say("cli.help.profile_confirm"))
def confirm(profile_id: Id, code: Annotated[str, Option(help=say("cli.help.code"), metavar="C")]) -> None:
    """Confirm with the code that was mailed to her."""
    from monitors.cli import actions as product

    product.confirm_profile(profile_id, code)
    typer.echo(say("cli.profile.active"))


@app.command("list", help=say("cli.help.profile_list"))
def list_profiles() -> None:
    """List ids and states; no names."""
    from monitors.cli import actions as product

    rows = product.list_profiles()
    if is_json_wanted():
        print_lines(rows)
    else:
        print_table(
            [say(f"cli.column.{key}") for key in ("id", "state", "hits")], [tuple(row.values()) for row in rows]
        )


@app.command(help=say("cli.help.profile_show"))
def show(profile_id: Id) -> None:
    """Show one profile, opened with its key."""
    from monitors.cli import actions as product

    print_lines([product.show_profile(profile_id)])


@app.command("try", help=say("cli.help.profile_try"))
def try_profile(
    profile_id: Id,
    posts: Annotated[str | None, Option("--posts", help=say("cli.help.try_posts"), metavar="F")] = None,
    changed_by: Annotated[Path | None, Option("--with", help=say("cli.help.try_with"), metavar="FILE.yaml")] = None,
    alias: Annotated[list[str] | None, Option("--alias", help=say("cli.help.try_alias"))] = None,
) -> None:
    """Show what a profile, changed perhaps, would find, before anything is changed."""
    from monitors import app as house
    from monitors.cli.streams import open_input
    from monitors.cli.trying import Trial
    from monitors.matching.names.match_lines import read_posts
    from monitors.matching.tried import as_post
    from monitors.profiles.profile_file import BadProfileError

    problems: list[BadInputError] = []
    with house.opened() as parts:
        try:
            trial = Trial(parts, profile_id, changed_by=changed_by, aliases=tuple(alias or ()))
        except BadProfileError as error:
            return tell_problems(error.mistakes)
        if posts is None:
            print_lines(tried.as_line() for tried in trial.of_stored())
            typer.echo(say("cli.try.looked_through", number=trial.posts), err=True)
        else:
            with open_input(posts) as stream:
                given = map(as_post, read_posts(stream, file=posts, problems=problems))
                print_lines(tried.as_line() for tried in trial.of_posts(given))
    return tell_problems(problems)


@app.command(help=say("cli.help.profile_change"))
def change(
    profile_id: Id, file: Annotated[Path, Argument(help=say("cli.help.profile_file"), metavar="FILE.yaml")]
) -> None:
    """Change what is watched for, and look through what is still stored."""
    from monitors.cli import actions as product

    changed = product.change_profile(profile_id, file)
    tell_problems(changed.problems)
    print_lines([{"profile_id": profile_id, "found": changed.found}])
    if not changed.is_stored:
        typer.echo(say("cli.profile.nothing_stored"), err=True)


@app.command(help=say("cli.help.profile_pause"))
def pause(profile_id: Id) -> None:
    """Stop crawling and mailing for now."""
    from monitors.cli import actions as product

    product.pause_profile(profile_id)
    typer.echo(say("cli.profile.paused"))


@app.command(help=say("cli.help.profile_resume"))
def resume(profile_id: Id) -> None:
    """Go on after a pause."""
    from monitors.cli import actions as product

    product.resume_profile(profile_id)
    typer.echo(say("cli.profile.active"))


@app.command(help=say("cli.help.profile_withdraw"))
def withdraw(
    profile_id: Id,
    export: Annotated[Path | None, Option(help=say("cli.help.withdraw_export"), metavar="DIR")] = None,
    now: Annotated[bool, Option("--now", help=say("cli.help.withdraw_now"))] = False,
    yes: Annotated[bool, Option("--yes", help=say("cli.help.yes"))] = False,
) -> None:
    """Offer the evidence, confirm, erase, and print the receipt."""
    from monitors.cli import actions as product
    from monitors.cli import lookups

    product.show_profile(profile_id)  # a wrong id is said before anything is asked
    if export is None and not yes and typer.confirm(say("cli.withdraw.export_first"), default=True):
        export = Path(typer.prompt(say("cli.withdraw.where")))
    if export is not None:
        lookups.export_evidence(profile_id, export)
    if not yes:
        typer.confirm(say("cli.withdraw.sure"), abort=True)
    print_lines([product.withdraw_profile(profile_id, at_once=now)])
