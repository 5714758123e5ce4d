"""Checks an evidence bundle. It needs Python 3.8 or newer and nothing else: ``python3 -I verify.py``.

Every bundle holds a copy of this file as verify.py. It looks at the folder it lies in and checks

1. that every file is there and is as SHA256SUMS says, and that there is no other;
2. that every link of chain.json hashes to what it says (SHA-256 of its JSON with sorted keys and no spaces, in UTF-8,
   without the field sha256), has the next number, and names the hash of the link before it;
3. that the bytes of every link that has some are here and hash to what the link says.

It ends with 0 when everything is as it was sealed, with 1 when anything is not, and says what. The last line is the
hash of the last link: who wrote that down earlier knows that the whole bundle was not made anew.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

GENESIS = "0" * 64


def check(folder: Path) -> tuple[list[str], str]:
    """Give a line for everything that is wrong, and the hash of the last link."""
    try:
        problems = check_files(folder)
        chain = json.loads((folder / "chain.json").read_bytes().decode("utf-8", "surrogatepass"))
        return [*problems, *check_links(chain), *check_bytes(folder, chain)], chain["head"]
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        return [f"cannot be read / 无法读取: {type(error).__name__} {error}"], "?"


def check_files(folder: Path) -> list[str]:
    """Compare the folder with its list of files."""
    *lines, end = (folder / "SHA256SUMS").read_bytes().decode("utf-8").split("\n")
    listed = {line[66:]: line[:64] for line in lines}
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    problems = (
        [] if not end and all(line[64:66] == "  " for line in lines) else ["changed file / 文件被改动: SHA256SUMS"]
    )
    problems += [f"missing file / 缺少文件: {name}" for name in sorted(listed.keys() - here)]
    problems += [f"unknown file / 多出的文件: {name}" for name in sorted(here - listed.keys() - {"SHA256SUMS"})]
    for name in sorted(listed.keys() & here):
        if sha256((folder / name).read_bytes()).hexdigest() != listed[name]:
            problems.append(f"changed file / 文件被改动: {name}")
    return problems


def check_links(chain: dict[str, Any]) -> list[str]:
    """Compute every link's hash, and walk from the first to the last."""
    problems = []
    previous, number = GENESIS, 0
    for link in chain["links"]:
        place = link["sequence"]
        if hash_of(link) != link["sha256"]:
            problems.append(f"changed link / 证据环被改动: {place}")
        if (place, link["previous"]) != (number + 1, previous):
            problems.append(f"links missing or moved before / 此环之前有缺失或错位: {place}")
        previous, number = link["sha256"], place
    if (number, previous) != (chain["length"], chain["head"]):
        problems.append("the chain does not end where it did / 证据链的结尾不对")
    return problems


def check_bytes(folder: Path, chain: dict[str, Any]) -> list[str]:
    """Compare the bytes with the links that speak of them."""
    problems = []
    deleted = {link["content_sha256"] for link in chain["links"] if link["kind"] == "withheld"}
    for link in chain["links"]:
        expected = link["content_sha256"]
        if not link["is_stored"] or expected in deleted:
            continue
        path = folder / chain["files"].get(expected, "missing")
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != expected:
            problems.append(f"bytes missing or changed / 原件缺失或被改动: {link['sequence']}")
    return problems


def hash_of(link: dict[str, Any]) -> str:
    """Hash a link the way it was hashed when it was made."""
    content = {key: value for key, value in link.items() if key != "sha256"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def main() -> int:
    """Check the folder this file lies in."""
    problems, head = check(Path(__file__).resolve().parent)
    result = f"wrong / 有问题: {len(problems)}" if problems else "as it was sealed / 与封存时一致"
    text = "\n".join([*problems, result, f"head / 链尾: {head}", ""])
    # A console may know neither UTF-8 nor Chinese; what it cannot show may not stop the check.
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
