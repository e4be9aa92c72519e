"""Problems as GitHub's workflow commands, which it shows beside the lines of a pull request.

`::error file={f},line={l},col={c},title={t}::{message}`, by GitHub's "Workflow commands for GitHub Actions". About
ten of a kind are shown for each step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provision.errors import Problem
from provision.report.escape import printable


def error_commands(problems: Iterable[Problem]) -> Iterator[str]:
    """One line for each problem, without its end."""
    for problem in problems:
        properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(problem))
        command = f"::error {properties}" if properties else "::error"
        yield f"{command}::{_message(problem)}"


def _properties(problem: Problem) -> Iterator[tuple[str, str]]:
    if problem.position:
        yield "file", problem.position.file
        yield "line", str(problem.position.line)
        yield "col", str(problem.position.column)
    if problem.path:
        yield "title", problem.path


def _message(problem: Problem) -> str:
    lines = [problem.message, f"Hint: {problem.hint}"] if problem.hint else [problem.message]
    return "%0A".join(_data(line) for line in lines)


def _data(text: str) -> str:
    # A line end in the data is no line end of ours: `printable` spells it out before it could become `%0A`.
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
