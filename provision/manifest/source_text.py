"""Whether the bytes of a file are text that a manifest may hold: UTF-8, and nothing that a reader cannot see."""

from __future__ import annotations

import codecs
import re
from typing import Final

from provision.errors import Position, Problem
from provision.manifest.limits import MAX_FILE_BYTES

# U+2028 and U+2029 end a line for libyaml (YAML 1.1) but not in YAML 1.2; a byte order mark hides a "---" after it.
_FORBIDDEN: Final = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_FORBIDDEN_IN_VALUE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_IN_KEY: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_OTHER_ENCODINGS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE_AS_UTF8: Final = "save the file as UTF-8"


def checked(content: bytes, *, file: str) -> bytes | Problem:
    """Return a file's UTF-8 bytes without a byte order mark, or the first problem with them."""
    if len(content) > MAX_FILE_BYTES:
        return too_large_file(file)
    for mark, encoding in _OTHER_ENCODINGS:
        if content.startswith(mark):
            start = Position(file=file, line=1)
            return Problem(message=f"the file is {encoding}", position=start, hint=_SAVE_AS_UTF8)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        position = position_at(content[: error.start].decode(), file=file)
        return Problem(message="the text is not valid UTF-8", position=position, hint=_SAVE_AS_UTF8)
    found = _FORBIDDEN.search(text)
    return content if found is None else _forbidden(found[0], position_at(text[: found.start()], file=file))


def too_large_file(file: str) -> Problem:
    """Say that a file is larger than we read."""
    return Problem(
        message=f"the file is larger than {MAX_FILE_BYTES // 2**20} MiB",
        position=Position(file=file, line=1),
        hint="split it into several files",
    )


def hidden_character(text: str, *, key: bool = False) -> str | None:
    """Name the first character of a scalar that no value, or no key, may hold: `U+001B`; None when there is none.

    Only an escape in double quotes, or a block scalar used as a key, brings one into a text that was `checked`.
    """
    if text.isprintable():
        return None
    found = (_FORBIDDEN_IN_KEY if key else _FORBIDDEN_IN_VALUE).search(text)
    return found and _name(found[0])


def position_at(before: str, *, file: str) -> Position:
    """Return the position after the text `before`, with the line breaks of YAML 1.2: CR LF, LF, CR."""
    lines = re.split(r"\r\n|\r|\n", before)
    return Position(file=file, line=len(lines), column=len(lines[-1]) + 1)


def _forbidden(character: str, position: Position) -> Problem:
    match character:
        case "\u2028" | "\u2029":
            message, hint = "separator", f'write "\\u{ord(character):04x}" in double quotes'
        case "\ufeff":
            message, hint = "byte order mark inside the text", "remove it; joined files bring one"
        case "\0":
            message, hint = "control character", "remove it; a file full of these is not UTF-8"
        case _:
            message, hint = "control character", "remove it"
    return Problem(message=f"{message} {_name(character)}", position=position, hint=hint)


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
