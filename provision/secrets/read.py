"""Reading every declared secret before anything is computed: what is missing is said at once, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.core.address import Address
from provision.core.secret import Secret, StoredSecret
from provision.errors import InvalidInputError, Problem
from provision.kinds.secret_spec import SecretRequest
from provision.secrets.codecs import CODECS, SecretCodec, UnequippedError
from provision.secrets.sources import SOURCES, Surroundings, UnreadableSecretError


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A declared secret at hand: in clear, to be hashed by us, or as the hash that was given."""

    request: SecretRequest
    codec: SecretCodec
    value: Secret | StoredSecret


Materials = Mapping[tuple[Address, str], Material]


Codecs = Mapping[str, SecretCodec]


def read_secrets(requests: Iterable[SecretRequest], environ: Mapping[str, str]) -> Materials:
    """Read them all; raises InvalidInputError with a problem for each that is missing or cannot be stored."""
    wanted = list(requests)
    materials: dict[tuple[Address, str], Material] = {}
    codecs, problems = _equip(wanted, environ)
    for request in wanted:
        try:
            materials[request.address, request.field] = _read(request, codecs, environ)
        except UnreadableSecretError as error:
            problems.append(_problem(request, error))
    if problems:
        raise InvalidInputError(problems)
    return materials


def _equip(requests: Iterable[SecretRequest], environ: Mapping[str, str]) -> tuple[Codecs, list[Problem]]:
    """The codecs with all they need; what one of them lacks is said once, at the first secret that is not a hash."""
    codecs, problems = dict(CODECS), list[Problem]()
    first: dict[str, SecretRequest] = {}
    for request in requests:
        if not request.spec.given():
            first.setdefault(_codec_name(request), request)
    for name, request in first.items():
        try:
            codecs[name] = CODECS[name].equipped(environ)
        except UnequippedError as error:
            problems.append(_problem(request, error))
    return codecs, problems


def _read(request: SecretRequest, codecs: Codecs, environ: Mapping[str, str]) -> Material:
    codec = codecs[_codec_name(request)]
    given = request.spec.given()
    if given:
        return Material(request=request, codec=codec, value=given)
    source, reference = request.spec.from_.reference()
    surroundings = Surroundings(environ=environ, folder=Path(request.position.file).parent)
    clear = SOURCES[source](reference, surroundings)
    complaint = codec.complaint(clear)
    if complaint:
        message, hint = complaint
        raise UnreadableSecretError(f"the secret from {source} {reference} {message}", hint)
    return Material(request=request, codec=codec, value=clear)


def _codec_name(request: SecretRequest) -> str:
    return request.binding.secret or ""


def _problem(request: SecretRequest, error: UnreadableSecretError | UnequippedError) -> Problem:
    return Problem(
        message=error.message,
        position=request.position,
        path=f"spec.{request.field}",
        hint=error.hint,
    )
