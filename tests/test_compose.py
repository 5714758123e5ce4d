"""docker-compose.yml says what it means: everything it names exists, nothing is open, nothing starts by default secrets.

No container engine runs here. What the containers run is tested in tests/deploy/, and Airflow's part of the file ran
without containers on PostgreSQL with LocalExecutor and with CeleryExecutor (docs/howto/compose.md).
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from monitors.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENV_LINES = (ROOT / ".env.example").read_text().splitlines()
ONE_SHOT = {"certificates", "elasticsearch-accounts", "airflow-init"}
SERVED = {"elasticsearch": "9200", "kibana": "5601", "redis": "6379", "postgres": "", "airflow-api-server": "8080"}
PROFILES = {"mail": ["demo"], "redis": ["scale"], "airflow-worker": ["scale"]}
MADE_BY_THE_FILE = {"home", "database_url", "elasticsearch_url", "elasticsearch_ca", "kibana_url", "log_format"}
NOT_FOR_CONTAINERS = {
    "master_key_file",  # the key comes from .env
    "index_prefix",  # the API key is good for one prefix
    "smtp_ca",  # a file that no volume brings
    "ca_file",  # the same
    *(
        "face_model",
        "face_model_licence",
        "face_model_folder",
        "face_detector",
        "face_likeness",
        "face_impostors",
    ),  # the same
}

each_service = pytest.mark.parametrize("name", SERVICES)


def test_follows_the_schema() -> None:
    """The file is a Compose file by the Specification's own schema."""
    schema = json.loads((ROOT / "tests/fixtures/compose/compose-spec.json").read_text())

    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_docker_reads_it(tmp_path: Path) -> None:
    """Docker's own reader accepts the file with a made .env, in every profile, and refuses it without one."""
    if not has_docker_compose():
        pytest.skip("docker compose is not installed: https://docs.docker.com/compose/install/")
    (tmp_path / ".env").write_text(made_env(tmp_path))

    config = ["docker", "compose", "--project-directory", str(ROOT), "--file", str(ROOT / "docker-compose.yml")]
    whole = [*config, "--env-file", str(tmp_path / ".env"), "--profile", "*", "config", "--quiet"]
    assert subprocess.run(whole, check=False).returncode == 0
    bare = [*config, "--env-file", "/dev/null", "config", "--quiet"]
    assert subprocess.run(bare, check=False, capture_output=True).returncode != 0


def test_every_variable_is_explained() -> None:
    """What the file asks for stands in .env.example, and nothing else stands there."""
    passed_on = {name for service in SERVICES.values() for name, value in environment(service).items() if value is None}

    assert asked_for() | passed_on | {"COMPOSE_PROFILES"} == set(explained())


def test_secrets_have_no_default() -> None:
    """A variable without a default is refused when empty, and is exactly an empty line of .env.example."""
    refused = set(re.findall(r"\$\{(\w+):\?", TEXT))
    empty = {line[:-1] for line in ENV_LINES if re.fullmatch(r"[A-Z_]+=", line)}

    assert refused == empty
    assert not {name for name in asked_for() - refused if f"${{{name}:-" not in TEXT}
    assert not re.findall(
        r"(?i)^\s+\S*(?:password|secret|_key|encryptionkey)\S*: (?!\$\{|/|config/|cert)\S+", TEXT, re.MULTILINE
    )


def test_every_setting_can_be_set() -> None:
    """A setting of Shouwang is made by the file, passed on from .env, or named here with its reason."""
    ours = environment(SERVICES["web"])
    names = {name: f"SHOUWANG_{name.upper()}" for name in Settings.model_fields}
    names["keep_unmatched_days"] = "SHOUWANG_KEEP_UNMATCHED"

    assert {name for name in MADE_BY_THE_FILE if not ours.get(names[name])} == set()
    missing = {name for name, variable in names.items() if not {variable, f"{variable}_FILE"} & set(ours)}
    assert missing == NOT_FOR_CONTAINERS


