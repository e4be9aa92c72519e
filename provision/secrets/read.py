"""Reading every declared secret before anything is computed: what is missing is said at once, all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provision.core.address import Address
from provision.core.secret import Secret, StoredSecret
from provision.errors import InvalidInputError, Problem
from provision.kinds.secret_generate import GenerateSpec
from provision.kinds.secret_spec import SecretRequest
from provision.secrets.codecs import CODECS, SecretCodec, UnequippedError
from provision.secrets.gather import Answer, Errand, gather
from provision.secrets.redact import forms_of, withheld
from provision.secrets.sources import (
    SOURCES,
    Reading,
    Surroundings,
    UnequippedSourceError,
    UnreadableSecretError,
)
from provision.settings import Settings

_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A declared secret at hand: in clear, to be hashed by us; as the hash that was given; or how to make it."""

    request: SecretRequest
    codec: SecretCodec
    value: Secret | StoredSecret | GenerateSpec


Materials = Mapping[tuple[Address, str], Material]


Codecs = Mapping[str, SecretCodec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Every declared secret, and what people should know of where they were read."""

    materials: Materials
    warnings: tuple[str, ...]


def read_secrets(
    requests: Iterable[SecretRequest], environ: Mapping[str, str], settings: Settings, here: Path = Path()
) -> Secrets:
    """Read them all; raises InvalidInputError with a problem for each that is missing or cannot be stored.

    `here` is the folder that the manifests' own paths are relative to.
    """
    wanted = list(requests)
    codecs, problems = _equip(wanted, environ)
    errands = _errands(wanted, settings, here)
    answers = gather(errands.values(), Surroundings(environ=environ, settings=settings))
    materials: dict[tuple[Address, str], Material] = {}
    failures: list[tuple[SecretRequest, UnreadableSecretError]] = []
    for index, request in enumerate(wanted):
        codec = codecs[_codec_name(request)]
        try:
            known = request.spec.given() or request.spec.generated()
            value = known or _clear(errands[index], answers, codec)
        except UnreadableSecretError as error:
            failures.append((request, error))
        else:
            materials[request.address, request.field] = Material(request=request, codec=codec, value=value)
    problems += _problems(failures, answers.values())
    if problems:
        raise InvalidInputError(problems)
    return Secrets(materials=materials, warnings=_warnings(answers.values()))


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
            problems.append(_problem(request, error.message, error.hint))
    return codecs, problems


def _errands(requests: Iterable[SecretRequest], settings: Settings, here: Path) -> Mapping[int, Errand]:
    """What to read for each request that is neither a hash nor made by us, by its number."""
    folder, root = cache(lambda file: str((here / file).parent)), str(settings.root)
    errands = {}
    for index, request in enumerate(requests):
        if not request.spec.given() and not request.spec.generated():
            source, reference = request.spec.from_.reference()
            start = folder(request.position.file) if SOURCES[source].beside_manifest else root
            errands[index] = Errand(source, reference, start)
    return errands


def _clear(errand: Errand, answers: Mapping[Errand, Answer], codec: SecretCodec) -> Secret:
    """The secret that was read, once the codec finds nothing wrong with it."""
    answer = answers[errand]
    if isinstance(answer, UnreadableSecretError):
        raise answer
    complaint = codec.complaint(answer.secret)
    if complaint:
        message, hint = complaint
        shown = SOURCES[errand.source].shown(errand.reference)
        raise UnreadableSecretError(f"the secret from {shown} {message}", hint)
    return answer.secret


def _problems(
    failures: Collection[tuple[SecretRequest, UnreadableSecretError]], answers: Iterable[Answer]
) -> Iterator[Problem]:
    """What is wrong, each time that it is; but what a whole source lacks is said once."""
    secrets = [answer.secret.reveal() for answer in answers if isinstance(answer, Reading)]
    forms = forms_of(secrets) if any(error.said for _, error in failures) else ()
    said_once: set[str] = set()
    for request, error in failures:
        if isinstance(error, UnequippedSourceError):
            if error.message in said_once:
                continue
            said_once.add(error.message)
        lines = [line[:_MOST_CHARACTERS] for line in withheld(error.said, forms)]
        words = f"{error.message}, saying: {' / '.join(lines)}" if lines else error.message
        yield _problem(request, words, error.hint)


def _warnings(answers: Iterable[Answer]) -> tuple[str, ...]:
    readings = (answer for answer in answers if isinstance(answer, Reading))
    return tuple(dict.fromkeys(warning for reading in readings for warning in reading.warnings))


def _codec_name(request: SecretRequest) -> str:
    return request.binding.secret or ""


def _problem(request: SecretRequest, message: str, hint: str) -> Problem:
    return Problem(message=message, position=request.position, path=f"spec.{request.field}", hint=hint)
