"""What is compared: JSON's own types, the same for a manifest, a row and the ledger.

Instants are RFC 3339 text in UTC (`2027-06-30T00:00:00Z`), references are the natural key of what they name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
Fields: TypeAlias = Mapping[str, Value]

# What a binding writes where the moment of the write belongs: `revoked_at = "now"`.
NOW = "now"

# json.dumps would make an encoder for each call, which costs more than encoding a few fields.
# SQLite keeps anything in any column: what JSON does not have is compared by how Python writes it.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=repr).encode


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal, `True` and `1` being different at any depth."""
    if left != right or isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same(value, right[name]) for name, value in left.items())
    return True


def canonical_json(value: Value) -> str:
    """The one spelling of a value: sorted keys, no spaces, ASCII; used in the ledger and in fingerprints."""
    return _encode(value)
