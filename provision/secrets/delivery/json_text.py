"""Files that hold one JSON object (RFC 8259); a member is set in the text, so that all else stays as it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from provision.secrets.delivery.values import Complaint, refused

_BLANKS: Final = " \t\n\r"
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA: Final = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """Where in the text a member's name and value begin and end."""

    name: str
    start: int
    name_end: int
    value_start: int
    end: int


def merge_json(current: bytes | None, entries: dict[str, str]) -> bytes:
    """The file's content with these members; raises UndeliverableError unless it is a JSON object, or empty."""
    text = _decode(current or b"")
    complaint = _complaint(text)
    if text is None or complaint:
        raise refused(Complaint(complaint or "", "correct it, or deliver to another file"))
    text = text if text.strip(_BLANKS) else "{}\n"
    for name, value in entries.items():
        text = set_member(text, name, value)
    return text.encode()


def set_member(text: str, name: str, value: str) -> str:
    """A JSON object's text with this member: in place of the one with its name, or behind the last."""
    members = _members(text)
    for member in members:
        if member.name == name:
            return text[: member.value_start] + json.dumps(value) + text[member.end :]
    if not members:
        start, end = text.index("{") + 1, text.rindex("}")
        return f"{text[:start]}\n  {json.dumps(name)}: {json.dumps(value)}\n{text[end:]}"
    first, last = members[0], members[-1]
    lead = text[text.index("{") + 1 : first.start]
    colon = text[first.name_end : first.value_start]
    between = f",{lead}" if "\n" in lead else text[members[-2].end : last.start] if len(members) > 1 else ", "
    return f"{text[: last.end]}{between}{json.dumps(name)}{colon}{json.dumps(value)}{text[last.end :]}"


def _members(text: str) -> list[_Member]:
    decoder, members = json.JSONDecoder(parse_int=str, parse_float=str), list[_Member]()
    place = _past(_SPACE, text, text.index("{") + 1)
    while text[place] != "}":
        name, name_end = decoder.raw_decode(text, place)
        value_start = _past(_COLON, text, name_end)
        _, end = decoder.raw_decode(text, value_start)
        members.append(_Member(name=name, start=place, name_end=name_end, value_start=value_start, end=end))
        place = _past(_COMMA, text, end) if _COMMA.match(text, end) else _past(_SPACE, text, end)
    return members


def _past(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


def _decode(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _complaint(text: str | None) -> str:
    """What is wrong with the text; nothing of it is quoted, for it may hold secrets."""
    if text is None:
        return "the file is not UTF-8 text"
    try:
        value = json.loads(
            text if text.strip(_BLANKS) else "{}",
            object_pairs_hook=_object,
            parse_int=str,
            parse_float=str,
            parse_constant=_not_json,
        )
    except _DuplicateError:
        return "the file holds a JSON object with the same name twice"
    except (ValueError, RecursionError):
        return "the file is not JSON"
    return "" if isinstance(value, dict) else "the file holds JSON, but no object"


class _DuplicateError(ValueError):
    """Two members of an object have the same name."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateError
    return members


def _not_json(_name: str) -> NoReturn:
    raise ValueError