@each_service
def test_needs_what_exists(name: str) -> None:
    """A service waits for services of this file; to be healthy they need a check, to end they must not restart."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert other in ONE_SHOT


@each_service
def test_stays_up_or_ends(name: str) -> None:
    """A service either ends once and is not started again, or is checked and comes back."""
    service = SERVICES[name]

    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert ("healthcheck" in service) == (name not in ONE_SHOT)


@each_service
def test_listens_on_this_machine_alone(name: str) -> None:
    """A published port is bound to 127.0.0.1."""
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@each_service
def test_image_is_pinned(name: str) -> None:
    """An image names its exact version; ours is built from this folder."""
    image, _, tag = SERVICES[name]["image"].rpartition(":")

    assert image
    assert re.match(r"v?\d+\.\d+(\.\d+)?", tag)
    assert (image == "shouwang") == ("build" in SERVICES[name])


@each_service
def test_gains_no_privileges(name: str) -> None:
    """No process gets more rights than it started with; ours start without any but what a one-shot needs."""
    service = SERVICES[name]

    assert not service.get("privileged")
    if name != "postgres":  # its image starts as root and steps down
        assert service["security_opt"] == ["no-new-privileges:true"]
    if "build" in service:
        assert service["cap_drop"] == ["ALL"]
        assert set(service.get("cap_add", [])) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
        assert "user" not in service or name in ONE_SHOT


def test_volumes_are_declared_and_used() -> None:
    """Every volume is declared once and used; every mounted file exists."""
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]

    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / mount).is_file() for mount in mounts if mount.startswith("."))


def test_hosts_are_services() -> None:
    """Every address names a service of this file and the port that it serves, or this machine."""
    inside = set(re.findall(r"(?:https?://|@)(?!localhost|127\.)([a-z-]+)(?::(\d+))?[/\"\n]", TEXT))
    published = {name: service["ports"][0] for name, service in SERVICES.items() if "ports" in service}

    assert inside == {*SERVED.items()}
    assert set(SERVED) <= set(SERVICES)
    assert published == {
        "airflow-api-server": f"127.0.0.1:8788:{SERVED['airflow-api-server']}",
        "kibana": f"127.0.0.1:5601:{SERVED['kibana']}",
        "mail": "127.0.0.1:8025:8025",
        "web": "127.0.0.1:8787:8787",
    }
    assert SERVED["airflow-api-server"] in SERVICES["airflow-api-server"]["command"]
    assert "8787" in SERVICES["web"]["command"]


@each_service
def test_files_in_the_image_exist(name: str) -> None:
    """A path under /opt/shouwang that a service names is in this folder."""
    words = [*SERVICES[name].get("command", []), *SERVICES[name].get("healthcheck", {}).get("test", [])]

    named = [word for word in words if word.startswith("/opt/shouwang/")]
    assert all((ROOT / Path(word).relative_to("/opt/shouwang")).exists() for word in named)


def test_profiles() -> None:
    """The mail catcher comes with `demo`, queue and workers with `scale`, everything else always."""
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == PROFILES


def test_elasticsearch_lets_nobody_in() -> None:
    """Elasticsearch and Kibana ask for a password and speak TLS; the versions agree with each other and the client."""
    elasticsearch, kibana = SERVICES["elasticsearch"], SERVICES["kibana"]
    versions = {service["image"].rpartition(":")[2] for service in (elasticsearch, kibana)}

    assert len(versions) == 1
    assert versions.pop().startswith("9.2.")
    for part in ("security", "security.http.ssl", "security.transport.ssl"):
        assert elasticsearch["environment"][f"xpack.{part}.enabled"] == "true"
    assert "ports" not in elasticsearch
    assert kibana["environment"]["SERVER_SSL_ENABLED"] == "true"
    assert kibana["environment"]["ELASTICSEARCH_HOSTS"].startswith("https://")


def test_airflow_asks_who_is_there() -> None:
    """Airflow's page uses accounts in its database, not the list of passwords in a file."""
    settings = environment(SERVICES["airflow-api-server"])

    assert settings["AIRFLOW__CORE__AUTH_MANAGER"].endswith(".FabAuthManager")
    assert settings["AIRFLOW__CORE__EXECUTOR"] == "${AIRFLOW_EXECUTOR:-LocalExecutor}"


def environment(service: dict[str, Any]) -> dict[str, Any]:
    """Give a service's variables."""
    found: dict[str, Any] = service.get("environment", {})
    return found


def asked_for() -> set[str]:
    """Give the variables that the file fills in."""
    return set(re.findall(r"\$\{(\w+)", TEXT))


def explained() -> list[str]:
    """Give the variables of .env.example, those behind a # too."""
    return [match[1] for line in ENV_LINES if (match := re.match(r"(?:# )?([A-Z][A-Z_]+)=", line))]


def made_env(folder: Path) -> str:
    """Make a .env away from the repository."""
    (folder / "deploy").mkdir()
    for file in (".env.example", "deploy/new-env.sh"):
        shutil.copy(ROOT / file, folder / file)
    subprocess.run(["sh", str(folder / "deploy/new-env.sh")], check=True)
    return (folder / ".env").read_text()


def has_docker_compose() -> bool:
    """Whether Docker's client is here with its compose plugin; no engine is needed to read a file."""
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    )
