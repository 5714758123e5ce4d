"""Running the command line the way a person does: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


def shouwang(*arguments: str, env: Mapping[str, str], stdin: str = "") -> Said:
    """Run a command with these settings and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "monitors.cli", *arguments],
        cwd=ROOT,
        env=settings_env(env),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def settings_env(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with these settings and none of the machine's own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SHOUWANG_")}
    return {**clean, "LC_ALL": "en", **env}
