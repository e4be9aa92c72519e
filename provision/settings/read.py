"""Finding provision.toml, and reading its table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provision.errors import InvalidInputError, Position, Problem
from provision.settings.toml_lines import line_of

FILE_NAME = "provision.toml"
PYPROJECT = "pyproject.toml"


def find_settings(explicit: Path | None, environ: Mapping[str, str], here: Path) -> Path:
    """The file to read: `--config`, else `PROVISION_CONFIG`, else the nearest one upwards from `here`."""
    named = explicit or (Path(environ["PROVISION_CONFIG"]) if environ.get("PROVISION_CONFIG") else None)
    found = named or _nearest(here)
    if found is not None:
        return found
    hint = f"run where {FILE_NAME} is, or name it with --config or PROVISION_CONFIG"
    raise InvalidInputError([Problem(message=f"no {FILE_NAME} in {here} or above it", hint=hint)])


def has_settings(explicit: Path | None, environ: Mapping[str, str], here: Path) -> bool:
    """Whether there is a file to read."""
    return bool(explicit or environ.get("PROVISION_CONFIG") or _nearest(here))


def _nearest(here: Path) -> Path | None:
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if (folder / PYPROJECT).is_file() and _has_table(folder / PYPROJECT, here):
            return folder / PYPROJECT
    return None


def _has_table(file: Path, here: Path) -> bool:
    text = read_text(file, here)
    if "[tool.provision" not in text:
        return False
    tool = _parse(text, file, here).get("tool")
    return isinstance(tool, dict) and "provision" in tool


def prefix_of(file: Path) -> tuple[str, ...]:
    """The tables around ours."""
    return ("tool", "provision") if file.name == PYPROJECT else ()


def table_in(text: str, file: Path, here: Path) -> dict[str, Any]:
    """Our table of the file's text; empty where there is none."""
    data: Any = _parse(text, file, here)
    prefix = prefix_of(file)
    for depth, name in enumerate(prefix, start=1):
        data = data.get(name, {})
        if not isinstance(data, dict):
            path = prefix[:depth]
            position = Position(file=shown(file, here), line=line_of(text, path))
            hint = f"write it as [{'.'.join(prefix)}]"
            problem = Problem(message="must be a table", position=position, path=".".join(path), hint=hint)
            raise InvalidInputError([problem])
    found: dict[str, Any] = data
    return found


def read_text(file: Path, here: Path) -> str:
    """The whole file."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        message = "not valid UTF-8"
    except OSError as error:
        message = f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    raise InvalidInputError([Problem(message=f"{shown(file, here)} {message}")])


def _parse(text: str, file: Path, here: Path) -> dict[str, Any]:
    position = None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = getattr(error, "lineno", None) or _line_in(str(error))
        position = Position(file=shown(file, here), line=line)
        message = f"not valid TOML: {str(error).split(' (at ', 1)[0].lower()}"
    except ValueError:  # Python reads no decimal number of more than 4,300 digits
        message = f"{shown(file, here)} holds a number with too many digits"
    except RecursionError:
        message = f"{shown(file, here)} is nested too deeply"
    raise InvalidInputError([Problem(message=message, position=position)])


def _line_in(message: str) -> int:
    """tomllib tells the line in its message alone before Python 3.14."""
    number = message.rpartition("line ")[2].partition(",")[0]
    return int(number) if number.isdigit() else 1


def shown(file: Path, here: Path) -> str:
    """The file as people know it from where they are."""
    resolved = file.absolute()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else str(file)
