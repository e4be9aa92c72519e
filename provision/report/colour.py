"""Whether to write colours, and how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Colour(StrEnum):
    """Foreground colours by their number in ECMA-48's SGR sequence."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"


def wants_colour(environ: Mapping[str, str], *, flag: bool | None, isatty: bool) -> bool:
    """The first that has an opinion: the flag, NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, the terminal.

    By no-color.org and force-color.org any value but an empty one counts; by bixense.com/clicolors any but `0`.
    """
    if flag is not None:
        return flag
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "") not in ("", "0"):
        return True
    return environ.get("TERM") != "dumb" and isatty


def paint(text: str, colour: Colour) -> str:
    """The text between the sequences that switch a colour on and off."""
    return f"\x1b[{colour}m{text}\x1b[0m"
