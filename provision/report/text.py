"""The default format, for a terminal or a CI log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provision.errors import Problem
from provision.report.colour import Colour, paint
from provision.report.escape import line_of_data
from provision.report.lines import Line, Sign, change_lines, pending_lines
from provision.report.view import PlanView
from provision.report.wording import PENDING, Note, closing, header, notes, problem_count

_COLOURS = {Sign.ADD: Colour.GREEN, Sign.CHANGE: Colour.YELLOW, Sign.REMOVE: Colour.RED}


def plan(view: PlanView, *, colour: bool) -> Iterator[str]:
    """The plan, what waits for `--prune`, remarks, and the closing line; no line begins with data."""
    yield header(view)
    yield ""
    yield from _block(change_lines(view), colour=colour)
    if view.plan.pending:
        yield PENDING
        yield ""
        yield from _block(pending_lines(view), colour=colour)
    yield from _spaced(_note(note, colour=colour) for note in notes(view))
    yield from closing(view)


def problems(problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
    """One line for each problem, then how many they are."""
    yield from _spaced(line_of_data(str(problem)) for problem in problems)
    count = problem_count(problems)
    yield paint(count, Colour.RED) if colour and problems else count


def _block(lines: Iterator[Line], *, colour: bool) -> Iterator[str]:
    return _spaced(_line(line, colour=colour) for line in lines)


def _spaced(lines: Iterator[str]) -> Iterator[str]:
    """The lines, and an empty one after them unless there are none."""
    line = None
    for line in lines:
        yield line
    if line is not None:
        yield ""


def _line(line: Line, *, colour: bool) -> str:
    sign = paint(line.sign, _COLOURS[line.sign]) if colour and line.sign in _COLOURS else line.sign
    return f"{'      ' if line.is_detail else '  '}{sign} {line.text}"


def _note(note: Note, *, colour: bool) -> str:
    label = paint(note.label, Colour.RED if note.is_refusal else Colour.YELLOW) if colour else note.label
    return f"{label}: {note.text}"
