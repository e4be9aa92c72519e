"""The one border between data and a reader: what cannot be seen, or steers a terminal or a CI log, is spelled out."""

from __future__ import annotations

import re

# Letters and marks by Unicode's categories, and yet nothing to see: fillers, and variation selectors except emoji's.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]"
)

# Commands that a CI log obeys in the middle of a line: `##[error]` (GitHub), `##vso[…]` (Azure), `##teamcity[…]`.
_LOG_COMMAND = re.compile(r"##(?=\w*\[)")

# The wide space between the parts of a Japanese name is seen well enough.
_WIDE_SPACE = "\u3000"
_LAST_OF_BASIC_PLANE = 0xFFFF


def printable(text: str) -> str:
    r"""The text on one line, each invisible or steering character as `\uXXXX` or `\UXXXXXXXX`; idempotent.

    Those are the characters that Python does not call printable (Unicode's categories Other and Separator: controls,
    bidi and zero-width characters, lone surrogates, tags, line separators, odd spaces) and the fillers above.
    """
    if not text.isprintable() or (not text.isascii() and _UNSEEN.search(text)):
        text = "".join(map(_visible, text))
    return _LOG_COMMAND.sub(r"#\\u0023", text) if "##" in text else text


def line_of_data(text: str) -> str:
    """A printable line that begins with data; `::` there would be a command to GitHub's log, even when indented."""
    line = printable(text)
    body = line.lstrip()
    return f"{line[: len(line) - len(body)]}\\u003a{body[1:]}" if body.startswith("::") else line


def _visible(character: str) -> str:
    if character == _WIDE_SPACE or (character.isprintable() and not _UNSEEN.match(character)):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= _LAST_OF_BASIC_PLANE else f"\\U{code:08x}"
