"""Airflow on one machine, for `make watch`: scheduler, DAG processor and page on SQLite, no container.

Stays until Ctrl-C, then leaves no process behind. Read from the environment: SHOUWANG_WATCH_PORT (8788), AIRFLOW_HOME
(airflow-home/ in the repository) and every SHOUWANG_ setting of docs/reference/settings.md, which the tasks see.
"""
# ruff: noqa: INP001, S603, T201 - a script: it starts fixed programs and talks to the person who typed it

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
AIRFLOW = Path(sys.executable).with_name("airflow")
PROCESSES = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    # Its log server would listen on every address; the page reads the log files itself.
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
SECONDS_TO_STOP = 30


def main() -> int:
    """Give the exit code: 0 after Ctrl-C, 1 when Airflow could not start or one of its processes ended."""
    os.umask(0o077)  # database, logs and the page's password are for their owner alone
    for asked_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked_to_end, signal.default_int_handler)
    port = int(os.environ.get("SHOUWANG_WATCH_PORT", "8788"))
    home = Path(os.environ.get("AIRFLOW_HOME", REPOSITORY / "airflow-home")).resolve()
    if answers(port):
        return fail(f"Port {port} is taken. Choose another: SHOUWANG_WATCH_PORT={port + 1000} make watch")
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | airflow_settings(home, port)
    print(f"Preparing Airflow in {home}", flush=True)
    if start(home, "migrate", ["db", "migrate"], environment).wait():
        return fail(f"Airflow's database could not be prepared: {home / 'migrate.log'} says why.")
    return watch(home, port, environment)


def airflow_settings(home: Path, port: int) -> dict[str, str]:
    """What makes Airflow small, quiet and reachable from this machine alone."""
    page = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{page}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": page,
        "AIRFLOW__API__WORKERS": "1",
        # DAG files change with a new version only: parsing them twice a minute would keep a small machine busy.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def watch(home: Path, port: int, environment: Mapping[str, str]) -> int:
    """Run the three until Ctrl-C or until one of them ends, and stop them all."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.extend(start(home, name, words, environment) for name, words in PROCESSES.items())
        while not answers(port) and all_alive(running):
            time.sleep(0.5)
        if all_alive(running):
            greet(home, port)
        while all_alive(running):
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("Stopping.", flush=True)
        return 0
    else:
        return fail(f"One of Airflow's processes ended; its log in {home} says why.")
    finally:
        stop(running)


def start(home: Path, name: str, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start one of Airflow's commands in a session of its own, so that Ctrl-C reaches this script alone."""
    with (home / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [AIRFLOW, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, tasks included; end by force what has not gone in time: the next run takes it up again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leaders = [process.pid for process in running]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    while family(leaders) and time.monotonic() < deadline:
        for process in running:
            process.poll()  # reaps one that ended, so that it leaves the family
        time.sleep(0.2)
    for pid in family(leaders):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def family(leaders: Collection[int]) -> list[int]:
    """Every process of their sessions: Airflow gives a task a group of its own, but not a session."""
    import psutil  # type: ignore[import-untyped]  # Airflow brings it

    return [pid for pid in psutil.pids() if session_of(pid) in leaders]


def session_of(pid: int) -> int | None:
    """Give a process's session, None when it is gone or not ours to ask about."""
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def all_alive(running: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether none of them has ended."""
    return all(process.poll() is None for process in running)


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def greet(home: Path, port: int) -> None:
    """Say where to look."""
    print(f"Watching. Page: http://127.0.0.1:{port}, name: admin, password: in")
    print(f"{home / 'simple_auth_manager_passwords.json.generated'}")
    print(f"Logs: {home}/*.log. Ctrl-C stops.", flush=True)


def fail(line: str) -> int:
    """Say why on standard error and give the exit code."""
    print(line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
