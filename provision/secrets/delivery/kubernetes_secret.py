"""The sink `kubernetes_secret`: a manifest to be applied, sealed or encrypted by others."""

from __future__ import annotations

from provision.secrets.delivery.kubernetes_text import secret_manifest
from provision.secrets.delivery.values import Delivery
from provision.secrets.delivery.whole_file import WholeFile


class KubernetesSecretSink(WholeFile):
    """A file with the manifest of a Secret."""

    def content(self, delivery: Delivery, value: bytes) -> bytes:
        """The manifest."""
        return secret_manifest(delivery.sink.kubernetes_secret, value)
