"""From documents to what they declare: checked one by one, and then together; every problem is found in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import ValidationError

from provision.core.address import Address
from provision.core.references import unresolved
from provision.core.rename import ambiguous_renames
from provision.core.state import Resource
from provision.errors import InvalidInputError, Problem
from provision.kinds.kind import Kinds
from provision.kinds.secret_spec import SecretRequest
from provision.kinds.spec import API_VERSION, Spec
from provision.manifest.declare import declare
from provision.manifest.document import Document
from provision.manifest.explain import explain
from provision.manifest.load import unless_hopeless
from provision.manifest.locate import refine


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """All that the manifests declare: the resources by address, and the secrets that have to be read for them."""

    resources: dict[Address, Resource] = field(default_factory=dict)
    secrets: list[SecretRequest] = field(default_factory=list)


def validate(documents: Iterable[Document | Problem], kinds: Kinds) -> Declaration:
    """Check every document; raises InvalidInputError with all problems of all files, in the order of the files."""
    declaration = Declaration()
    problems: list[Problem] = []
    together: list[Problem] = []
    models: dict[str, type[Spec]] = {}
    for document in unless_hopeless(documents, problems):
        if isinstance(document, Problem):
            problems.append(document)
            continue
        outcome = _check(document, kinds, models)
        if isinstance(outcome, list):
            problems += outcome
        else:
            together += _add(declaration, document, outcome, kinds)
    shapes = {name: kind.shape for name, kind in kinds.items()}
    together += ambiguous_renames(declaration.resources)
    if not problems:  # a reference to a document that could not be read is not a problem of its own
        together += unresolved(declaration.resources, shapes)
    problems += refine(together, kinds)
    if problems:
        raise InvalidInputError(sorted(problems, key=_place))
    return declaration


def _check(document: Document, kinds: Kinds, models: dict[str, type[Spec]]) -> Spec | list[Problem]:
    data = document.data
    if not isinstance(data, dict):
        hint = "a manifest begins with apiVersion, kind, metadata and spec"
        return [Problem(message="not a mapping", position=document.locate(), hint=hint)]
    problems = list(_envelope(document, data, kinds))
    if problems:
        return problems
    kind = data["kind"]
    model = models.get(kind) or models.setdefault(kind, kinds[kind].vocabulary.manifest())
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return list(explain(error, document, model))


def _envelope(document: Document, data: dict[str, object], kinds: Kinds) -> Iterator[Problem]:
    known = sorted(name for name, kind in kinds.items() if not kind.shape.lookup)
    wanted = {"apiVersion": [API_VERSION], "kind": known}
    for key, values in wanted.items():
        value = data.get(key)
        if not isinstance(value, str) or value not in values:
            message, hint = _unknown(key, value, values, kinds) if key in data else ("is missing", "")
            hint = hint or f"write {key}: {' or '.join(values)}"
            yield Problem(message=message, position=document.locate((key,)), path=key, hint=hint)


def _unknown(key: str, value: object, values: list[str], kinds: Kinds) -> tuple[str, str]:
    if not isinstance(value, str):
        return f"unknown {key}", ""
    if key == "kind" and value in kinds:
        hint = f"name them where {value} is referred to, or take lookup from its binding"
        return f"rows of the kind {value} are made by the application, and not declared", hint
    close = get_close_matches(value, values, n=1, cutoff=0.5)
    return f"unknown {key}", f"did you mean {close[0]}?" if close else ""


def _add(declaration: Declaration, document: Document, manifest: Spec, kinds: Kinds) -> Iterator[Problem]:
    for declared in declare(manifest, document, kinds):
        if isinstance(declared, Problem):
            yield declared
            continue
        address = declared.resource.address
        other = declaration.resources.setdefault(address, declared.resource)
        if other is declared.resource:
            declaration.secrets.extend(declared.secrets)
            continue
        yield Problem(
            message=f"{address} is declared twice, first at {other.position}",
            position=declared.resource.position,
            path="metadata.name",
            hint="an address is declared once; remove or rename one of the two",
        )


def _place(problem: Problem) -> tuple[str, int, int]:
    position = problem.position
    return (position.file, position.line, position.column) if position else ("", 0, 0)
