"""All sinks by the names that manifests give them. Another one is a module beside this and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.secrets.delivery.age_file import AgeFileSink
from provision.secrets.delivery.command import CommandSink
from provision.secrets.delivery.file_sink import FileSink
from provision.secrets.delivery.github_output import GithubOutputSink
from provision.secrets.delivery.kubernetes_secret import KubernetesSecretSink
from provision.secrets.delivery.sink import SecretSink
from provision.secrets.delivery.values import Delivery

SINKS: Final[Mapping[str, SecretSink]] = {
    "file": FileSink(),
    "age_file": AgeFileSink(),
    "kubernetes_secret": KubernetesSecretSink(),
    "command": CommandSink(),
    "github_output": GithubOutputSink(),
}


def sink_of(delivery: Delivery) -> SecretSink:
    """The sink that a delivery goes to."""
    return SINKS[delivery.sink.sink()]
