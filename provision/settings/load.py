"""Checking provision.toml: every problem with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision.errors import InvalidInputError, Position, Problem
from provision.settings.binding import COLUMN, IDENTIFIER, KIND, OBJECT_PATH, PATH, Table
from provision.settings.model import PROJECT, Settings
from provision.settings.read import prefix_of, read_text, shown, table_in
from provision.settings.secrets import PROGRAM
from provision.settings.toml_lines import line_of

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
    PATH: ("is not a possible path", "take the NUL character out of it"),
    KIND: ("is not the name of a kind", "a capital letter, then at most 62 letters and digits, as in CostCentre"),
    PROGRAM: ("does not name a program", "write a bare name, searched on PATH, or an absolute path"),
    PROJECT: ("is not a project's name", "at most 63 letters, digits, dots, dashes and underscores"),
}


def load_settings(file: Path, here: Path) -> Settings:
    """Read and check the settings; raises InvalidInputError with every problem and its line."""
    text = read_text(file, here)
    data = table_in(text, file, here)
    where = _Text(text=text, prefix=prefix_of(file), file=shown(file, here))
    # `source` is ours to say, and an unknown key where somebody writes it.
    problems = [where.problem(("source",), *WORDS["extra_forbidden"])] if "source" in data else []
    try:
        settings = Settings.model_validate({**data, "source": file.resolve()})
    except ValidationError as error:
        problems += _problems(error, where)
    if problems:
        raise InvalidInputError(problems)
    return settings


def settings_problem(settings: Settings, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """A problem with a key of the settings that only a later stage could find, with its line."""
    file = settings.source
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return _Text(text=text, prefix=prefix_of(file), file=shown(file, Path.cwd())).problem(path, message, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a file says, the tables around ours, and the file's name for people."""

    text: str
    prefix: tuple[str, ...]
    file: str

    def problem(self, path: Sequence[str], message: str, hint: str) -> Problem:
        position = Position(file=self.file, line=line_of(self.text, (*self.prefix, *path)))
        return Problem(message=message, position=position, path=".".join(path), hint=hint)


def _problems(error: ValidationError, where: _Text) -> Iterator[Problem]:
    for item in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in item["loc"] if part != "[key]")
        yield where.problem(path, *_words(item))


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
