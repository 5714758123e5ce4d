"""Once fired by systemd or by cron, Shouwang looks and sends: with what deploy/ says, word for word."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.airflow import wait_until
from tests.servers.homes import HER_MAIL, end_state, feed, settings_for, watch_over_her
from tests.servers.missing import missing
from tests.servers.postgres import free_port
from tests.servers.smtp import MailServer
from tests.servers.web import serving

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
UNITS = DEPLOY / "systemd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person's home folder with the repository and the settings where docs/howto/one-machine.md puts them."""

    home: Path
    smtp: MailServer

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def settings_file(self) -> Path:
        """Where the settings stand."""
        return self.home / ".config/shouwang/environment"

    def told(self) -> int:
        """How many mails she got."""
        return len(self.smtp.mails_to(HER_MAIL))


@pytest.fixture
def account(tmp_path: Path, smtp: MailServer) -> Iterator[Account]:
    """An account that watches over her, with a feed that names her and a mail server."""
    account = Account(home=tmp_path / "home", smtp=smtp)
    (account.home / "shouwang/.venv").mkdir(parents=True)
    (account.home / "shouwang/.venv/bin").symlink_to(Path(sys.executable).parent)
    watch_over_her(account.data)
    with serving() as web:
        web.answer("/feed", feed(), headers={"Content-Type": "application/rss+xml"})
        settings = settings_for(
            account.data,
            feeds=f"{web.url('/feed')} {web.url('/none')}",
            run_sources="rss",
            smtp_host=smtp.host,
            smtp_port=str(smtp.port),
            smtp_security="none",
        )
        account.settings_file.parent.mkdir(parents=True)
        account.settings_file.write_text("".join(f'{name}="{value}"\n' for name, value in settings.items()))
        yield account


def assert_done(account: Account) -> None:
    """She was told, of hits that went the whole way."""
    state = end_state(account.data)
    assert {stage for _, stage in state.hits} == {"index"}
    assert len(state.hits) == 2
    assert account.told() >= 1


def unit_lines(name: str, key: str, home: Path) -> list[str]:
    """Give the values of a key in a unit file, with the home folder filled in as systemd does."""
    lines = (UNITS / name).read_text().splitlines()
    return [line.partition("=")[2].replace("%h", str(home)) for line in lines if line.startswith(f"{key}=")]


def fire_unit(account: Account) -> list[int]:
    """Do what systemd does with a oneshot unit: read the settings, start, and whatever came of it do what comes after."""
    (file,) = unit_lines("shouwang.service", "EnvironmentFile", account.home)
    given = dict(line.split("=", 1) for line in shlex.split(Path(file).read_text()))
    environment = {"HOME": str(account.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **given}
    commands = [unit_lines("shouwang.service", key, account.home) for key in ("ExecStart", "ExecStopPost")]
    return [
        subprocess.run(shlex.split(command), env=environment, cwd=account.home, timeout=120, check=False).returncode
        for (command,) in commands
    ]


def test_the_unit_looks_and_sends(account: Account) -> None:
    """Started twice, the unit's commands find her and write to her, and the second time there is nothing to say."""
    assert fire_unit(account) == [0, 0]
    assert_done(account)
    told = account.told()

    assert fire_unit(account) == [0, 0]
    assert account.told() == told


def test_systemd_reads_the_units(account: Account) -> None:
    """Every command is found, every key known, and the timer fires twice an hour."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd is not installed. Type: sudo apt-get install systemd")
    runtime = account.home / "runtime"
    runtime.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(account.home), "XDG_RUNTIME_DIR": str(runtime)}
    units = [UNITS / "shouwang.service", UNITS / "shouwang.timer"]

    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *units], env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    (when,) = unit_lines("shouwang.timer", "OnCalendar", account.home)
    calendar = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=3", when], capture_output=True, text=True, check=True
    ).stdout
    assert len(set(re.findall(r":(07|37):00", calendar))) == 2


def crontab_line() -> str:
    """Give the one line of deploy/cron/crontab that is no comment."""
    lines = (DEPLOY / "cron/crontab").read_text().splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    return line


def test_the_line_runs_as_cron_would(account: Account) -> None:
    """With cron's few variables the line finds her, writes to her, and keeps what it said in a file."""
    command = crontab_line().split(maxsplit=5)[5]
    environment = {"HOME": str(account.home), "LOGNAME": "you", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}

    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=account.home, capture_output=True, timeout=120, check=False
    )

    log = (account.home / "shouwang.log").read_text()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), log[-2000:]
    assert_done(account)
    assert '"stage"' in log
    assert HER_MAIL not in log


def test_a_broken_setting_is_told_of(account: Account) -> None:
    """With settings that cannot be read nothing is sent, and the exit codes say so."""
    with account.settings_file.open("a") as file:
        file.write('SHOUWANG_SMTP_SECURITY="perhaps"\n')

    codes = fire_unit(account)

    assert codes == [2, 2]
    assert account.told() == 0


def test_she_is_told_though_the_search_store_is_down(account: Account) -> None:
    """Looking fails then, and the unit is red; what was found and sealed is in a mail all the same."""
    with account.settings_file.open("a") as file:
        file.write(f'SHOUWANG_ELASTICSEARCH_URL="http://127.0.0.1:{free_port()}"\n')

    codes = fire_unit(account)

    assert codes == [1, 0]
    assert account.told() >= 1


@contextmanager
def cron(account: Account, folder: Path) -> Iterator[None]:
    """Run the real cron daemon, in a namespace where it sees no crontab but ours."""
    if os.geteuid() != 0 or shutil.which("cron") is None:
        missing("the cron daemon is not installed, or you are not root. Type: sudo apt-get install cron")
    tables = folder / "crontabs"
    for made in (tables, folder / "cron.d", folder / "run"):
        made.mkdir()
    (folder / "crontab").touch()
    every_minute = "* * * * * " + crontab_line().split(maxsplit=5)[5]
    (tables / "root").write_text(f"HOME={account.home}\n{every_minute}\n")
    (tables / "root").chmod(0o600)
    places = {
        "crontabs": "/var/spool/cron/crontabs",
        "cron.d": "/etc/cron.d",
        "crontab": "/etc/crontab",
        "run": "/run",  # its pid file: another cron may be running
    }
    mounts = " && ".join(f"mount --bind {folder / ours} {place}" for ours, place in places.items())
    daemon = subprocess.Popen(["unshare", "--mount", "sh", "-c", f"{mounts} && exec cron -f"])
    try:
        yield
        assert daemon.poll() is None
    finally:
        daemon.terminate()
        daemon.wait(timeout=10)


def test_cron_fires(account: Account, tmp_path: Path) -> None:
    """The real cron daemon fires the line within a minute, and she is written to."""
    folder = tmp_path / "cron"
    folder.mkdir()

    with cron(account, folder):
        wait_until(lambda: account.told() > 0, seconds=150, what="cron fires and a mail comes")
        wait_until(lambda: not lines_running(account), seconds=60, what="the line ends")

    assert_done(account)


def lines_running(account: Account) -> bool:
    """Whether a command of ours still runs."""
    found = subprocess.run(["pgrep", "-f", str(account.home)], capture_output=True, text=True, check=False)
    return found.returncode == 0
