"""The pages about the backend say what the code does: their blocks are run, their tables are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from backend import load_all_models
from backend.common.model import Base
from backend.core.conf import Settings, configured_url
from backend.core.database_url import parse_url
from tests.backend.project import REPOSITORY

if TYPE_CHECKING:
    from tests.backend.project import Project

GUIDES = REPOSITORY / "docs" / "guides"
CONTRACT = REPOSITORY / "docs" / "api-contracts" / "database.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A block of a page that can be run, and what the page says it prints."""

    line: int
    language: str
    source: str
    output: str


def snippets(page: str) -> list[Snippet]:
    """The runnable blocks of a page; a `text` block belongs to the one before it."""
    found: list[Snippet] = []
    blocks = [*BLOCK.finditer(page)]
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block[1] == "text":
            continue
        output = following[2] if following and following[1] == "text" else ""
        line = page.count("\n", 0, block.start()) + 1
        found.append(Snippet(line=line, language=block[1], source=block[2], output=output))
    return found


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its two head lines and the back-ticks."""
    table = re.search(r"^\|.*?(?=\n[^|]|\Z)", page.partition(f"{heading}\n")[2], re.MULTILINE | re.DOTALL)
    assert table, f"no table below {heading}"
    lines = table[0].strip().split("\n")[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def test_every_block_of_the_guide_runs_and_prints_what_the_page_says(project: Project) -> None:
    found = snippets((GUIDES / "standalone-scripts.md").read_text())
    assert {one.language for one in found} == {"python", "sh"}
    variables = {"DATABASE_URL": f"sqlite:///{project.folder}/guide.db"}
    for one in found:
        if one.language == "python":
            result = project.python(one.source, **variables)
        else:
            result = project.run("sh", "-e", "-c", one.source, **variables)
        assert (result.returncode, result.stdout) == (0, one.output), f"line {one.line}: {result.stderr}"


def test_the_quick_start_needs_no_database_configured(project: Project) -> None:
    first = next(one for one in snippets((GUIDES / "standalone-scripts.md").read_text()) if one.language == "python")
    result = project.python(first.source)
    assert (result.returncode, result.stdout) == (0, first.output), result.stderr


def test_the_page_of_variables_lists_every_setting_with_its_default() -> None:
    page = (GUIDES / "environment-variables.md").read_text()
    written = [(name, default) for name, default, _ in rows(page, "# Environment variables of the backend")]
    blank = Settings()
    defaults = [getattr(blank, one.name) for one in fields(Settings)]
    shown = ["–" if value is None else str(value).lower() for value in defaults]
    assert written == [(one.name.upper(), value) for one, value in zip(fields(Settings), shown, strict=True)]


def test_the_page_of_variables_shows_the_drivers_that_are_used() -> None:
    page = (GUIDES / "environment-variables.md").read_text()
    for written, used in rows(page, "## Addresses"):
        for scheme in written.split(", "):
            assert parse_url(f"{scheme}/app").drivername == used.removesuffix("://")


def test_every_variable_that_the_page_names_is_read_somewhere() -> None:
    page = (GUIDES / "environment-variables.md").read_text()
    sources = [path.read_text() for folder in ("backend", "tests") for path in (REPOSITORY / folder).rglob("*.py")]
    for name, _, _ in rows(page, "## Other variables"):
        assert any(f'"{name}"' in source for source in sources), name


def test_an_example_address_of_the_page_is_accepted() -> None:
    assert configured_url({"DATABASE_URL": "postgresql://user:password@host:5432/name"}) is not None


def columns_of(table: Table) -> list[list[str]]:
    """The rows that the page should have: name, type on PostgreSQL, null, what it is part of."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    alone = {
        next(iter(constraint.columns)).name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1
    }
    found = []
    for column in table.columns:
        parts = [
            "primary key" if column.primary_key else "",
            "unique" if column.name in alone else "",
            *(f"references {key.target_fullname}" for key in column.foreign_keys),
        ]
        kind = column.type.compile(dialect=dialect).lower().replace("timestamp with time zone", "timestamptz")
        found.append([column.name, kind, "yes" if column.nullable else "no", ", ".join(filter(None, parts))])
    return found


@pytest.mark.parametrize("name", ["sys_user", "sys_api_key", "sys_dept", "sys_role", "sys_user_role"])
def test_the_contract_lists_every_column_as_it_is_mapped(name: str) -> None:
    load_all_models()
    written = [row[:4] for row in rows(CONTRACT.read_text(), f"## Table `{name}`")]
    assert written == columns_of(Base.metadata.tables[name])


def test_the_contract_has_a_section_for_every_table() -> None:
    load_all_models()
    sections = re.findall(r"^## Table `(\w+)`$", CONTRACT.read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(name for name in Base.metadata.tables if name.startswith("sys_"))
