"""One page that needs nothing else: no scripts, no requests, every piece of data as text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from html import escape

from provision.errors import Problem
from provision.report.escape import printable
from provision.report.lines import Line, Sign, change_lines, pending_lines
from provision.report.view import PlanView
from provision.report.wording import PENDING, change_count, closing, header, notes, problem_count

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
pre { overflow-x: auto; line-height: 1.5; }
.add { color: light-dark(#116329, #7ee787); }
.change { color: light-dark(#7d4e00, #e3b341); }
.remove, .note { color: light-dark(#a40e26, #ff7b72); }
"""
# By Content Security Policy Level 3 the hash of the element's exact text admits this style and no other.
_POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
_CLASSES = {Sign.ADD: "add", Sign.CHANGE: "change", Sign.REMOVE: "remove", Sign.NONE: "plain"}


def plan(view: PlanView, *, colour: bool) -> Iterator[str]:
    """The closing line as heading, project and remarks, the changes, and what waits for `--prune`."""
    heading, *others = closing(view)
    yield from _head(heading)
    yield from (f"<p>{escape(line)}</p>" for line in (*others, header(view)))
    yield from (f'<p class="note">{escape(str(note))}</p>' for note in notes(view))
    if view.plan.changes:
        yield from _section(change_count(view), map(_line, change_lines(view)))
    if view.plan.pending:
        yield from _section(PENDING, map(_line, pending_lines(view)))
    yield from _FOOT


def problems(problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
    """How many, as heading, and one line for each."""
    count = problem_count(problems)
    yield from _head(count)
    if problems:
        yield from _section("Problems", (f"<span>{escape(printable(str(problem)))}</span>" for problem in problems))
    yield from _FOOT


_FOOT = ("</body>", "</html>")


def _head(title: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>"
    yield from f"<style>{_STYLE}</style>".split("\n")
    yield "</head>"
    yield "<body>"
    yield f"<h1>{escape(title)}</h1>"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<h2>{escape(title)}</h2>"
    yield "<pre>"
    yield from lines
    yield "</pre>"


def _line(line: Line) -> str:
    indent = "    " if line.is_detail else ""
    return f'<span class="{_CLASSES[line.sign]}">{indent}{line.sign} {escape(line.text)}</span>'
