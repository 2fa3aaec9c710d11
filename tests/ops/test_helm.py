"""The Helm chart, as far as that needs no helm; ./scripts/helm renders and validates it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from ticker.cli.main import app
from ticker.config import Settings

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "ticker"
TEMPLATES = {path.name: path.read_text() for path in (CHART / "templates").iterdir()}
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
ROLES = ("gateway", "web", "stream", "delivery", "archive")


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` with ``changes`` over them, as helm merges tables."""
    result = dict(values)
    for key, value in changes.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = merged(old, value)
        result[key] = value
    return result


@pytest.mark.parametrize("path", [None, *sorted((CHART / "ci").iterdir())], ids=str)
def test_the_schema_accepts_the_examples(path: Path | None) -> None:
    changes = {} if path is None else yaml.safe_load(path.read_text())
    jsonschema.validate(merged(VALUES, changes), SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {"redis": {"url": "redis://user:password@redis.example:6379/0"}},
        {"image": {"repository": "registry.example/ticker:latest"}},
        {"gateway": {"replica": 3}},
        {"networkPolicy": {"monitoringFrom": []}},  # it would permit everybody
        {"config": {"SITE_NAME": "Harbour News"}},
        {"networkPolicy": {"outsideRoles": ["readers"]}},
        {"secretFiles": [{"setting": "TICKER_X_FILE", "secret": "s", "key": "k", "roles": []}]},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merged(VALUES, changes), SCHEMA)


def test_templates_use_values_that_exist() -> None:
    for name, text in TEMPLATES.items():
        for path in re.findall(r"\.Values\.([A-Za-z.]+)", text):
            found: Any = VALUES
            for key in path.split("."):
                assert key in found, f"{name}: .Values.{path}"
                found = found[key]


def test_templates_set_settings_that_exist() -> None:
    names = set(re.findall(r'"TICKER_([A-Z_]+)"', TEMPLATES["_env.tpl"])) - {"CONFIG"}
    assert len(names) > 10
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_every_setting_that_names_a_file_can_have_it_from_a_secret() -> None:
    names = [f"TICKER_{name.upper()}" for name in Settings.model_fields if name.endswith("_file")]
    mounted = [
        {"setting": name, "secret": "of-the-newsroom", "key": "value", "roles": list(ROLES)}
        for name in names
    ]
    jsonschema.validate(merged(VALUES, {"secretFiles": mounted}), SCHEMA)
    assert "TICKER_OPENID_CLIENT_SECRET_FILE" in names


def test_templates_start_commands_that_exist() -> None:
    text = TEMPLATES["deployments.yaml"]
    commands = [shlex.split(found) for found in re.findall(r'\(list ("ticker" [^)]*)\)', text)]
    assert [command[-1] for command in commands] == list(ROLES)
    for _, name, *arguments in commands:
        command = get_command(app).commands[name]  # type: ignore[attr-defined]
        command.make_context(name, list(arguments))


def test_a_container_may_do_little() -> None:
    pod = TEMPLATES["_pod.tpl"]
    for line in (
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "capabilities: {drop: [ALL]}",
        "seccompProfile: {type: RuntimeDefault}",
        "automountServiceAccountToken: false",
    ):
        assert line in pod


def test_services_do_not_change_settings() -> None:
    """Kubernetes would set TICKER_PORT=tcp://… for a Service named ``ticker``."""
    assert "enableServiceLinks: false" in TEMPLATES["_pod.tpl"]
