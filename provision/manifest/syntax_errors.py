"""Says what a YAML syntax error means and how to mend it, whichever of PyYAML's two parsers raised it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

from provision.errors import Position, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Fits an error whose context, problem and first character match `pattern`; `{opened}` is where it began."""

    pattern: str
    message: str
    hint: str
    at_start: bool = False  # point at where the broken part began, not at where the parser gave up


# The texts matched are those of libyaml's scanner.c and parser.c, and of PyYAML's scanner.py and parser.py.
_RULES: Final = (
    _Rule(
        pattern="tab character|any token \\| \t",
        message="a tab is not allowed here",
        hint="indent with spaces; put a value that holds a tab in quotes",
    ),
    _Rule(
        pattern=r"any token",
        message="a value cannot start with @, `, %, | or > here",
        hint="put the value in quotes",
    ),
    _Rule(
        pattern=r"quoted scalar.*(end of stream|document separator|document indicator)",
        message="a quote is never closed",
        hint="close it with the same kind of quote",
        at_start=True,
    ),
    _Rule(
        pattern=r"(block mapping|flow node) .*\| :$",
        message="a key is missing before the colon",
        hint="write one, or put a value that starts with a colon in quotes",
    ),
    _Rule(
        pattern=r"flow (sequence|mapping)",
        message="a comma or a closing bracket is missing",
        hint="close the bracket opened on line {opened}, or separate its entries with commas",
    ),
    _Rule(
        pattern=r"flow node",
        message="a value is missing",
        hint="close every [ and {{ that was opened",
    ),
    _Rule(
        pattern=r"mapping values are not allowed",
        message="a colon is not allowed here",
        hint='quote a value that holds ": "; nested keys go on lines of their own, indented alike',
    ),
    _Rule(
        pattern=r"simple key",
        message="a colon is missing after a key",
        hint='write "key: value"; a long text goes in quotes or after ">-"',
        at_start=True,
    ),
    _Rule(
        pattern=r"Unicode character escape",
        message="an escape names no character",
        hint="write the character itself; a pair of surrogates is not YAML",
    ),
    _Rule(
        pattern=r"escape|quoted scalar.*hexa?decimal",
        message="a backslash and what follows it are not an escape of YAML",
        hint="write two backslashes, or use single quotes",
    ),
    _Rule(
        pattern=r"scanning an? (alias|anchor)",
        message="anchors and aliases are not supported",
        hint="quote a value that starts with & or *",
    ),
    _Rule(
        pattern=r"ing a tag|tag handle",
        message="explicit tags are not supported",
        hint="quote a value that starts with !",
    ),
    _Rule(
        pattern=r"directive|incompatible YAML",
        message="no directive but %YAML 1.2 is supported",
        hint="remove the line that starts with %",
    ),
    _Rule(
        pattern=r"block scalar",
        message="the text of a block does not fit what announces it",
        hint="start the text on the line after | or >, indented with spaces",
    ),
    _Rule(
        pattern=r"sequence entries",
        message='a list entry ("- ") is not allowed here',
        hint='start the list on a line of its own; quote a value that starts with "- "',
    ),
    _Rule(
        pattern=r"block (mapping|collection|sequence)",
        message="this does not continue what is above it",
        hint="indent entries of one list or mapping alike; nothing may follow a closing quote or bracket",
    ),
    _Rule(
        pattern=r"block node",
        message="a value cannot start with this character",
        hint="put the value in quotes; every closing bracket needs an opening one",
    ),
    _Rule(
        pattern=r"document start",
        message="nothing may follow the end of a document",
        hint='remove the extra bracket, or begin a new document with a line of "---"',
    ),
)
_OTHERWISE: Final = _Rule(pattern="", message="this is not valid YAML", hint="look at this line and the one above it")


def syntax_problem(error: yaml.YAMLError, content: bytes, *, file: str) -> Problem:
    """Turn a parser's error into a problem; never quotes the text, which may be a secret."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(message=_OTHERWISE.message, position=Position(file=file, line=1))
    mark = error.problem_mark
    character = content.decode(errors="replace")[mark.index : mark.index + 1]
    symptom = f"{error.context} | {error.problem} | {character}"
    rule = next((rule for rule in _RULES if re.search(rule.pattern, symptom)), _OTHERWISE)
    start = error.context_mark or mark
    if rule.at_start:
        mark = start
    position = Position(file=file, line=mark.line + 1, column=mark.column + 1)
    return Problem(message=rule.message, hint=rule.hint.format(opened=start.line + 1), position=position)
