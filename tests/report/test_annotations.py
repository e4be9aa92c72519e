"""Problems beside the lines of a pull request on GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Position, Problem
from provision.report.annotations import error_commands
from tests.report.examples import PROBLEM
from tests.report.test_escape import ANY_TEXT


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (
            replace(PROBLEM, hint="a@b.c"),
            "::error file=manifests/people.yaml,line=12,col=1,title=spec.email::not an e-mail address%0AHint: a@b.c",
        ),
        (Problem(message="no files"), "::error::no files"),
        (
            Problem(message="50%\n::error::x", position=Position(file="C:\\a,b%.yaml", line=1)),
            r"::error file=C%3A\a%2Cb%25.yaml,line=1,col=1::50%25\u000a::error::x",
        ),
    ],
    ids=["whole", "without a place", "to be escaped"],
)
def test_a_problem_is_an_error_command(problem: Problem, expected: str) -> None:
    assert list(error_commands([problem])) == [expected]


@given(
    st.builds(
        Problem,
        message=ANY_TEXT,
        path=ANY_TEXT,
        hint=ANY_TEXT,
        position=st.builds(Position, file=ANY_TEXT, line=st.integers(1), column=st.integers(1)),
    )
)
def test_data_cannot_add_a_property_a_command_or_a_line(problem: Problem) -> None:
    (command,) = error_commands([problem])
    assert len(command.splitlines()) == 1
    head, _, _ = command.removeprefix("::error ").partition("::")
    names = [part.partition("=")[0] for part in head.split(",")]
    assert names == ["file", "line", "col", *(["title"] if problem.path else [])]
