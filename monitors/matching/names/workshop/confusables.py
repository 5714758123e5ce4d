"""Make ``data/confusables.txt``: ``python -m monitors.matching.names.workshop.confusables``.

Letters of other alphabets that look like a Latin one, from Unicode TS 39 as confusable-homoglyphs (dependency group
``workshop``) brings it. Both sides are plain forms: what matching sees.
"""

import json
import sys
import unicodedata
from importlib.resources import files
from pathlib import Path

from monitors.matching.names.normalise import normalise

DATA = Path(__file__).parents[1] / "data"


def confusable_letters() -> dict[str, str]:
    """Give, by plain letter of another alphabet, the plain Latin letter it looks like."""
    listed = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for latin in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for entry in listed.get(latin, []):
            if len(entry["c"]) == 1 and unicodedata.category(entry["c"])[0] == "L":
                plain = normalise([entry["c"]])[0].text
                if len(plain) == 1 and not plain.isascii() and not unicodedata.name(plain, "").startswith("CJK"):
                    found.setdefault(plain, latin.lower())
    return found


def main() -> None:
    """Write the file."""
    found = confusable_letters()
    lines = [f"{letter} {latin}" for letter, latin in sorted(found.items())]
    text = "\n".join(("# letters that look like a Latin one (Unicode TS 39); see NOTICE", *lines)) + "\n"
    (DATA / "confusables.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"confusables.txt: {len(lines)} lines\n")


if __name__ == "__main__":
    main()
