"""The reference of provision.toml, made from the settings' models: `python -m provision.settings.reference FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from provision.settings.binding import (
    FieldBinding,
    KindBinding,
    OnRemoveBinding,
    ReferenceBinding,
    Table,
    TouchBinding,
)
from provision.settings.guards import GuardSettings
from provision.settings.model import BackendSettings, DatabaseSettings, Settings
from provision.settings.policies import PolicySettings
from provision.settings.secrets import SecretSettings

HEAD = """\
# What `provision.toml` may say

Every key, with what it takes and what it is when it is left out.
An unknown key is an error, with the line that it stands on.
[Bring your own backend](../guides/bring-your-own-backend.md) shows them at work.

This page is made from the settings' own models by `make docs`.
"""
# What a section is about, the table of which it lists the keys, and its title.
SECTIONS: tuple[tuple[str, type[Table]], ...] = (
    ("The file", Settings),
    ("`[backend]`", BackendSettings),
    ("`[database]`", DatabaseSettings),
    ("`[secrets]`", SecretSettings),
    ("`[guards]`", GuardSettings),
    ("`[policies]`", PolicySettings),
    ("`[kinds.X]`", KindBinding),
    ("`fields.X`", FieldBinding),
    ("`references.X`", ReferenceBinding),
    ("`on_remove`", OnRemoveBinding),
    ("`touch`", TouchBinding),
)
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Any: "any value",
}
_SCALARS = frozenset((bool, int, float, str))
# `source` is where the file was read from, and no key of it.
_NOT_A_KEY = frozenset(((Settings, "source"),))


def reference() -> str:
    """The whole page, in Markdown."""
    return HEAD + "".join(f"\n## {title}\n\n{_about(model)}{_table(model)}" for title, model in SECTIONS)


def main(arguments: list[str]) -> int:
    """Write the page to a file, or with `--check` see whether it is there as it should be."""
    check = "--check" in arguments
    [name] = [argument for argument in arguments if argument != "--check"]
    file = Path(name)
    if not check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(reference(), encoding="utf-8")
        return 0
    is_fresh = file.is_file() and file.read_text(encoding="utf-8") == reference()
    if not is_fresh:
        sys.stderr.write(f"{name} is stale. Hint: make docs\n")
    return 0 if is_fresh else 1


def _about(model: type[Table]) -> str:
    """The first paragraph of its docstring; the second is for programmers."""
    return (model.__doc__ or "").partition("\n\n")[0].strip() + "\n\n"


def _table(model: type[Table]) -> str:
    keys = {name: info for name, info in model.model_fields.items() if (model, name) not in _NOT_A_KEY}
    rows = "".join(f"{_row(name, info)}\n" for name, info in keys.items())
    return f"| key | takes | when left out | meaning |\n|---|---|---|---|\n{rows}"


def _row(name: str, info: FieldInfo) -> str:
    cells = (f"`{name}`", _type(info.annotation), _default(info), info.description or "")
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "has to be there"
    value = info.get_default()
    if value is None or isinstance(value, Table) or value in ([], {}):
        return "–"
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _type(annotation: Any) -> str:
    """A type in words; what a model's name stands for is a section of its own."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Literal:
            words = ", ".join(f"`{_toml(value)}`" for value in arguments)
        case origin if origin is list:
            words = f"list of {_plural(_type(arguments[0]))}"
        case origin if origin is dict:
            words = f"table of {_plural(_type(arguments[1]))}"
        case origin if origin in (Union, UnionType):
            words = _choice([argument for argument in arguments if argument is not NoneType])
        case _ if hasattr(annotation, "__metadata__"):
            words = _type(arguments[0])
        case _:
            words = _WORDS.get(annotation) or next(
                f"table, see {title}" for title, it in SECTIONS if it is annotation
            )
    return words


def _choice(arguments: list[Any]) -> str:
    if set(arguments) == _SCALARS:
        return "text, number, true or false"
    return " or ".join(map(_type, arguments))


def _plural(words: str) -> str:
    one = {"text": "texts", "any value": "any values", "text, number, true or false": "texts, numbers, true or false"}
    return one.get(words, words.replace("table, see", "tables, see"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
