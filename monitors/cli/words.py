"""What the command line says, in the language of the terminal."""

import os

from monitors.messages import Say, say_in


def terminal_language() -> str:
    """Give the terminal's language; where it says none, Chinese first."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if wanted.startswith(("en", "C.", "POSIX")) or wanted == "C" else wanted.replace("_", "-") or "zh-CN"


say: Say = say_in(terminal_language())
"""Says an id of ``messages/*/cli.po``."""
