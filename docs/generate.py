"""Writes docs/reference/ from the code: `make docs`. A test fails when a page is stale."""

import os
from pathlib import Path
from typing import Any

import typer
from pydantic_core import PydanticUndefined

from monitors.settings import Settings

REFERENCE = Path(__file__).parent / "reference"


def pages() -> dict[str, str]:
    """Give every generated page by its file name."""
    return {"settings.md": settings_page(), "commands.md": commands_page()}


def settings_page() -> str:
    """Give a row for each setting."""
    rows = [
        f"| `{_variable(name)}` | {field.description or ''} | {_default(field)} |"
        for name, field in Settings.model_fields.items()
    ]
    head = [
        "# Settings",
        "",
        "Made by `make docs` from `monitors/settings.py`.",
        "",
        "| variable | what it does | default |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def commands_page() -> str:
    """Give every command with its options, as `--help` says it."""
    os.environ["LC_ALL"] = "en"  # the page is in English, whatever the terminal speaks
    from monitors.cli.commands import app

    lines = [
        "# Commands",
        "",
        "Made by `make docs` from `monitors/cli/`; JSON Lines wherever a program may follow.",
        "",
    ]
    lines += _tell(typer.main.get_command(app), "shouwang")
    return "\n".join(lines) + "\n"


def _tell(command: Any, path: str) -> list[str]:
    if hasattr(command, "commands"):
        return [line for name in command.commands for line in _tell(command.commands[name], f"{path} {name}")]
    lines = [f"## `{path}`", "", str(command.help or ""), ""]
    for parameter in command.params:
        shown = ", ".join(parameter.opts) if parameter.param_type_name == "option" else _argument(parameter)
        if "--help" not in parameter.opts:
            lines.append(f"- `{shown}`: {getattr(parameter, 'help', '') or ''}".rstrip(": "))
    return [*lines, ""] if lines[-1] else lines


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _variable(name: str) -> str:
    alias = Settings.model_fields[name].alias
    return str(alias or f"SHOUWANG_{name.upper()}")


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        return "the user's data folder" if field.default_factory else ""
    if field.default in (None, "", ()):
        return ""
    shown = " ".join(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{shown}`"


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
