"""Make what Shouwang and Kibana need in Elasticsearch: Kibana's password and our own API keys, for docker-compose.yml.

`python accounts.py CERTIFICATES HANDOVER` reads the authority from the first folder and leaves ca.crt,
elasticsearch.key and kibana.key in the second, readable by Shouwang's user alone. Runs at every start: a key that
Elasticsearch still takes is kept, so that running containers go on. From the environment: ELASTICSEARCH_URL,
ELASTIC_PASSWORD, KIBANA_SYSTEM_PASSWORD, OWNER (user id of Shouwang's containers).
"""
# ruff: noqa: INP001 - a script

import os
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx

KEYS: dict[str, dict[str, Any]] = {
    # What search/elastic does, and no more: it cannot read other indices or make users.
    "elasticsearch": {
        "cluster": ["monitor", "manage_index_templates"],
        "indices": [{"names": ["shouwang*"], "privileges": ["all"]}],
    },
    # What `shouwang kibana load` does.
    "kibana": {
        "applications": [
            {"application": "kibana-.kibana", "privileges": ["space_all"], "resources": ["space:default"]}
        ],
    },
}


def main(certificates: Path, handover: Path) -> None:
    """Set the password, then make the keys that are missing or no longer taken."""
    authority = certificates / "ca.crt"
    server = os.environ["ELASTICSEARCH_URL"]
    owner = int(os.environ["OWNER"])
    leave(handover / "ca.crt", authority.read_text(), owner)
    with httpx.Client(base_url=server, verify=ssl.create_default_context(cafile=authority), timeout=30) as client:
        elastic = httpx.BasicAuth("elastic", os.environ["ELASTIC_PASSWORD"])
        set_kibana_password(client, elastic, os.environ["KIBANA_SYSTEM_PASSWORD"])
        for name, privileges in KEYS.items():
            kept = handover / f"{name}.key"
            if not is_taken(client, kept):
                leave(kept, make_key(client, elastic, name, privileges), owner)


def set_kibana_password(client: httpx.Client, elastic: httpx.BasicAuth, password: str) -> None:
    """Give Kibana's own account the password that its container has."""
    answer = client.post("/_security/user/kibana_system/_password", auth=elastic, json={"password": password})
    answer.raise_for_status()


def is_taken(client: httpx.Client, kept: Path) -> bool:
    """Whether Elasticsearch still takes the key in this file."""
    if not kept.exists():
        return False
    answer = client.get("/_security/_authenticate", headers={"Authorization": f"ApiKey {kept.read_text()}"})
    return answer.is_success


def make_key(client: httpx.Client, elastic: httpx.BasicAuth, name: str, privileges: dict[str, Any]) -> str:
    """Make an API key with these privileges and give it as it goes into a request."""
    asked = {"name": f"shouwang-{name}", "role_descriptors": {name: privileges}}
    answer = client.post("/_security/api_key", auth=elastic, json=asked)
    answer.raise_for_status()
    encoded: str = answer.json()["encoded"]
    return encoded


def leave(path: Path, content: str, owner: int) -> None:
    """Put a file in its place whole, for one user's eyes."""
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(content)
    if os.geteuid() == 0:
        os.chown(half, owner, owner)
    half.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
