"""Reads YAML texts for the tests beside it."""

from __future__ import annotations

from typing import Final

from provision.errors import Problem
from provision.manifest.document import Document
from provision.manifest.yaml_reader import read_documents

FILE: Final = "m/a.yaml"


def read(text: str | bytes) -> list[Document | Problem]:
    """Everything that a file with this text yields."""
    return list(read_documents(text if isinstance(text, bytes) else text.encode(), file=FILE))


def data_of(text: str | bytes) -> list[object]:
    """The data of every document; a problem fails the test that asks."""
    items = read(text)
    assert not [str(item) for item in items if isinstance(item, Problem)]
    return [item.data for item in items if isinstance(item, Document)]


def problems_of(text: str | bytes) -> list[Problem]:
    """All the problems; a document fails the test that asks."""
    items = read(text)
    assert not [item for item in items if isinstance(item, Document)]
    return [item for item in items if isinstance(item, Problem)]


def place(problem: Problem) -> str:
    """`line:column path`: short enough for a table."""
    assert problem.position is not None
    assert problem.position.file == FILE
    return f"{problem.position.line}:{problem.position.column} {problem.path}".strip()
