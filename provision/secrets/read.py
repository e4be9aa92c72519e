"""Reading every declared secret before anything is computed: what is missing is said at once, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.core.address import Address
from provision.core.secret import Secret, StoredSecret
from provision.errors import InvalidInputError, Problem
from provision.kinds.secret_spec import SecretRequest
from provision.secrets.codecs import CODECS, SecretCodec
from provision.secrets.sources import SOURCES, Surroundings, UnreadableSecretError


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A declared secret at hand: in clear, to be hashed by us, or as the hash that was given."""

    request: SecretRequest
    codec: SecretCodec
    value: Secret | StoredSecret


Materials = Mapping[tuple[Address, str], Material]


def read_secrets(requests: Iterable[SecretRequest], environ: Mapping[str, str]) -> Materials:
    """Read them all; raises InvalidInputError with a problem for each that is missing or cannot be stored."""
    materials: dict[tuple[Address, str], Material] = {}
    problems: list[Problem] = []
    for request in requests:
        try:
            materials[request.address, request.field] = _read(request, environ)
        except UnreadableSecretError as error:
            problems.append(
                Problem(
                    message=error.message,
                    position=request.position,
                    path=f"spec.{request.field}",
                    hint=error.hint,
                )
            )
    if problems:
        raise InvalidInputError(problems)
    return materials


def _read(request: SecretRequest, environ: Mapping[str, str]) -> Material:
    spec = request.spec
    codec = CODECS[request.binding.secret or ""]
    if "hash" in spec.model_fields_set:
        given = StoredSecret(
            spec.hash, prefix=getattr(spec, "prefix", None), last_four=getattr(spec, "last_four", None)
        )
        return Material(request=request, codec=codec, value=given)
    source, reference = spec.from_.reference()
    surroundings = Surroundings(environ=environ, folder=Path(request.position.file).parent)
    clear = SOURCES[source](reference, surroundings)
    complaint = codec.complaint(clear)
    if complaint:
        message, hint = complaint
        raise UnreadableSecretError(f"the secret from {source} {reference} {message}", hint)
    return Material(request=request, codec=codec, value=clear)
