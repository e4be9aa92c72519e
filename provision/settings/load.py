"""Finding and reading provision.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision.errors import InvalidInputError, Position, Problem
from provision.settings.binding import COLUMN, IDENTIFIER, KIND, OBJECT_PATH, Table
from provision.settings.model import PROJECT, Settings
from provision.settings.secrets import PROGRAM
from provision.settings.toml_lines import line_of

FILE_NAME = "provision.toml"
PYPROJECT = "pyproject.toml"
# pydantic's error types (docs.pydantic.dev, "Validation errors"), in our words: message and hint.
WORDS = {
    "extra_forbidden": ("unknown key", "remove it, or correct its spelling"),
    "missing": ("is missing", "add it"),
    "string_type": ("must be text", "put it in quotes"),
    "bool_type": ("must be true or false", "write it without quotes"),
    "int_type": ("must be a whole number", "write it without quotes"),
    "list_type": ("must be a list", 'write it as ["one", "two"]'),
    "dict_type": ("must be a table", "write it as { key = value }"),
    "model_type": ("must be a table", "write it as { key = value }"),
    "too_short": ("must not be empty", "write at least one item"),
}
MEANINGS = {
    OBJECT_PATH: ("does not name an object of a module", "write it as package.module:name"),
    IDENTIFIER: ("is not a name as Python has it", "letters, digits and underscores"),
    COLUMN: ("is not the name of a column", "at most 128 characters, without control characters"),
    KIND: ("is not the name of a kind", "a capital letter, then at most 62 letters and digits, as in CostCentre"),
    PROGRAM: ("does not name a program", "write a bare name, searched on PATH, or an absolute path"),
    PROJECT: ("is not a project's name", "at most 63 letters, digits, dots, dashes and underscores"),
}


def find_settings(explicit: Path | None, environ: Mapping[str, str], here: Path) -> Path:
    """The file to read: `--config`, else `PROVISION_CONFIG`, else the nearest one upwards from `here`."""
    named = explicit or (Path(environ["PROVISION_CONFIG"]) if environ.get("PROVISION_CONFIG") else None)
    found = named or _nearest(here)
    if found is not None:
        return found
    raise _invalid(
        Problem(
            message=f"no {FILE_NAME} in {here} or above it",
            hint=f"run where {FILE_NAME} is, or name it with --config or PROVISION_CONFIG",
        )
    )


def has_settings(explicit: Path | None, environ: Mapping[str, str], here: Path) -> bool:
    """Whether there is a file to read."""
    return bool(explicit or environ.get("PROVISION_CONFIG") or _nearest(here))


def _nearest(here: Path) -> Path | None:
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if (folder / PYPROJECT).is_file() and _tool_table(_read(folder / PYPROJECT, here), folder / PYPROJECT, here):
            return folder / PYPROJECT
    return None


def load_settings(file: Path, here: Path) -> Settings:
    """Read and check the settings; raises InvalidInputError with every problem and its line."""
    text = _read(file, here)
    prefix: tuple[str, ...] = ()
    data = _parse(text, file, here)
    if file.name == PYPROJECT:
        prefix = ("tool", "provision")
        data = data.get("tool", {}).get("provision", {})
    try:
        return Settings.model_validate({**data, "source": file.resolve()})
    except ValidationError as error:
        raise _invalid(*_problems(error, text, prefix, _shown(file, here))) from None


def settings_problem(settings: Settings, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """A problem with a key of the settings that only a later stage could find, with its line."""
    prefix = ("tool", "provision") if settings.source.name == PYPROJECT else ()
    text = settings.source.read_text(encoding="utf-8") if settings.source.is_file() else ""
    position = Position(file=_shown(settings.source, Path.cwd()), line=line_of(text, (*prefix, *path)))
    return Problem(message=message, position=position, path=".".join(path), hint=hint)


def _problems(error: ValidationError, text: str, prefix: Sequence[str], shown: str) -> list[Problem]:
    problems = []
    for item in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in item["loc"] if part != "[key]")
        message, hint = _words(item)
        problems.append(
            Problem(
                message=message,
                position=Position(file=shown, line=line_of(text, (*prefix, *path))),
                path=".".join(path),
                hint=hint,
            )
        )
    return problems


def _words(item: ErrorDetails) -> tuple[str, str]:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        known = {name for table in Table.__subclasses__() for name in table.model_fields} - {"source"}
        close = get_close_matches(str(item["loc"][-1]), sorted(known), n=1)
        return WORDS[kind][0], f"did you mean {close[0]}?" if close else WORDS[kind][1]
    if kind == "string_pattern_mismatch":
        return MEANINGS[context["pattern"]]
    if kind == "literal_error":
        return f"must be {context['expected']}", "write one of these"
    return WORDS.get(kind, (item["msg"][:1].lower() + item["msg"][1:], ""))


def _read(file: Path, here: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        message = "not valid UTF-8"
    except OSError as error:
        message = f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    raise _invalid(Problem(message=f"{_shown(file, here)} {message}"))


def _parse(text: str, file: Path, here: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = getattr(error, "lineno", None) or _line_in(str(error))
        message = f"not valid TOML: {str(error).split(' (at ', 1)[0].lower()}"
        raise _invalid(Problem(message=message, position=Position(file=_shown(file, here), line=line))) from None
    except RecursionError:
        raise _invalid(Problem(message=f"{_shown(file, here)} is nested too deeply")) from None


def _line_in(message: str) -> int:
    """tomllib tells the line in its message alone before Python 3.14."""
    number = message.rpartition("line ")[2].partition(",")[0]
    return int(number) if number.isdigit() else 1


def _tool_table(text: str, file: Path, here: Path) -> bool:
    return "[tool.provision" in text and "provision" in _parse(text, file, here).get("tool", {})


def _shown(file: Path, here: Path) -> str:
    resolved = file.absolute()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else str(file)


def _invalid(*problems: Problem) -> InvalidInputError:
    return InvalidInputError(problems)
