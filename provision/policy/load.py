"""From policy files to policies: read like manifests, every expression compiled, every problem found in one run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from provision.core.overrides import Override
from provision.errors import InvalidInputError, Position, Problem
from provision.manifest.document import Document, dotted
from provision.manifest.explain import explain
from provision.manifest.load import load as load_documents
from provision.manifest.load import unless_hopeless
from provision.manifest.policy_spec import PolicyManifest, RuleSpec
from provision.policy.rule import Over, Policies, Rule, Severity

if TYPE_CHECKING:
    from provision.policy.expression import Expression

INSTALL = "pip install 'provision-db[policy]'"


def load(paths: Sequence[Path], *, relative_to: Path, kinds: Collection[str]) -> Policies:
    """Read and compile; raises InvalidInputError with every problem of every file."""
    loaded = _Loaded(kinds=kinds)
    for document in unless_hopeless(load_documents(paths, relative_to=relative_to), loaded.problems):
        loaded.problems += [document] if isinstance(document, Problem) else loaded.add(document)
    if loaded.problems:
        raise InvalidInputError(sorted(loaded.problems, key=_place))
    return Policies(rules=tuple(loaded.rules), overrides=tuple(loaded.overrides))


@dataclass(slots=True, kw_only=True)
class _Loaded:
    """What has been read so far; `places` tells where each policy and each rule stands."""

    kinds: Collection[str]
    rules: list[Rule] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Position] = field(default_factory=dict)

    def add(self, document: Document) -> list[Problem]:
        """Take a document in, or return what is wrong with it."""
        if not isinstance(document.data, dict):
            hint = "a policy begins with apiVersion, kind, metadata and rules"
            return [Problem(message="not a mapping", position=document.locate(), hint=hint)]
        try:
            manifest = PolicyManifest.model_validate(document.data)
        except ValidationError as error:
            return list(explain(error, document, PolicyManifest))
        self.overrides += _overrides(manifest, document)
        problems = list(self._named_twice(manifest.metadata.name, document, ("metadata", "name")))
        for index, spec in enumerate(manifest.rules):
            name, path = f"{manifest.metadata.name}/{spec.name}", ("rules", index)
            problems += self._named_twice(name, document, (*path, "name"))
            problems += self._unknown_kinds(spec, document, path)
            rule = _rule(name, spec, document, path)
            if isinstance(rule, Rule):
                self.rules.append(rule)
            else:
                problems += rule
        return problems

    def _named_twice(self, name: str, document: Document, path: tuple[str | int, ...]) -> Iterator[Problem]:
        here = document.locate(path)
        first = self.places.setdefault(name, here)
        if first is not here:
            message, hint = f"{name} is there twice, first at {first}", "rename or remove one of the two"
            yield Problem(message=message, position=here, path=dotted(path), hint=hint)

    def _unknown_kinds(self, spec: RuleSpec, document: Document, path: tuple[str | int, ...]) -> Iterator[Problem]:
        for index, pattern in enumerate(spec.kinds):
            if not any(fnmatchcase(kind, pattern) for kind in self.kinds):
                place = (*path, "kinds", index)
                hint = f"the kinds are: {', '.join(sorted(self.kinds))}"
                position = document.locate(place)
                yield Problem(message=f"no kind matches {pattern}", position=position, path=dotted(place), hint=hint)


def _rule(name: str, spec: RuleSpec, document: Document, path: tuple[str | int, ...]) -> Rule | list[Problem]:
    over = Over(spec.over)
    written = {key: text for key, text in spec.written().items() if key in {"when", "require"}}
    expressions: dict[str, Expression] = {}
    problems: list[Problem] = []
    for key, text in written.items():
        outcome = _compiled(text, over, document, (*path, key))
        if isinstance(outcome, list):
            problems += outcome
        else:
            expressions[key] = outcome
    if problems:
        return problems
    return Rule(
        name=name,
        over=over,
        kinds=tuple(spec.kinds),
        when=expressions.get("when"),
        require=expressions["require"],
        message=spec.message,
        severity=Severity(spec.severity),
        position=document.locate(path),
    )


def _compiled(text: str, over: Over, document: Document, path: tuple[str | int, ...]) -> Expression | list[Problem]:
    position = document.locate(path)
    try:
        from provision.policy.expression import Flaw, compiled
        from provision.policy.names import flaws
    except ModuleNotFoundError:
        message = "rules need common-expression-language"
        raise InvalidInputError([Problem(message=message, position=position, hint=INSTALL)]) from None
    expression = compiled(text)
    found = [expression] if isinstance(expression, Flaw) else list(flaws(expression, over))
    if isinstance(expression, Flaw) or found:
        return [
            Problem(
                message=f"{_where(flaw.line, flaw.column)}: {flaw.message}",
                position=position,
                path=dotted(path),
                hint=flaw.hint,
            )
            for flaw in found
        ]
    return expression


def _where(line: int, column: int) -> str:
    return f"column {column}" if line == 1 else f"line {line}, column {column}"


def _overrides(manifest: PolicyManifest, document: Document) -> Iterator[Override]:
    for index, spec in enumerate(manifest.overrides):
        position = document.locate(("overrides", index))
        yield Override(guard=spec.guard, plan=spec.plan, reason=spec.reason, position=position)


def _place(problem: Problem) -> tuple[Position, str, str]:
    return problem.position or Position(file="", line=0), problem.path, problem.message
