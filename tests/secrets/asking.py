"""Asking a source for a secret, as a manifest in a folder would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from provision.core.address import Address
from provision.errors import InvalidInputError, Position
from provision.kinds.secret_spec import SECRET_SPECS, SecretRequest
from provision.secrets.read import read_secrets
from provision.secrets.sources import SOURCES, Reading, Surroundings, UnreadableSecretError
from provision.settings import FieldBinding, Settings


def settings(folder: Path, **secrets: Any) -> Settings:
    """A provision.toml in that folder, with these keys in its table `[secrets]`."""
    kind = {"table": "token", "key": ["name"]}
    return Settings.model_validate(
        {"source": folder / "provision.toml", "project": "acme", "kinds": {"Token": kind}, "secrets": secrets}
    )


def read(
    source: str, *reference: str, folder: Path, environ: Mapping[str, str] | None = None, **secrets: Any
) -> Reading:
    """What a source gives to a manifest in the folder of provision.toml."""
    surroundings = Surroundings(environ=environ or {}, settings=settings(folder, **secrets))
    return SOURCES[source].equipped(surroundings)(reference, folder)


def refusal(
    source: str, *reference: str, folder: Path, environ: Mapping[str, str] | None = None, **secrets: Any
) -> UnreadableSecretError:
    """What it says when it has nothing to give."""
    with pytest.raises(UnreadableSecretError) as caught:
        read(source, *reference, folder=folder, environ=environ, **secrets)
    assert caught.value.hint
    return caught.value


def request(
    codec: str, declared: Mapping[str, object], *, name: str = "ci", line: int = 1, file: str = "a.yaml"
) -> SecretRequest:
    """One secret of the field `key`, declared like that."""
    return SecretRequest(
        address=Address("Token", (name,)),
        field="key",
        spec=SECRET_SPECS[codec].model_validate(declared),
        binding=FieldBinding.model_validate({"secret": codec}),
        position=Position(file=file, line=line),
    )


def problems(requests: list[SecretRequest], environ: Mapping[str, str], settings: Settings) -> list[str]:
    """What a run is told in which some of these cannot be read."""
    with pytest.raises(InvalidInputError) as caught:
        read_secrets(requests, environ, settings)
    return [str(problem) for problem in caught.value.problems]
