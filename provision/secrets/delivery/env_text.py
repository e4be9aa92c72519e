"""Files of variables, `NAME=value` a line, as POSIX sh, python-dotenv, docker and systemd read them.

The extent of an entry is that of an assignment in sh (POSIX.1-2024, XCU 2.2 "Quoting" and 2.9.1 "Simple Commands"),
line breaks in quotes included; a quote that is never closed counts as a character, as it does for docker.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from provision.secrets.delivery.values import Complaint, refused

# Where something begins and ends.
Span = tuple[int, int]

# None of these means anything to any of the readers.
_PLAIN: Final = re.compile("[A-Za-z0-9_./:@%+,=-]+")
_QUOTED: Final = r"""'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]"""
_HEAD: Final = re.compile(r"\ufeff?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=")
_VALUE: Final = re.compile(rf"(?:{_QUOTED}|[^ \t\r\n'\"\\;&|<>()])*+")
_NOTHING_MORE: Final = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\n]*)?(?:\r?\n|\r?\Z)")
_LINE: Final = re.compile(rf"(?:{_QUOTED}|(?<=[ \t])#[^\n]*|[^\n])*+\n?")
_COMMENT: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


def quote(value: str) -> str:
    """A value as it stands behind `NAME=`: bare, in single quotes or in double ones, as most readers agree on.

    Bare where nothing is special, since docker and systemd keep quotes or not. In single quotes python-dotenv undoes
    backslashes and sh does not; in double quotes both do, and both expand variables. Where no form is safe in both,
    sh's is taken.
    """
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    if not re.search("[$`]", value):
        return '"{}"'.format(re.sub(r'(["\\])', r"\\\1", value))
    return "'{}'".format(value.replace("'", "'\\''"))


def set_variable(text: str, name: str, value: str) -> str:
    """The text with this value for the name; see `set_variables`."""
    return set_variables(text, {name: value})


def set_variables(text: str, values: Mapping[str, str]) -> str:
    """The text with these values: each in place of its name's last entry, or in a new line at the end.

    Raises UndeliverableError when an open quote before one of them would take it in. The text is read twice or three
    times, however many they are.
    """
    quoted = {name: quote(value) for name, value in values.items()}
    entries = _last_entries(text, quoted)
    end = "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"
    new = "".join(f"{name}={value}{end}" for name, value in quoted.items() if entries[name] is None)
    kept = _replaced(text, {span: quoted[name] for name, span in entries.items() if span})
    gap = "" if not new or not text.strip("\ufeff") or text.endswith("\n") else end
    # The second is for a line that a backslash at its end continues.
    for between in (gap, gap + end) if new else ("",):
        attempt = kept + between + new
        found = _last_entries(attempt, quoted)
        if all((span := found[name]) and attempt[slice(*span)] == value for name, value in quoted.items()):
            return attempt
    raise refused(Complaint("the file has a quote that is never closed", "close it, or deliver to another file"))


def merge_env(current: bytes | None, entries: Mapping[str, str]) -> bytes:
    """The file's content with these entries; raises UndeliverableError when it is not UTF-8, or a value holds NUL."""
    if any("\0" in value for value in entries.values()):
        raise refused(Complaint("the secret holds a NUL byte, and a variable cannot", "deliver it as raw or json"))
    text = _decode(current or b"")
    if text is None:
        raise refused(Complaint("the file is not UTF-8 text", "convert it, or deliver to another file"))
    return set_variables(text, entries).encode()


def _decode(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _replaced(text: str, spans: Mapping[Span, str]) -> str:
    """The text with other words at these places."""
    pieces, place = list[str](), 0
    for (start, end), words in sorted(spans.items()):
        pieces += (text[place:start], words)
        place = end
    return "".join((*pieces, text[place:]))


def _last_entries(text: str, names: Collection[str]) -> dict[str, Span | None]:
    """For each name, where the value begins and ends of its last entry, if that holds nothing else but a comment."""
    place, found = 0, dict[str, Span | None].fromkeys(names)
    while place < len(text):
        comment = _COMMENT.match(text, place)
        head = None if comment else _HEAD.match(text, place)
        if head and head[1] in found:
            value = _VALUE.match(text, head.end())
            found[head[1]] = value.span() if value and _NOTHING_MORE.match(text, value.end()) else None
        line = comment or _LINE.match(text, place)
        place = line.end() if line else len(text)
    return found
