"""JSON as we write it: one member a line, one element of a list a line, in ASCII, for strict parsers and CI logs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from provision.core.value import Value


def json_text(members: Mapping[str, Value], lists: Mapping[str, Iterable[Value]]) -> str:
    """An object with these members, and then these lists."""
    written = {name: _encoded(value) for name, value in members.items()}
    written |= {name: _encoded_list(items) for name, items in lists.items()}
    body = ",\n ".join(f'"{name}": {text}' for name, text in written.items())
    return f"{{\n {body}\n}}"


def _encoded_list(items: Iterable[Value]) -> str:
    body = ",\n  ".join(map(_encoded, items))
    return f"[\n  {body}\n ]" if body else "[]"


def _encoded(value: Value) -> str:
    """JSON in ASCII that also strict parsers read, and that neither a terminal nor a CI log obeys."""
    try:
        text = json.dumps(value, allow_nan=False, default=repr)
    except ValueError:
        text = json.dumps(portable(value), default=repr)
    if "\\ud" in text:
        text = json.dumps(portable(value), default=repr)
    return text.replace("##", "#\\u0023")


def portable(value: Value) -> Value:
    r"""The value without lone surrogates (they become the text `\udXXX`), NaN and infinities (likewise text)."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(portable(name)): portable(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [portable(item) for item in value]
    return value
