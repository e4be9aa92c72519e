"""The sink `kubernetes_secret`: a manifest that the API's own schema takes, and that decodes to the secret."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provision.kinds.delivery_spec import KubernetesSecretDelivery
from provision.secrets.delivery.kubernetes_text import secret_manifest
from tests.secrets.delivery.deliveries import SECRET, deliver, delivery, mode, places

VERSION = kubernetes_validate.latest_version()


def manifest(value: str, **more: str) -> Any:
    spec = KubernetesSecretDelivery.model_validate({"path": "a", "name": "acme-ci", "key": "token"} | more)
    return yaml.safe_load(secret_manifest(spec, value.encode()))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_the_schema_takes_it_and_it_decodes_to_the_secret(value: str) -> None:
    read = manifest(value, namespace="default")
    assert read == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "acme-ci", "namespace": "default"},
        "type": "Opaque",
        "data": {"token": base64.b64encode(value.encode()).decode()},
    }
    kubernetes_validate.validate(read, VERSION, strict=True)


def test_the_schema_would_say_if_it_were_wrong() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest(SECRET) | {"data": {"token": 1}}, VERSION, strict=True)


@pytest.mark.parametrize("name", ["1", "null", "true", "0x1f", "1e3", "no"])
def test_names_that_yaml_would_read_as_something_else_stay_names(name: str) -> None:
    read = manifest(SECRET, name=name, key=name, namespace=name)
    assert read["metadata"] == {"name": name, "namespace": name}
    assert list(read["data"]) == [name]
    assert "namespace" not in manifest(SECRET)["metadata"]


def test_it_is_a_file_of_its_own(tmp_path: Path) -> None:
    sink = {"kubernetes_secret": {"path": "k8s/ci.yaml", "name": "acme-ci", "key": "token"}}
    deliver({SECRET: delivery(tmp_path, sink)}, places(tmp_path))
    read = yaml.safe_load((tmp_path / "k8s/ci.yaml").read_text())
    assert base64.b64decode(read["data"]["token"], validate=True) == SECRET.encode()
    assert mode(tmp_path / "k8s/ci.yaml") == 0o600
