"""Exit 0 when a page answers, for the health checks of docker-compose.yml.

`python answers.py URL` wants any answer but a server error. `python answers.py URL PART` wants Airflow's health page to
call that part healthy: it knows every part's last heartbeat, and asking it costs nothing beside `airflow jobs check`.
"""
# ruff: noqa: INP001 - a script

import sys

import httpx


def is_well(url: str, part: str | None = None) -> bool:
    """Whether the page, or the part it speaks of, is well."""
    answer = httpx.get(url, timeout=10)
    if part is None:
        return not answer.is_server_error
    return bool(answer.json()[part]["status"] == "healthy")


if __name__ == "__main__":
    sys.exit(not is_well(*sys.argv[1:]))
