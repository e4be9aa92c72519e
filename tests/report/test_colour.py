"""Who decides on colour, in order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from provision.report.colour import wants_colour

EVERYTHING = {"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "dumb"}


@pytest.mark.parametrize(
    ("flag", "environ", "isatty", "expected"),
    [
        (True, EVERYTHING, False, True),
        (False, {"FORCE_COLOR": "1"}, True, False),
        (None, EVERYTHING, True, False),
        (None, {"NO_COLOR": ""}, True, True),
        (None, {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        (None, {"FORCE_COLOR": ""}, False, False),
        (None, {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, True),
        (None, {"CLICOLOR_FORCE": "0"}, False, False),
        (None, {"TERM": "dumb"}, True, False),
        (None, {"TERM": "xterm"}, True, True),
        (None, {}, True, True),
        (None, {}, False, False),
    ],
)
def test_the_first_that_has_an_opinion_decides(
    flag: bool | None, environ: Mapping[str, str], isatty: bool, expected: bool
) -> None:
    assert wants_colour(environ, flag=flag, isatty=isatty) is expected
