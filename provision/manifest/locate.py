"""From the line of a resource to the line and column of the field that is wrong.

The core knows where a resource stands, not where each of its fields does: a hundred thousand resources stay small
that way. When there is a problem, its file is read once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from provision.errors import Position, Problem
from provision.kinds.kind import Kinds
from provision.manifest.document import Document, dotted
from provision.manifest.yaml_reader import read_documents


def refine(problems: Iterable[Problem], kinds: Kinds) -> list[Problem]:
    """The same problems, each pointing at its own path where the file still says what it said."""
    problems = list(problems)
    files = {problem.position.file for problem in problems if problem.position and problem.path}
    places = {file: dict(_places(file, kinds)) for file in files}
    return [_refined(problem, places) for problem in problems]


def _refined(problem: Problem, places: dict[str, dict[Position, tuple[Document, tuple[str | int, ...]]]]) -> Problem:
    position = problem.position
    if position is None or position not in places.get(position.file, {}):
        return problem
    document, prefix = places[position.file][position]
    inside = _parts(problem.path)
    if not prefix:
        return replace(problem, position=document.locate(inside))
    # An inline document has neither a spec nor metadata of its own.
    path = (*prefix, *inside[1:])
    return replace(problem, position=document.locate(path), path=dotted(path))


def _parts(path: str) -> tuple[str | int, ...]:
    """`spec.deliver_to[0]` in its parts, a number in brackets being a place in a list."""
    found = re.finditer(r"\[([0-9]+)\]|[^.\[\]]+", path)
    return tuple(int(match[1]) if match[1] else match[0] for match in found)


def _places(file: str, kinds: Kinds) -> Iterator[tuple[Position, tuple[Document, tuple[str | int, ...]]]]:
    try:
        content = Path(file).read_bytes()
    except OSError:
        return
    for document in read_documents(content, file=file):
        if isinstance(document, Problem):
            continue
        yield document.locate(), (document, ())
        data = document.data if isinstance(document.data, dict) else {}
        spec, kind = data.get("spec"), kinds.get(str(data.get("kind")))
        inline = kind.vocabulary.inline if kind else {}
        lists = {name: value for name, value in spec.items() if name in inline} if isinstance(spec, dict) else {}
        for name, items in lists.items():
            for index in range(len(items) if isinstance(items, list) else 0):
                prefix = ("spec", name, index)
                yield document.locate(prefix), (document, prefix)
