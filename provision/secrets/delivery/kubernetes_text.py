"""The manifest of a Kubernetes Secret with one key."""

from __future__ import annotations

import base64
import json

from provision.kinds.delivery_spec import KubernetesSecretDelivery


def secret_manifest(spec: KubernetesSecretDelivery, value: bytes) -> bytes:
    """A `v1 Secret` of the type Opaque (kubernetes.io, "Secret"), its data in padded Base64 (RFC 4648, section 4).

    Names are written in quotes: `1` and `null` are names to Kubernetes, and not to YAML.
    """
    namespace = spec.namespace if "namespace" in spec.model_fields_set else None
    lines = [
        "apiVersion: v1",
        "kind: Secret",
        "metadata:",
        f"  name: {json.dumps(spec.name)}",
        *([f"  namespace: {json.dumps(namespace)}"] if namespace else []),
        "type: Opaque",
        "data:",
        f"  {json.dumps(spec.key)}: {json.dumps(base64.b64encode(value).decode('ascii'))}",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")
