"""Loads the objects into a running Kibana, takes them out again and compares: for people who have one.

``python -m search.kibana.smoke http://127.0.0.1:5601 [--api-key KEY] [--ca FILE]``. Kibana cannot be run where
Shouwang is made; until this has run once against a real one, import and drawing are unproven.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import httpx

from monitors.errors import MonitorError
from search.index import StoreUnavailableError
from search.kibana.generator import PREFIX, saved_objects
from search.kibana.loader import kibana_at, load
from search.kibana.objects import JsonObject

WAITING_SECONDS = 180


def main(arguments: list[str] | None = None) -> int:
    """Give 0 when everything came back as it went in."""
    parser = argparse.ArgumentParser(prog="python -m search.kibana.smoke", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--api-key")
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--prefix", default=PREFIX)
    asked = parser.parse_args(arguments)
    try:
        with kibana_at(asked.url, asked.api_key, asked.ca) as kibana:
            _tell(f"Kibana {wait_until_ready(kibana)} is ready")
            _tell(f"{load(asked.url, asked.api_key, prefix=asked.prefix, ca=asked.ca)} objects loaded")
            differences = compare(saved_objects(asked.prefix), take_out(kibana, saved_objects(asked.prefix)))
    except MonitorError as error:
        sys.stderr.write(f"{error}\n{error.advice}\n")
        return 1
    for difference in differences:
        _tell(difference)
    _tell(f"Now look: {asked.url.rstrip('/')}/app/dashboards#/view/{asked.prefix}-overview")
    return 1 if differences else 0


def wait_until_ready(kibana: httpx.Client, seconds: float = WAITING_SECONDS) -> str:
    """Wait until Kibana says that it is available and give its version."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if version := _version_if_ready(kibana):
            return version
        time.sleep(min(2, seconds))
    raise StoreUnavailableError("Kibana did not become ready", advice="Its own log says why.")


def _version_if_ready(kibana: httpx.Client) -> str | None:
    """A Kibana that starts refuses connections, then answers with a page, then says that it is not there yet."""
    try:
        answer = kibana.get("/api/status")
        content = answer.json() if answer.status_code == 200 else {"status": {"overall": {"level": "starting"}}}
    except (httpx.TransportError, ValueError):
        return None
    is_ready = content["status"]["overall"]["level"] == "available"
    return str(content["version"]["number"]) if is_ready else None


def take_out(kibana: httpx.Client, objects: list[JsonObject]) -> list[JsonObject]:
    """Export the objects with everything they refer to."""
    asked = [{"type": one["type"], "id": one["id"]} for one in objects]
    request = {"objects": asked, "includeReferencesDeep": True, "excludeExportDetails": True}
    answer = kibana.post("/api/saved_objects/_export", json=request)
    return [json.loads(line) for line in answer.text.splitlines()] if answer.status_code == 200 else []


def compare(sent: list[JsonObject], found: list[JsonObject]) -> list[str]:
    """Say what did not come back. Kibana may migrate attributes; titles and references it must keep."""
    by_id = {(one["type"], one["id"]): one for one in found}
    differences = []
    for one in sent:
        back = by_id.get((one["type"], one["id"]))
        if back is None:
            differences.append(f"{one['id']} did not come back")
        elif back["attributes"]["title"] != one["attributes"]["title"]:
            differences.append(f"{one['id']} has another title")
        elif _references(back) != _references(one):
            differences.append(f"{one['id']} refers to other objects")
    return differences


def _references(one: JsonObject) -> set[tuple[str, str, str]]:
    return {(reference["type"], reference["id"], reference["name"]) for reference in one["references"]}


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
