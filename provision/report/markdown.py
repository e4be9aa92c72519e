"""For a comment on a pull request: every piece of data stands in a code fence, where Markdown has no other syntax.

A fence has no links, mentions, references, HTML or tables, by CommonMark 0.31 (4.5), on GitHub and on GitLab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from provision.errors import Problem
from provision.report.escape import line_of_data
from provision.report.lines import Line, Sign, change_lines, pending_lines
from provision.report.view import PlanView
from provision.report.wording import PENDING, change_count, closing, header, notes, problem_count

# A `diff` fence colours `!` as a change and knows no `~`.
_DIFF_SIGNS = {Sign.ADD: "+", Sign.CHANGE: "!", Sign.REMOVE: "-", Sign.NONE: " "}


def plan(view: PlanView, *, colour: bool) -> Iterator[str]:
    """The closing line as heading, project and remarks, then the changes and what waits for `--prune`, folded."""
    heading, *others = closing(view)
    yield f"### {heading}"
    yield ""
    for line in others:
        yield line
        yield ""
    yield from _fence("text", [header(view), *map(str, notes(view))])
    if view.plan.changes:
        yield from _details(change_count(view), change_lines(view))
    if view.plan.pending:
        yield from _details(PENDING, pending_lines(view))


def problems(problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
    """How many, as heading, and one line for each."""
    yield f"### {problem_count(problems)}"
    if problems:
        yield ""
        yield from _fence("text", [line_of_data(str(problem)) for problem in problems])


def _details(summary: str, lines: Iterable[Line]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from _fence("diff", [_diff_line(line) for line in lines])
    yield ""
    yield "</details>"


def _diff_line(line: Line) -> str:
    return f"{_DIFF_SIGNS[line.sign]} {'    ' if line.is_detail else ''}{line.text}"


def _fence(language: str, lines: Sequence[str]) -> Iterator[str]:
    """The lines between fences that are longer than any run of backticks in them."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from lines
    yield fence
