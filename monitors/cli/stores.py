"""The smaller groups: pictures, index, evidence, sources, key, Kibana."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from monitors.cli.output import is_json_wanted, print_lines, print_table, tell_problems
from monitors.cli.words import say
from monitors.errors import BadInputError

images = typer.Typer(no_args_is_help=True, help=say("cli.help.images"))
index = typer.Typer(no_args_is_help=True, help=say("cli.help.index"))
evidence = typer.Typer(no_args_is_help=True, help=say("cli.help.evidence"))
sources = typer.Typer(no_args_is_help=True, help=say("cli.help.sources"))
key = typer.Typer(no_args_is_help=True, help=say("cli.help.key"))
kibana = typer.Typer(no_args_is_help=True, help=say("cli.help.kibana"))

GROUPS = {
    "images": images,
    "index": index,
    "evidence": evidence,
    "sources": sources,
    "key": key,
    "kibana": kibana,
}


@images.callback()
@index.callback()
@evidence.callback()
@sources.callback()
@key.callback()
@kibana.callback()
def group() -> None:
    """Keep a group with one command a group."""


@images.command("match", help=say("cli.help.images_match"))
def images_match(
    photos: Annotated[Path, Option(exists=True, file_okay=False, metavar="DIR")],
    candidates: Annotated[Path, Option(exists=True, file_okay=False, metavar="DIR")],
    quick: Annotated[bool, Option("--quick", help=say("cli.help.images_quick"))] = False,
) -> None:
    """Compare two folders of pictures; never compares faces."""
    from monitors.matching.images.decoder import PictureError
    from monitors.matching.images.match_folders import match_folders

    problems: list[PictureError] = []
    print_lines(match_folders(photos, candidates, quick=quick, on_error=problems.append))
    tell_problems(problems)


@images.command("export", help=say("cli.help.images_export"))
def images_export(
    profile_id: Annotated[str, Argument(metavar="ID")],
    kind: Annotated[str, Option("--format", help=say("cli.help.images_format"))] = "threatexchange",
) -> None:
    """Write a profile's hashes as platforms and hash banks read them."""
    from monitors.cli import lists as product

    typer.echo(product.export_hashes(profile_id, kind), nl=False)


@images.command("import", help=say("cli.help.images_import"))
def images_import(
    file: Annotated[Path, Argument(metavar="FILE")], profile_id: Annotated[str, Option("--profile", metavar="ID")]
) -> None:
    """Watch for the hashes of a list as well."""
    from monitors.cli import lists as product

    problems: list[BadInputError] = []
    print_lines([product.import_hashes(file, profile_id, problems.append)])
    tell_problems(problems)


@index.command("rebuild", help=say("cli.help.index_rebuild"))
def index_rebuild() -> None:
    """Make the search store again from the ledger."""
    from monitors.cli import lookups as product

    print_lines([{"documents": product.rebuild_index()}])


@index.command("check", help=say("cli.help.index_check"))
def index_check() -> None:
    """Compare the search store with the ledger."""
    from monitors.cli import lookups as product

    _tell_findings(product.check_index())


@evidence.command("verify", help=say("cli.help.evidence_verify"))
def evidence_verify(profile_id: Annotated[str | None, Argument(metavar="[ID]")] = None) -> None:
    """Check every link and every byte."""
    from monitors.cli import lookups as product

    _tell_findings(product.verify_evidence(profile_id))


@evidence.command("export", help=say("cli.help.evidence_export"))
def evidence_export(
    profile_id: Annotated[str, Argument(metavar="ID")], to: Annotated[Path, Option(metavar="DIR")]
) -> None:
    """Write a bundle that verifies without Shouwang."""
    from monitors.cli import lookups as product

    typer.echo(product.export_evidence(profile_id, to))


@sources.command("check", help=say("cli.help.sources_check"))
def sources_check(
    quick: Annotated[bool, Option("--quick", help=say("cli.help.sources_quick"))] = False,
) -> None:
    """Say how every source stands and what to do; ends with 1 where one is blind."""
    from monitors.cli.source_rows import check_sources

    checked = check_sources(asks=not quick)
    _table_or_lines(list(checked.rows), ("source", "state", "outcome", "at", "advice"))
    if checked.is_blind:
        raise typer.Exit(1)


@sources.command("plan", help=say("cli.help.sources_plan"))
def sources_plan() -> None:
    """Say what each source will be asked, how often, and what cannot be seen."""
    from monitors.cli.source_rows import plan_sources

    _table_or_lines(plan_sources(), ("source", "queries", "asks", "often", "unseen"))


@key.command("backup", help=say("cli.help.key_backup"))
def key_backup(to: Annotated[Path, Option(metavar="FILE")]) -> None:
    """Write the master key to another place."""
    from monitors.cli import lookups as product

    product.backup_key(to)
    typer.echo(say("cli.key.backed_up"))


@kibana.command("load", help=say("cli.help.kibana_load"))
def kibana_load() -> None:
    """Load data view, saved searches and dashboard into Kibana."""
    from monitors.cli import lookups as product

    print_lines([{"objects": product.load_kibana()}])


def _tell_findings(findings: list[str]) -> None:
    for finding in findings:
        typer.echo(finding)
    if findings:
        raise typer.Exit(1)
    typer.echo(say("cli.findings.none"))


def _table_or_lines(rows: list[dict[str, object]], columns: tuple[str, ...]) -> None:
    if is_json_wanted():
        print_lines(rows)
    else:
        print_table([say(f"cli.column.{key}") for key in columns], [[row[key] for key in columns] for row in rows])
