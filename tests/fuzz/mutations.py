"""Ways to spoil a file: its bytes as they come, or what they say."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from tests.fuzz.tokens import BYTES, VALUES, as_written

# A list or mapping, and the place in it.
Place = tuple[Any, Any]
# One at a time gets furthest into the program.
EDITS: Final = st.sampled_from((1, 1, 1, 2, 4))


@st.composite
def spoilt_bytes(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with up to four pieces of it flipped, deleted, repeated, moved or overwritten."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(EDITS)):
        at = draw(st.integers(0, len(content)))
        piece = content[at : at + draw(st.integers(0, 30))]
        before, after = content[:at], content[at + len(piece) :]
        match draw(st.sampled_from(("flip", "delete", "repeat", "move", "insert", "overwrite"))):
            case "flip":
                bit = 1 << draw(st.integers(0, 7))
                content = before + bytes(byte ^ bit for byte in piece[:1]) + piece[1:] + after
            case "delete":
                content = before + after
            case "repeat":
                content = before + piece * draw(st.sampled_from((2, 3, 40))) + after
            case "move":
                to = draw(st.integers(0, len(before)))
                content = before[:to] + piece + before[to:] + after
            case "insert":
                content = before + draw(st.sampled_from(BYTES)) + piece + after
            case _:  # overwrite
                content = before + draw(st.sampled_from(BYTES) | st.binary(max_size=4)) + after
    return content


@st.composite
def spoilt_data(draw: st.DrawFn, seeds: Sequence[Any], *, keeping: frozenset[str] = frozenset()) -> Any:
    """One of the seeds with up to four of its nodes deleted, replaced, retyped, repeated, nested or renamed.

    Keys that are `keeping` are neither deleted nor renamed.
    """
    data = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(EDITS)):
        places = [place for place in _places(data) if place[1] not in keeping]
        if places:
            holder, key = places[draw(st.integers(0, len(places) - 1))]
            edit = draw(st.sampled_from((_delete, _replace, _replace, _replace, _retype, _repeat, _nest, _rename)))
            edit(draw, holder, key)
    return data


def _places(data: Any) -> Iterator[Place]:
    pending = [data]
    while pending:
        holder = pending.pop()
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            yield holder, key
            if isinstance(value, (dict, list)):
                pending.append(value)


def _delete(_draw: st.DrawFn, holder: Any, key: Any) -> None:
    del holder[key]


def _replace(draw: st.DrawFn, holder: Any, key: Any) -> None:
    # A copy, for a later edit may change what is in it.
    holder[key] = copy.deepcopy(draw(st.sampled_from(VALUES) | st.text(max_size=5) | st.integers() | st.floats()))


def _retype(draw: st.DrawFn, holder: Any, key: Any) -> None:
    value = holder[key]
    holder[key] = draw(st.sampled_from((str(value), [value], {"name": value}, bool(value), {}, [])))


def _repeat(draw: st.DrawFn, holder: Any, key: Any) -> None:
    holder[key] = [holder[key]] * draw(st.sampled_from((2, 17, 1000)))


def _nest(draw: st.DrawFn, holder: Any, key: Any) -> None:
    wraps: Mapping[str, Callable[[Any], Any]] = {"list": lambda one: [one], "mapping": lambda one: {"a": one}}
    wrap = wraps[draw(st.sampled_from(sorted(wraps)))]
    for _ in range(draw(st.sampled_from((1, 5, 25, 40, 90)))):
        holder[key] = wrap(holder[key])


def _rename(draw: st.DrawFn, holder: Any, key: Any) -> None:
    name = draw(st.sampled_from([value for value in VALUES if isinstance(value, str)]))
    if isinstance(holder, dict):
        holder[name] = holder.pop(key)


def as_yaml(documents: Sequence[Any]) -> bytes:
    """Documents as YAML in flow style, which is JSON but for what JSON cannot say."""
    return as_written("".join(f"---\n{json.dumps(document, ensure_ascii=False)}\n" for document in documents))


def as_json(data: Any) -> bytes:
    """The same for a file of JSON."""
    return as_written(json.dumps(data))


def as_toml(data: Mapping[str, Any]) -> bytes:
    """The same for a file of TOML: inline tables, and texts as JSON has them."""
    return as_written("".join(f"{json.dumps(key)} = {_toml(value)}\n" for key, value in data.items()))


def _toml(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            return json.dumps(value)
