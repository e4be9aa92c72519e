"""Proposed bindings as TOML (toml.io, v1.0.0), with remarks, to be read and corrected by a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provision.kinds.scaffold.proposal import Entry, Plain, Proposal
from provision.report.escape import printable

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
HEAD = """\
# Made by `provision kinds scaffold` from the tables as they are: read it, correct it, then see that it fits with
# `provision validate --online`.
"""
PROJECT = """\
project = "my-project"
manifests = ["manifests"]

# PROVISION_DATABASE_URL and DATABASE_URL come first.
[database]
# url = "postgresql://user@host/database"
"""


def whole_file(proposals: Sequence[Proposal]) -> Iterator[str]:
    """A provision.toml that lacks nothing but a name of its own."""
    yield f"{HEAD}{PROJECT}"
    yield from kinds_alone(proposals, head="")


def kinds_alone(proposals: Sequence[Proposal], *, head: str = HEAD) -> Iterator[str]:
    """The kinds, to be added to the provision.toml that is there."""
    yield from [head] if head else []
    for number, proposal in enumerate(proposals):
        lines = [f"[kinds.{proposal.kind}]", f"table = {_value(proposal.table)}", *map(_line, proposal.entries)]
        yield "\n".join([*([""] if number else []), *lines])


def _line(entry: Entry) -> str:
    remark = printable(entry.remark)
    if not entry.path:
        return f"# {remark}"
    text = f"{entry.path} = {_value(entry.value)}{f'  # {remark}' if remark else ''}"
    return f"# {text}" if entry.only_a_hint else text


def _value(value: Plain) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inner = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _escaped(character: str) -> str:
    if character.isprintable() and character not in '"\\':
        return character
    return _ESCAPES.get(character) or f"\\U{ord(character):08x}"
