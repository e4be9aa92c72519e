"""An expression in CEL: compiled once, evaluated often. The only module that knows the library."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import cel

from provision.policy.tokens import tokens_of

# It warns on stderr of what a function of ours refuses, which is told as a violation.
logging.getLogger("cel").setLevel(logging.ERROR)

_PLACE: Final = re.compile(r"ERROR: <input>:([0-9]+):([0-9]+): (?:Syntax error: )?([^\n]*)")
# By the types of the library's errors; its texts may hold values.
_WORDS: Final[Mapping[type[Exception], str]] = {
    TypeError: "it compares or joins values of types that do not go together, or null",
    ZeroDivisionError: "it divides by zero",
    OverflowError: "a number or a moment is out of range",
    IndexError: "a list is shorter than that",
    RuntimeError: "a function does not take such a value",
}
_TYPES: Final[Mapping[type, str]] = {
    str: "text",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a map",
    bytes: "bytes",
    datetime: "a timestamp",
    timedelta: "a duration",
    type(None): "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with an expression, and where: line and column in it, both from 1."""

    message: str
    hint: str = ""
    line: int = 1
    column: int = 1


class UnevaluableError(Exception):
    """Neither true nor false; the text says why, without a value."""


class Scene:
    """The variables of one evaluation after the other; every function is CEL's own."""

    def __init__(self) -> None:
        self._context = cel.Context(functions={"size": _size})

    def show(self, name: str, value: object) -> None:
        """Give a variable its value; raises UnevaluableError for one that CEL has no type for."""
        try:
            self._context.add_variable(name, value)
        except (ValueError, TypeError, OverflowError):
            raise UnevaluableError("it holds a value that CEL has no type for") from None

    def run(self, program: cel.Program) -> object:
        """The result of a program with the variables as they are."""
        return program.execute(self._context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression and its text."""

    text: str
    program: cel.Program

    def holds(self, scene: Scene) -> bool:
        """Whether it is true; raises UnevaluableError where it is neither that nor false."""
        try:
            result = scene.run(self.program)
        except KeyError as error:
            raise UnevaluableError(self._no_such_field(error)) from None
        except Exception as error:  # noqa: BLE001  whatever the library raises, nothing passes for true
            raise UnevaluableError(_reason(error)) from None
        if isinstance(result, bool):
            return result
        raise UnevaluableError(f"it gives {_TYPES.get(type(result), 'something else')}, not true or false")

    def _no_such_field(self, error: KeyError) -> str:
        """Name the field only if the expression does: what is in brackets may be computed from a value."""
        [name] = error.args[:1] or [""]
        named = any(token.text == name and token.kind == "word" for token in tokens_of(self.text))
        return f"no such field{f': {name}' if named else ''}; ask with has() whether it is there"


def compiled(text: str) -> Expression | Flaw:
    """Compile an expression, or say where its syntax is wrong."""
    try:
        return Expression(text=text, program=cel.compile(text))
    except Exception as error:  # noqa: BLE001  the library may raise more than it documents
        return _flaw(str(error))


def is_refused(function: str, literal: str) -> bool:
    """Whether a function of one text, or a method `matches`, never takes this literal."""
    text = f'"".matches({literal})' if function == "matches" else f"{function}({literal})"
    try:
        cel.compile(text).execute()
    except Exception:  # noqa: BLE001  as above
        return True
    return False


def _size(value: Any) -> int:
    """The library counts a text's bytes; CEL's `size` counts its code points (langdef.md, "Standard Definitions")."""
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    raise TypeError("size takes a text, bytes, a list or a map")


def _reason(error: Exception) -> str:
    return next((words for kind, words in _WORDS.items() if isinstance(error, kind)), "it failed")


def _flaw(message: str) -> Flaw:
    found = _PLACE.search(message)
    if found is None:
        return Flaw(message="not an expression of CEL")
    said = found[3].partition(" expecting ")[0].rstrip(" :")
    return Flaw(message=f"not an expression of CEL: {said}", line=int(found[1]), column=int(found[2]))
