"""The guide to production names tests that exist, every exit code, and grants that the script has."""

from __future__ import annotations

import ast
import re

from provision.errors import ExitCode
from tests.project import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "guides" / "production.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def section(title: str) -> str:
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the first table of a section, without its head."""
    lines = section(title).partition("\n|---")[2].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names_of_tests(file: str) -> set[str]:
    """The names of a module's tests, which is not run for it."""
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    functions = (item for item in tree.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef))
    return {item.name for item in functions if item.name.startswith("test_")}


def test_every_test_that_the_guide_names_exists() -> None:
    named = NAMED.findall(GUIDE)
    assert len(named) > 40
    assert [f"{file}::{name}" for file, name in named if name not in names_of_tests(file)] == []


def test_every_promise_of_the_guide_is_a_sentence_with_a_test() -> None:
    promises = rows("What holds")
    assert len(promises) > 25
    for promise, held_by in promises:
        assert promise.endswith("."), promise
        assert NAMED.sub("", held_by).strip(", ") == "", held_by
        assert NAMED.search(held_by), promise


def test_the_guide_says_of_every_exit_code_what_was_written_and_what_to_do() -> None:
    listed = rows("What to do next")
    assert [int(row[0]) for row in listed] == sorted(ExitCode)
    assert [row for row in listed if len(row) != 4 or not all(row)] == []


def test_the_guide_names_the_logins_of_the_script() -> None:
    script = (REPOSITORY / "docs" / "guides" / "least-privilege.sql").read_text(encoding="utf-8")
    logins = re.findall(r"^CREATE ROLE (\w+) LOGIN;$", script, re.MULTILINE)
    assert [row[0] for row in rows("Roles and grants")] == [
        *(f"`{login}`" for login in logins),
        "the owner of the tables",
    ]
