"""From paths to documents: every file is read, and one that says nothing is a problem, not an empty wish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from provision.errors import InvalidInputError, Position, Problem
from provision.manifest.document import Document
from provision.manifest.files import find_files, read_bytes
from provision.manifest.limits import MAX_PROBLEMS_IN_ALL
from provision.manifest.yaml_reader import read_documents


def load(paths: Sequence[Path], *, relative_to: Path) -> Iterator[Document | Problem]:
    """Every document of every file in order, and a problem for each that cannot be read."""
    for file in find_files(paths, relative_to=relative_to):
        try:
            content = read_bytes(file)
        except InvalidInputError as error:
            yield from error.problems
            continue
        is_empty = True
        for document in read_documents(content, file=file.shown):
            is_empty = False
            yield document
        if is_empty:
            yield Problem(
                message="holds no document",
                position=Position(file=file.shown, line=1),
                hint="an empty file is not a wish to remove everything; delete the file if it is meant to go",
            )


def unless_hopeless(
    documents: Iterable[Document | Problem], problems: Sequence[Problem]
) -> Iterator[Document | Problem]:
    """The same documents, until there are more `problems` than anybody reads: then one that says so is the last."""
    for item in documents:
        if len(problems) >= MAX_PROBLEMS_IN_ALL:
            yield Problem(
                message="there are more problems than anybody reads; what follows was not checked",
                position=item.position if isinstance(item, Problem) else item.locate(),
                hint="correct those above first",
            )
            return
        yield item
