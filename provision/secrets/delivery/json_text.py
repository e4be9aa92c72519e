"""Files that hold one JSON object (RFC 8259); a member is set in the text, so that all else stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
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


def merge_json(current: bytes | None, entries: Mapping[str, str]) -> bytes:
    """The file's content with these members; raises UndeliverableError unless it is a JSON object, or empty."""
    text = _decode(current or b"")
    complaint = _complaint(text)
    if text is None or complaint:
        raise refused(Complaint(complaint or "", "correct it, or deliver to another file"))
    text = text if text.strip(_BLANKS) else "{}\n"
    return set_members(text, entries).encode()


def set_members(text: str, values: Mapping[str, str]) -> str:
    """A JSON object's text with these members: each in place of the one with its name, or behind the last."""
    members = _members(text)
    known = {member.name for member in members}
    pieces, place = list[str](), 0
    for member in members:
        if member.name in values:
            pieces += (text[place : member.value_start], json.dumps(values[member.name]))
            place = member.end
    new = {name: value for name, value in values.items() if name not in known}
    if new and members:
        pieces += (text[place : members[-1].end], *_behind(text, members, new))
        place = members[-1].end
    elif new:
        start, place = text.index("{") + 1, text.rindex("}")
        pieces += (text[:start], ",".join(f"\n  {_pair(name, ': ', value)}" for name, value in new.items()), "\n")
    return "".join((*pieces, text[place:]))


def _behind(text: str, members: Sequence[_Member], new: Mapping[str, str]) -> Iterator[str]:
    """These members, laid out as the first ones are."""
    first, last = members[0], members[-1]
    lead = text[text.index("{") + 1 : first.start]
    colon = text[first.name_end : first.value_start]
    between = f",{lead}" if "\n" in lead else text[members[-2].end : last.start] if len(members) > 1 else ", "
    for name, value in new.items():
        yield between + _pair(name, colon, value)


def _pair(name: str, colon: str, value: str) -> str:
    return f"{json.dumps(name)}{colon}{json.dumps(value)}"


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
