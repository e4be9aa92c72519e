"""The kinds of a project, bound as provision.toml says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter

from provision.core.shape import KindShape
from provision.errors import InvalidInputError
from provision.kinds.column import TableFacts
from provision.kinds.derive import needs_facts, vocabulary_of
from provision.kinds.guard_rules import guard_mistakes
from provision.kinds.kind import Kind, Kinds, Vocabulary
from provision.kinds.rules import mistakes
from provision.settings import KindBinding, Settings, settings_problem

# Tells what the columns of a kind are; None where that cannot be known now.
Describe = Callable[[str], TableFacts | None]


def kinds_of(settings: Settings, describe: Describe) -> Kinds:
    """Bind every kind of the settings; raises InvalidInputError with the lines of provision.toml that are wrong."""
    problems = [
        settings_problem(settings, ("kinds", name, *path), message, hint)
        for name, binding in settings.kinds.items()
        for path, message, hint in mistakes(name, binding, settings)
    ]
    if problems:
        raise InvalidInputError(problems)
    shapes: dict[str, KindShape] = {}
    for name in _owners_first(settings):
        shape = _shape(name, settings.kinds[name])
        widths = tuple(
            shapes[shape.references[field]].width if field in shape.references else 1 for field in shape.key
        )
        shapes[name] = replace(shape, widths=widths) if any(width > 1 for width in widths) else shape
    if wrong := list(guard_mistakes(settings.guards, shapes)):
        raise InvalidInputError(settings_problem(settings, ("guards", *path), *what) for path, *what in wrong)
    return {
        name: Kind(name=name, binding=binding, shape=shapes[name], derive=partial(_derive, name, settings, describe))
        for name, binding in settings.kinds.items()
    }


def _shape(name: str, binding: KindBinding) -> KindShape:
    return KindShape(
        name=name,
        key=tuple(binding.key),
        references={field: to.kind for field, to in binding.references.items() if not to.through},
        links={field: to.kind for field, to in binding.references.items() if to.through},
        disable=binding.on_remove.disable,
        administrators=binding.administrators,
        lookup=binding.lookup,
        generations=binding.generation is not None and binding.on_remove.disable is not None,
        expires=binding.expires,
        private=frozenset(field for field, bound in binding.fields.items() if bound.private),
    )


def _derive(name: str, settings: Settings, describe: Describe) -> Vocabulary:
    facts = describe(name) if needs_facts(name, settings.kinds[name]) else None
    return vocabulary_of(name, settings, facts)


def _owners_first(settings: Settings) -> list[str]:
    """The kinds in an order in which those that a key names come before it."""
    graph = {
        name: [binding.references[field].kind for field in binding.key if field in binding.references]
        for name, binding in settings.kinds.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        message = f"the keys of kinds name each other in a circle: {' -> '.join(circle)}"
        hint = "a key that holds a name cannot be part of that name; take one reference out of its key"
        raise InvalidInputError([settings_problem(settings, ("kinds", circle[0], "key"), message, hint)]) from None
